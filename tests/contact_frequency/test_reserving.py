"""Plans: booked, refused with reasons, moved, repeated."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.errors import ContactBlocked, SlotSettled, SourceReserved
from crm_api.contact_frequency.models import Slot, SlotSubject, StoredDecision
from crm_api.contact_frequency.service import replay
from crm_api.contact_frequency.terms import SlotState, Verdict
from crm_api.contact_frequency.values import Booking
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def codes(decision):
    return [(r.code, r.policy_key) for r in decision.reasons]


def test_a_free_moment_is_reserved_for_customer_and_number(customer, now):
    slot = reserve(make_plan(customer, now + HOUR))

    assert slot.state is SlotState.RESERVED
    touched = db.session.scalars(sa.select(SlotSubject.subject_id).order_by("subject_id")).all()
    assert set(touched) == {customer.id, customer.phone}


def test_a_preflight_answers_the_same_and_stores_nothing(customer, now):
    decision = contact_frequency.preflight(make_plan(customer, now + HOUR), now=now)

    assert decision.verdict is Verdict.ALLOWED
    assert decision.next_allowed_at == now + HOUR
    assert db.session.scalar(sa.select(sa.func.count()).select_from(StoredDecision)) == 0


@pytest.mark.parametrize("apart", [DAY, -DAY])
def test_contacts_exactly_the_gap_apart_are_fine(customer, now, apart):
    reserve(make_plan(customer, now + 3 * DAY))

    assert reserve(make_plan(customer, now + 3 * DAY + apart))


@pytest.mark.parametrize(
    "apart", [DAY - timedelta(microseconds=1), timedelta(microseconds=1) - DAY]
)
def test_a_microsecond_less_is_too_close_on_either_side(customer, now, apart):
    reserve(make_plan(customer, now + 3 * DAY))

    with pytest.raises(ContactBlocked) as refused:
        reserve(make_plan(customer, now + 3 * DAY + apart))

    assert ("gap_too_short", "gap_24_hours") in codes(refused.value.decision)


def test_a_booking_between_two_future_ones_may_not_break_their_window(customer, now):
    reserve(make_plan(customer, now + 2 * DAY))
    reserve(make_plan(customer, now + 6 * DAY))

    with pytest.raises(ContactBlocked) as refused:
        reserve(make_plan(customer, now + 4 * DAY))

    decision = refused.value.decision
    assert ("cap_reached", "total_7_days") in codes(decision)
    assert decision.next_allowed_at == now + 9 * DAY
    # Six days from now less seven lies in the past; nothing before is both legal and ahead.
    assert decision.earlier_alternative_at is None


def test_the_earlier_alternative_is_the_latest_legal_moment_before(customer, now):
    reserve(make_plan(customer, now + 5 * DAY))

    decision = contact_frequency.preflight(make_plan(customer, now + 5 * DAY), now=now)

    assert decision.earlier_alternative_at == now + 4 * DAY
    assert decision.next_allowed_at == now + 6 * DAY


def test_a_refusal_is_remembered_although_the_request_is_rolled_back(customer, now):
    reserve(make_plan(customer, now + HOUR))

    with pytest.raises(ContactBlocked):
        reserve(make_plan(customer, now + 2 * HOUR))

    stored = db.session.scalars(sa.select(StoredDecision).order_by(StoredDecision.id)).all()
    assert [d.verdict for d in stored] == [Verdict.ALLOWED, Verdict.BLOCKED]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Slot)) == 1


def test_every_stored_decision_gives_the_same_bytes_again(customer, now):
    slot = reserve(make_plan(customer, now + HOUR, occurrence="notice:1"))
    in_transaction(contact_frequency.move_slot, slot.id, to=now + 2 * HOUR, by_id="x")
    with pytest.raises(ContactBlocked):
        reserve(make_plan(customer, now + 3 * HOUR))
    in_transaction(contact_frequency.begin_slots, [slot.id])
    fact = make_plan(customer, now, category=Category.COMPLAINT)
    in_transaction(
        contact_frequency.record_fact,
        fact,
        occurred_at=now,
        recorded_at=now,
        outcome="reached",
        by_id="x",
    )

    stored = db.session.scalars(sa.select(StoredDecision)).all()

    assert len(stored) == 5
    for decision in stored:
        assert replay(decision) == decision.trace


def test_asked_twice_for_one_source_it_is_one_reservation(customer, now):
    plan = make_plan(customer, now + HOUR, source="planned_call:1")

    assert reserve(plan).id == reserve(plan).id


def test_the_same_source_for_something_else_is_refused(customer, now):
    reserve(make_plan(customer, now + HOUR, source="planned_call:1"))

    with pytest.raises(SourceReserved):
        reserve(make_plan(customer, now + 2 * HOUR, source="planned_call:1"))


def test_a_released_source_may_reserve_again(customer, now):
    plan = make_plan(customer, now + HOUR, source="planned_call:1")
    first = reserve(plan)
    in_transaction(contact_frequency.release_slot, first.id, reason="cancelled")

    assert reserve(plan).id != first.id


def test_nobody_is_no_customer(now):
    with pytest.raises(NotFound):
        reserve(make_plan("nobody", now + HOUR))


def test_two_customers_on_one_number_share_its_budget(customer, now):
    other = make_customer(phone=customer.phone)
    reserve(make_plan(customer, now + HOUR))

    with pytest.raises(ContactBlocked) as refused:
        reserve(make_plan(other, now + 2 * HOUR))

    [reason] = refused.value.decision.reasons
    assert reason.subject_kind == "endpoint"
    assert customer.phone not in refused.value.decision.trace.decode()


def test_a_visit_does_not_use_the_number(customer, now):
    other = make_customer(phone=customer.phone)
    reserve(make_plan(customer, now + HOUR, channel=Channel.VISIT))

    assert reserve(make_plan(other, now + 2 * HOUR, channel=Channel.VISIT))


def test_customers_who_are_one_person_share_one_budget(now):
    one = make_customer(person_id="p1")
    same = make_customer(person_id="p1")
    reserve(make_plan(one, now + HOUR, channel=Channel.VISIT))

    with pytest.raises(ContactBlocked):
        reserve(make_plan(same, now + 2 * HOUR, channel=Channel.VISIT))


def test_a_visit_counts_for_the_group_and_for_each_it_meets(customer, now):
    group, met = make_customer(), make_customer()
    plan = make_plan(group, now + HOUR, channel=Channel.VISIT)
    reserve(plan.__class__(**{**_fields(plan), "also_customer_ids": (met.id, customer.id)}))

    for someone in (group, met, customer):
        with pytest.raises(ContactBlocked):
            reserve(make_plan(someone, now + 2 * HOUR, channel=Channel.WECHAT))


def _fields(plan):
    return {name: getattr(plan, name) for name in plan.__dataclass_fields__}


def test_a_move_to_a_legal_moment_frees_the_old_one(customer, now):
    slot = reserve(make_plan(customer, now + HOUR))

    in_transaction(contact_frequency.move_slot, slot.id, to=now + 3 * DAY, by_id="x")

    assert reserve(make_plan(customer, now + HOUR))


def test_a_move_to_an_illegal_moment_leaves_it_where_it_was(customer, now):
    slot = reserve(make_plan(customer, now + HOUR))
    reserve(make_plan(customer, now + 3 * DAY))

    with pytest.raises(ContactBlocked):
        in_transaction(contact_frequency.move_slot, slot.id, to=now + 3 * DAY + HOUR, by_id="x")

    assert db.session.get(Slot, slot.id, populate_existing=True).effective_at == now + HOUR


def test_it_may_be_moved_within_its_own_gap(customer, now):
    slot = reserve(make_plan(customer, now + HOUR))

    moved = in_transaction(contact_frequency.move_slot, slot.id, to=now + 2 * HOUR, by_id="x")

    assert moved.effective_at == now + 2 * HOUR


def test_what_ended_cannot_be_moved(customer, now):
    slot = reserve(make_plan(customer, now + HOUR))
    in_transaction(contact_frequency.release_slot, slot.id, reason="cancelled")

    with pytest.raises(SlotSettled):
        in_transaction(contact_frequency.move_slot, slot.id, to=now + DAY, by_id="x")


def test_in_bulk_each_is_judged_after_those_before_it(customer, now):
    other = make_customer()
    plans = [
        make_plan(customer, now + HOUR),
        make_plan(customer, now + 2 * HOUR),
        make_plan(other, now + HOUR),
    ]

    first, second, third = in_transaction(contact_frequency.reserve_slots, plans, by_id=None)

    assert isinstance(first, Booking)
    assert not second.is_allowed
    assert second.id is not None
    assert isinstance(third, Booking)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Slot)) == 2


def test_at_most_one_contact_serves_an_occurrence(customer, now):
    birthday = {"category": Category.CARE, "channel": Channel.WECHAT, "occurrence": "birthday:1"}
    reserve(make_plan(customer, now + HOUR, **birthday))

    with pytest.raises(ContactBlocked) as refused:
        reserve(make_plan(customer, now + 20 * DAY, **birthday))

    [reason] = refused.value.decision.reasons
    assert reason.code == "occurrence_taken"
    assert refused.value.decision.next_allowed_at is None
    assert refused.value.decision.no_next_because == "occurrence_taken"


def test_a_plan_for_the_past_is_told_the_next_moment(customer, now):
    with pytest.raises(ContactBlocked) as refused:
        reserve(make_plan(customer, now - HOUR))

    assert codes(refused.value.decision) == [("in_the_past", None)]
    assert refused.value.decision.next_allowed_at == now


def test_a_plan_for_now_may_arrive_a_little_late(customer, now):
    assert reserve(make_plan(customer, now - timedelta(minutes=4)))
