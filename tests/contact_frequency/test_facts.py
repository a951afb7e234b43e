"""What happened is counted, never refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.errors import FactInFuture
from crm_api.contact_frequency.models import Overrun, Slot
from crm_api.contact_frequency.terms import OverrunCause, SlotState
from crm_api.customers.models import Customer
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
from crm_api.kit.touches import touching
from crm_api.kit.transactions import transaction
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def tell(plan, *, at, now, outcome="reached"):
    return in_transaction(
        contact_frequency.record_fact,
        plan,
        occurred_at=at,
        recorded_at=now,
        outcome=outcome,
        by_id="x",
    )


def overruns():
    db.session.rollback()
    return {(o.policy_key, o.cause) for o in db.session.scalars(sa.select(Overrun))}


def test_a_fact_alone_overruns_nothing(customer, now):
    slot = tell(make_plan(customer, now), at=now - HOUR, now=now)

    assert slot.state is SlotState.CONSUMED
    assert (slot.occurred_at, slot.recorded_at) == (now - HOUR, now)
    assert overruns() == set()


def test_one_too_close_is_stored_with_what_it_overran(customer, now):
    tell(make_plan(customer, now), at=now - 2 * HOUR, now=now)
    tell(make_plan(customer, now), at=now - HOUR, now=now)

    assert overruns() == {("gap_24_hours", OverrunCause.LATE_FACT)}
    assert queries.find_breaches() == []


def test_it_marks_the_plans_that_it_made_illegal(customer, now):
    near = reserve(make_plan(customer, now + 6 * HOUR))
    far = reserve(make_plan(customer, now + 5 * DAY))

    tell(make_plan(customer, now), at=now - HOUR, now=now)

    marked = set(db.session.scalars(sa.select(Slot.id).where(Slot.needs_new_plan)))
    assert marked == {near.id, far.id}
    moved = in_transaction(contact_frequency.move_slot, far.id, to=now + 7 * DAY, by_id="x")
    assert moved.needs_new_plan is False


def test_told_twice_it_is_one(customer, now):
    plan = make_plan(customer, now, source="note:1")

    assert tell(plan, at=now - HOUR, now=now).id == tell(plan, at=now - HOUR, now=now).id


def test_a_fact_of_a_reserved_source_consumes_the_reservation(customer, now):
    slot = reserve(make_plan(customer, now + HOUR, source="planned_call:1"))

    told = tell(make_plan(customer, now, source="planned_call:1"), at=now, now=now)

    assert told.id == slot.id
    assert told.state is SlotState.CONSUMED
    assert told.effective_at == now


def test_what_the_customer_began_does_not_count(customer, now):
    plan = make_plan(customer, now, begun_by_customer=True)

    tell(plan, at=now - HOUR, now=now)

    assert reserve(make_plan(customer, now + HOUR))


@pytest.mark.parametrize(("days", "is_late", "needs_look"), [(2, 0, 0), (4, 1, 0), (91, 1, 1)])
def test_how_late_it_was_told(customer, now, days, is_late, needs_look):
    slot = tell(make_plan(customer, now), at=now - days * DAY, now=now)

    assert (slot.is_late, slot.needs_look) == (bool(is_late), bool(needs_look))


def test_more_than_five_minutes_ahead_is_no_fact(customer, now):
    tell(make_plan(customer, now), at=now + timedelta(minutes=5), now=now)

    with pytest.raises(FactInFuture):
        tell(make_plan(customer, now), at=now + timedelta(minutes=6), now=now)


def test_an_unanswered_call_counts_for_any_channel_only(customer, now):
    tell(make_plan(customer, now), at=now - HOUR, now=now, outcome="no_answer")

    decision = contact_frequency.preflight(make_plan(customer, now + HOUR), now=now)

    assert {r.policy_key for r in decision.reasons} == {"gap_24_hours"}


def test_a_visit_to_nobody_counts_for_the_visit_cap_only(customer, now):
    tell(make_plan(customer, now, channel=Channel.VISIT), at=now - HOUR, now=now, outcome="absent")

    call = contact_frequency.preflight(make_plan(customer, now + HOUR), now=now)
    visit = contact_frequency.preflight(
        make_plan(customer, now + HOUR, channel=Channel.VISIT), now=now
    )

    assert call.verdict == "allowed"
    assert visit.verdict == "allowed_with_warning"
    assert [r.policy_key for r in visit.reasons] == ["visit_week"]


def test_an_occasion_told_of_twice_is_told_as_an_overrun(customer, now):
    greeting = {"channel": Channel.WECHAT, "category": Category.CARE, "occurrence": "birthday:1"}
    reserve(make_plan(customer, now + 10 * DAY, **greeting))

    tell(make_plan(customer, now, **greeting), at=now - HOUR, now=now)

    codes = set(db.session.scalars(sa.select(Overrun.code)))
    assert codes == {"occurrence_taken"}


@pytest.mark.parametrize(
    "table",
    ["contact_decisions", "decision_frames", "contact_overruns", "frequency_policy_versions"],
)
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET created_at = created_at"])
def test_what_was_decided_is_never_edited(customer, now, table, change):
    tell(make_plan(customer, now), at=now - 2 * HOUR, now=now)
    tell(make_plan(customer, now), at=now - HOUR, now=now)

    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(sa.text(change.format(table)))


def test_a_fact_marks_the_plans_of_all_who_are_the_same_person(customer, now):
    same = make_customer()
    with transaction():
        changed = touching(sa.update(Customer).where(Customer.id.in_([customer.id, same.id])))
        db.session.execute(changed.values(person_id=customer.id))
    planned = reserve(make_plan(same, now + 2 * HOUR))

    tell(make_plan(customer, now), at=now, now=now)

    assert db.session.get_one(Slot, planned.id, populate_existing=True).needs_new_plan
