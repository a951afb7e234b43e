"""The second gate, and how a slot's life goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.errors import FactInFuture, SlotSettled
from crm_api.contact_frequency.models import Overrun, Slot, SlotSubject
from crm_api.contact_frequency.policies.defaults import TOTAL
from crm_api.contact_frequency.terms import Counting, HoldKind, OverrunCause, SlotState
from crm_api.customers.models import Customer
from crm_api.customers.terms import Category, Channel, Status, Tier
from crm_api.kit.db import db
from crm_api.kit.touches import touching
from crm_api.kit.transactions import transaction
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CARE_SMS = {"channel": Channel.SMS, "category": Category.CARE}


def begin(slot):
    return in_transaction(contact_frequency.begin_slots, [slot.id])[slot.id]


def slot_of(slot_id):
    db.session.rollback()
    return db.session.get_one(Slot, slot_id, populate_existing=True)


def codes(decision):
    return {reason.code for reason in decision.reasons}


def set_customer(customer, **changes):
    with transaction():
        db.session.execute(
            touching(sa.update(Customer).where(Customer.id == customer.id).values(**changes))
        )


@pytest.fixture
def message(customer, now):
    """A care message reserved for an hour from now."""
    return reserve(make_plan(customer, now + HOUR, **CARE_SMS))


@pytest.fixture
def due(message, now, at):
    """The same message, its moment come."""
    at(now + HOUR)
    return message


def test_what_is_still_legal_begins(due, now):
    assert begin(due) is None
    assert slot_of(due.id).state is SlotState.IN_FLIGHT


def test_it_stands_where_it_really_began(message, now, at):
    at(now + 2 * HOUR)

    begin(message)

    assert slot_of(message.id).effective_at == now + 2 * HOUR
    assert slot_of(message.id).planned_at == now + HOUR
    assert slot_of(message.id).judged_at == now + 2 * HOUR  # the audit goes by what held then


def test_a_message_passes_begin_once(due):
    begin(due)

    assert codes(begin(due)) == {"slot_settled"}


def test_an_opt_out_stops_what_it_covers(customer, due, now):
    in_transaction(contact_frequency.opt_out, customer.phone, at=now, source="inbound")

    refusal = begin(due)

    assert codes(refusal) == {"opted_out"}
    assert refusal.next_allowed_at is None
    assert slot_of(due.id).state is SlotState.RESERVED


def test_a_lower_tier_counts_at_once(now, at):
    gold = make_customer(tier=Tier.GOLD)
    for hours in (2, 27):
        reserve(make_plan(gold, now + hours * HOUR))
    third = reserve(make_plan(gold, now + 52 * HOUR, **CARE_SMS))
    set_customer(gold, tier=Tier.STANDARD)
    at(now + 52 * HOUR)

    assert "cap_reached" in codes(begin(third))


def test_a_stricter_policy_counts_at_once(customer, now, at):
    reserve(make_plan(customer, now + 2 * HOUR))
    second = reserve(make_plan(customer, now + 48 * HOUR, **CARE_SMS))
    _tighten(now)
    at(now + 48 * HOUR)

    refusal = begin(second)

    assert "cap_reached" in codes(refusal)
    assert {r.policy_version for r in refusal.reasons if r.policy_key == TOTAL.key} == {2}


def _tighten(now):
    policy_id = db.session.scalar(
        sa.text("SELECT id FROM frequency_policies WHERE key = 'total_7_days'")
    )
    from dataclasses import replace

    in_transaction(
        contact_frequency.add_version,
        policy_id,
        replace(TOTAL, limit=1),
        effective_from=None,
        reason="quieter",
        by_id="x",
        now=now,
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"status": Status.CLOSED}, "account_closed"), ({"status": Status.DECEASED}, "deceased")],
)
def test_a_change_of_standing_counts_at_once(customer, due, changes, code):
    set_customer(customer, **changes)

    assert codes(begin(due)) == {code}


def test_a_hold_counts_at_once(customer, due, now):
    in_transaction(
        contact_frequency.place_hold,
        HoldKind.COMPLAINT,
        customer_id=customer.id,
        from_at=now,
        reason="open",
        source="complaint:1",
        by_id=None,
    )

    assert codes(begin(due)) == {"complaint_open"}


def test_a_quiet_hour_stops_it(message, now, at):
    at(now + 13 * HOUR)  # 23:00

    refusal = begin(message)

    assert codes(refusal) == {"outside_hours"}
    assert {r.policy_key for r in refusal.reasons} == {"legal_hours", "care_hours"}
    assert refusal.next_allowed_at == now + 23 * HOUR  # 09:00


def test_past_its_last_moment_it_is_too_late(customer, now, at):
    message = reserve(make_plan(customer, now + HOUR, not_after=now + 2 * HOUR, **CARE_SMS))
    at(now + 2 * HOUR)
    assert begin(message) is None
    other = make_customer()
    late = reserve(make_plan(other, now + 3 * HOUR, not_after=now + 4 * HOUR, **CARE_SMS))
    at(now + 4 * HOUR + timedelta(microseconds=1))

    assert codes(begin(late)) == {"after_last_moment"}


def test_in_a_batch_each_is_judged_by_itself(customer, now, at):
    other = make_customer()
    slots = [reserve(make_plan(who, now + HOUR, **CARE_SMS)) for who in (customer, other)]
    in_transaction(contact_frequency.opt_out, other.phone, at=now, source="inbound")
    at(now + HOUR)

    answers = in_transaction(contact_frequency.begin_slots, [s.id for s in slots])

    assert answers[slots[0].id] is None
    assert codes(answers[slots[1].id]) == {"opted_out"}
    assert in_transaction(contact_frequency.begin_slots, []) == {}


def test_what_was_not_sent_goes_back_and_through_the_gate_again(due):
    begin(due)
    in_transaction(contact_frequency.return_slots, [due.id], reason="retry")
    assert (slot_of(due.id).state, slot_of(due.id).reason) == (SlotState.RESERVED, "retry")

    assert begin(due) is None
    assert slot_of(due.id).reason is None


def test_in_doubt_it_counts_until_somebody_knows(customer, due, now):
    begin(due)
    in_transaction(contact_frequency.doubt_slots, [due.id])
    plan = make_plan(customer, now + 3 * HOUR)
    assert not contact_frequency.preflight(plan, now=now).is_allowed

    in_transaction(contact_frequency.release_slot, due.id, reason="not_sent")

    assert contact_frequency.preflight(plan, now=now).is_allowed


def test_submitted_is_consumed_for_good(due, now):
    begin(due)
    in_transaction(
        contact_frequency.consume_slot, due.id, occurred_at=now + HOUR, outcome="submitted"
    )
    again = in_transaction(
        contact_frequency.consume_slot, due.id, occurred_at=now + HOUR, outcome="submitted"
    )

    assert again.state is SlotState.CONSUMED
    with pytest.raises(SlotSettled):
        in_transaction(contact_frequency.release_slot, due.id, reason="undelivered")
    with pytest.raises(SlotSettled):
        in_transaction(contact_frequency.expire_slot, due.id, reason="late")


def test_every_end_has_its_reason_and_counts_no_more(customer, message, now):
    in_transaction(contact_frequency.expire_slot, message.id, reason="its day passed")
    in_transaction(contact_frequency.expire_slot, message.id, reason="its day passed")

    assert slot_of(message.id).reason == "its day passed"
    assert reserve(make_plan(customer, now + 2 * HOUR, **CARE_SMS))


def test_what_was_released_and_yet_happened_is_consumed_as_an_overrun(customer, message, now, at):
    in_transaction(contact_frequency.release_slot, message.id, reason="rejected")
    reserve(make_plan(customer, now + 2 * HOUR))
    at(now + 3 * HOUR)

    in_transaction(
        contact_frequency.consume_slot, message.id, occurred_at=now + HOUR, outcome="submitted"
    )

    causes = set(db.session.scalars(sa.select(Overrun.cause)))
    assert causes == {OverrunCause.LATE_RECEIPT}
    assert queries.find_breaches() == []


def test_what_was_sent_after_all_leaves_its_occasion_to_the_one_that_has_it(customer, now, at):
    greeting = {"channel": Channel.WECHAT, "category": Category.CARE, "occurrence": "birthday:1"}
    first = reserve(make_plan(customer, now + HOUR, **greeting))
    in_transaction(contact_frequency.release_slot, first.id, reason="rejected")
    second = reserve(make_plan(customer, now + 2 * HOUR, **greeting))
    at(now + 3 * HOUR)

    in_transaction(
        contact_frequency.consume_slot, first.id, occurred_at=now + HOUR, outcome="submitted"
    )

    assert slot_of(first.id).state is SlotState.CONSUMED
    assert slot_of(first.id).occurrence is None
    assert slot_of(second.id).occurrence == "birthday:1"


def test_a_withdrawn_contact_gives_its_slot_back(customer, due, now):
    begin(due)
    in_transaction(
        contact_frequency.consume_slot, due.id, occurred_at=now + HOUR, outcome="submitted"
    )
    in_transaction(contact_frequency.withdraw_slot, due.id, reason="withdrawn")

    assert slot_of(due.id).state is SlotState.RELEASED
    assert contact_frequency.preflight(make_plan(customer, now + 2 * HOUR), now=now).is_allowed


def test_told_again_after_a_withdrawal_what_the_customer_began_still_counts_for_nothing(
    customer, now
):
    plan = make_plan(customer, now, source="their-call", begun_by_customer=True)
    fact = in_transaction(
        contact_frequency.record_fact,
        plan,
        occurred_at=now,
        recorded_at=now,
        outcome="reached",
        by_id=None,
    )
    in_transaction(contact_frequency.withdraw_slot, fact.id, reason="withdrawn")

    again = in_transaction(
        contact_frequency.consume_slot, fact.id, occurred_at=now, outcome="reached"
    )

    assert (again.state, again.counting) == (SlotState.CONSUMED, Counting.NONE)
    assert reserve(make_plan(customer, now + timedelta(hours=1)))


def test_what_was_given_back_and_booked_anew_happened_all_the_same(customer, now):
    """Its source stands for the other by now; the fact is not refused for that."""
    first = reserve(make_plan(customer, now + timedelta(hours=1), source="one-thing"))
    in_transaction(contact_frequency.release_slot, first.id, reason="cancelled")
    second = reserve(make_plan(customer, now + timedelta(days=2), source="one-thing"))

    told = in_transaction(
        contact_frequency.consume_slot, first.id, occurred_at=now, outcome="reached"
    )

    assert (told.state, told.source) == (SlotState.CONSUMED, None)
    assert db.session.get_one(Slot, second.id).source == "one-thing"


def test_only_what_was_consumed_is_withdrawn(message):
    with pytest.raises(SlotSettled):
        in_transaction(contact_frequency.withdraw_slot, message.id, reason="withdrawn")


def test_a_check_in_is_a_fact_and_told_what_it_overran(customer, now, at):
    visit = reserve(make_plan(customer, now + 3 * DAY, channel=Channel.VISIT, visit_id="v1"))
    reserve(make_plan(customer, now + HOUR, channel=Channel.WECHAT))

    overruns = in_transaction(contact_frequency.start_visit_slot, visit.id, at=now)

    assert {(o.policy_key, o.cause) for o in overruns} == {("gap_24_hours", OverrunCause.CHECK_IN)}
    assert slot_of(visit.id).state is SlotState.IN_FLIGHT
    assert in_transaction(contact_frequency.start_visit_slot, visit.id, at=now) == []
    assert queries.find_breaches() == []


@pytest.mark.parametrize(
    ("channel", "outcome", "counting"),
    [
        (Channel.VISIT, "absent", Counting.VISIT_ONLY),
        (Channel.CALL, "no_answer", Counting.ANY_ONLY),
        (Channel.CALL, "reached", Counting.FULL),
    ],
)
def test_how_it_ended_tells_toward_what_it_counts(customer, now, at, channel, outcome, counting):  # noqa: PLR0917
    slot = reserve(make_plan(customer, now + HOUR, channel=channel))
    at(now + 2 * HOUR)

    in_transaction(contact_frequency.consume_slot, slot.id, occurred_at=now + HOUR, outcome=outcome)

    kept = set(db.session.scalars(sa.select(SlotSubject.counting)))
    assert kept == {counting}


def test_nothing_happened_in_the_future(message, now):
    with pytest.raises(FactInFuture):
        in_transaction(
            contact_frequency.consume_slot,
            message.id,
            occurred_at=now + timedelta(minutes=6),
            outcome="reached",
        )
