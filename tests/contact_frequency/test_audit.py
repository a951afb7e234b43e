"""The audit sees what reserving would never have let happen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.errors import ContactBlocked
from crm_api.contact_frequency.models import FrequencyPolicy, Slot, SlotSubject
from crm_api.contact_frequency.policies import DEFAULT_RULES
from crm_api.contact_frequency.policies.moments import micros
from crm_api.contact_frequency.terms import ScopeKind
from crm_api.customers.models import Customer, Relation
from crm_api.customers.terms import Category, Channel, RelationKind, Tier
from crm_api.kit.db import db
from crm_api.kit.touches import touching
from crm_api.kit.transactions import transaction
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def push(slot, at):
    """Shift a slot behind the governor's back, as unsafe code would."""
    day = micros(at) // (24 * 3600 * 10**6)
    with transaction():
        db.session.execute(sa.update(Slot).where(Slot.id == slot.id).values(effective_at=at))
        db.session.execute(
            sa.update(SlotSubject)
            .where(SlotSubject.slot_id == slot.id)
            .values(effective_micros=micros(at), local_day=day)
        )


def breaches():
    db.session.rollback()
    return [(b.policy_key, b.subject_kind) for b in queries.find_breaches()]


def test_a_legal_ledger_is_clean(customer, now):
    for days in (0, 1, 7, 8, 14):
        reserve(make_plan(customer, now + HOUR + days * DAY))

    assert breaches() == []


def test_a_gap_cut_short_is_found_on_customer_and_number(customer, now):
    reserve(make_plan(customer, now + HOUR))
    second = reserve(make_plan(customer, now + 2 * DAY))

    push(second, now + HOUR + DAY - timedelta(microseconds=1))

    assert breaches() == [("gap_24_hours", "endpoint"), ("gap_24_hours", "customer")] or set(
        breaches()
    ) == {("gap_24_hours", "endpoint"), ("gap_24_hours", "customer")}


def test_a_gap_of_exactly_its_width_is_none(customer, now):
    reserve(make_plan(customer, now + HOUR))
    second = reserve(make_plan(customer, now + 2 * DAY))

    push(second, now + HOUR + DAY)

    assert breaches() == []


def test_one_too_many_in_seven_days_is_found(customer, now):
    reserve(make_plan(customer, now + HOUR, channel=Channel.VISIT))
    reserve(make_plan(customer, now + 3 * DAY, channel=Channel.VISIT))
    third = reserve(make_plan(customer, now + 20 * DAY, channel=Channel.VISIT))

    push(third, now + 6 * DAY)

    assert breaches() == [("total_7_days", "customer")]


def test_a_higher_tier_is_measured_by_its_own_cap(now):
    gold = make_customer(tier=Tier.GOLD)
    for days in (0, 2, 4):
        reserve(make_plan(gold, now + HOUR + days * DAY))
    fourth = reserve(make_plan(gold, now + 20 * DAY))
    assert breaches() == []

    push(fourth, now + HOUR + 6 * DAY)

    assert {key for key, _ in breaches()} == {"total_7_days.gold"}


def test_a_later_tier_does_not_condemn_what_was_legal(now):
    gold = make_customer(tier=Tier.GOLD)
    for days in (0, 2, 4):
        reserve(make_plan(gold, now + HOUR + days * DAY))
    with transaction():
        gold.tier = Tier.STANDARD

    assert breaches() == []


def test_a_fact_beyond_a_cap_has_its_cause(customer, now):
    reserve(make_plan(customer, now + HOUR))
    in_transaction(
        contact_frequency.record_fact,
        make_plan(customer, now),
        occurred_at=now,
        recorded_at=now,
        outcome="reached",
        by_id=None,
    )

    assert breaches() == []


def test_an_exempt_category_beyond_a_cap_has_its_cause(customer, now):
    reserve(make_plan(customer, now + HOUR))
    reserve(make_plan(customer, now + 2 * HOUR, category=Category.COMPLAINT))

    assert breaches() == []


def test_a_daily_cap_of_a_number_is_found(now):
    one = make_customer()
    other = make_customer(phone=one.phone)
    sms = {"channel": Channel.SMS, "category": Category.CARE}
    reserve(make_plan(one, now + HOUR, **sms))
    second = reserve(make_plan(other, now + 2 * DAY, **sms))

    push(second, now + 3 * HOUR)

    assert ("care_day", "endpoint") in breaches()


def test_what_serves_a_visit_counts_once_with_it(customer, now):
    visit = {"visit_id": "v1"}
    reserve(make_plan(customer, now + DAY, channel=Channel.VISIT, **visit))
    reserve(make_plan(customer, now + HOUR, **visit))
    reserve(make_plan(customer, now + DAY + 2 * HOUR, **visit))
    reserve(make_plan(customer, now + 4 * DAY))
    assert breaches() == []

    with pytest.raises(ContactBlocked) as refused:
        reserve(make_plan(customer, now + DAY + 3 * HOUR, **visit))

    assert [r.code for r in refused.value.decision.reasons] == ["visit_contacts_exhausted"]


def _tell(plan, at, **changes):
    return in_transaction(
        contact_frequency.record_fact,
        replace(plan, at=at, **changes),
        occurred_at=at,
        recorded_at=at,
        outcome="reached",
        by_id=None,
    )


def test_what_does_not_serve_a_visit_uses_up_none_of_its_contacts(customer, now, at):
    """Begun by the customer, or more than 48 hours after: neither is one of the two beside it."""
    call = make_plan(customer, now, visit_id="v1")
    reserve(make_plan(customer, now + HOUR, channel=Channel.VISIT, visit_id="v1"))
    _tell(call, now, begun_by_customer=True)
    at(now + 4 * DAY)
    _tell(call, now + 3 * DAY)

    _tell(call, now + 2 * HOUR)
    assert contact_frequency.preflight(replace(call, at=now + 2 * DAY), now=now + HOUR).is_allowed
    _tell(call, now + 3 * HOUR)

    decision = contact_frequency.preflight(replace(call, at=now + 2 * DAY), now=now + HOUR)
    assert "visit_contacts_exhausted" in {reason.code for reason in decision.reasons}


def test_thanks_that_a_moved_visit_left_behind_count_for_themselves(customer, now, at):
    """Its visit took place earlier than planned: what begins 48 hours after is no thanks."""
    visit = reserve(make_plan(customer, now + 4 * HOUR, channel=Channel.VISIT, visit_id="v1"))
    thanks = reserve(make_plan(customer, now + 2 * DAY + HOUR, visit_id="v1"))
    in_transaction(contact_frequency.start_visit_slot, visit.id, at=now)
    at(now + 2 * DAY + HOUR)

    assert in_transaction(contact_frequency.begin_slots, [thanks.id]) == {thanks.id: None}

    units = sa.select(SlotSubject.unit).where(SlotSubject.slot_id == thanks.id)
    assert set(db.session.scalars(units)) == {thanks.id}
    assert not contact_frequency.preflight(
        make_plan(customer, now + 4 * DAY), now=now + 2 * DAY + 2 * HOUR
    ).is_allowed


def link(*customers, at):
    with transaction():
        first, second = customers
        db.session.add(
            Relation(
                customer_id=first.id,
                other_id=second.id,
                kind=RelationKind.SAME_PERSON,
                created_at=at,
            )
        )
        ids = [first.id, second.id]
        db.session.execute(
            touching(sa.update(Customer).where(Customer.id.in_(ids)).values(person_id=min(ids)))
        )


def test_customers_who_are_one_person_share_their_budget(now):
    one, other = make_customer(), make_customer()
    link(one, other, at=now - DAY)
    reserve(make_plan(one, now + HOUR))
    second = reserve(make_plan(other, now + 3 * DAY))
    assert breaches() == []

    push(second, now + 3 * HOUR)

    assert breaches() == [("gap_24_hours", "customer")]


def test_a_link_made_later_condemns_nothing_that_was_judged_before(now, at):
    one, other = make_customer(), make_customer()
    reserve(make_plan(one, now + HOUR))
    reserve(make_plan(other, now + 3 * HOUR))

    link(one, other, at=now + MINUTE)

    assert breaches() == []
    at(now + 2 * MINUTE)
    third = reserve(make_plan(other, now + 20 * DAY))
    push(third, now + 5 * HOUR)
    assert ("gap_24_hours", "customer") in breaches()


def test_what_one_customer_broke_alone_is_told_once(now):
    one, other = make_customer(), make_customer()
    link(one, other, at=now - DAY)
    reserve(make_plan(one, now + HOUR, channel=Channel.VISIT))
    second = reserve(make_plan(one, now + 3 * DAY, channel=Channel.VISIT))

    push(second, now + 3 * HOUR)

    assert breaches() == [("gap_24_hours", "customer")]


def test_a_visit_that_meets_both_of_them_counts_once(now):
    one, other = make_customer(), make_customer()
    link(one, other, at=now - DAY)
    meeting = {"channel": Channel.VISIT, "also_customer_ids": (other.id,)}
    reserve(make_plan(one, now + HOUR, **meeting))
    reserve(make_plan(one, now + 2 * DAY, **meeting))

    assert breaches() == []


def test_what_stands_outside_its_hours_is_found(customer, now):
    slot = reserve(make_plan(customer, now + HOUR))

    push(slot, now + 11 * HOUR)  # 21:00 in Shanghai: a minute before, it is allowed
    assert breaches() == [("service_hours", "customer")]

    push(slot, now + 11 * HOUR - MINUTE)
    assert breaches() == []


def test_what_happened_outside_its_hours_has_its_cause(customer, now):
    _tell(make_plan(customer, now), now - 12 * HOUR)

    assert breaches() == []


def test_hours_that_changed_since_condemn_nothing(customer, now, at):
    reserve(make_plan(customer, now + HOUR))
    at(now + MINUTE)
    policy = db.session.scalars(
        sa.select(FrequencyPolicy).where(FrequencyPolicy.key == "service_hours")
    ).one()
    [rule] = [r for r in DEFAULT_RULES if r.key == "service_hours"]
    in_transaction(
        contact_frequency.add_version,
        policy.id,
        replace(rule, opens=14 * 60),
        effective_from=None,
        reason="mornings rest",
        by_id="boss",
        now=now + MINUTE,
    )

    assert breaches() == []


def test_a_moment_that_the_customer_asked_for_is_within_its_hours(customer, now):
    """Complaints may be talked over at night where the customer says so."""
    night = now + 12 * HOUR
    reserve(make_plan(customer, night, category=Category.COMPLAINT, is_agreed=True))

    assert breaches() == []


def _visits_that_meet(person, now, *, tier, days):
    """One visit to a customer of this tier on each of the days, where the person is met too."""
    meeting = {"channel": Channel.VISIT, "also_customer_ids": (person.id,)}
    return [
        reserve(make_plan(make_customer(tier=tier), now + HOUR + n * DAY, **meeting)) for n in days
    ]


def test_who_is_met_besides_is_measured_by_their_own_tier(now):
    _visits_that_meet(make_customer(tier=Tier.GOLD), now, tier=Tier.STANDARD, days=(0, 2, 4))

    assert breaches() == []


def test_a_higher_tier_of_the_host_excuses_nothing_for_who_is_met(now):
    plain = make_customer()
    third = _visits_that_meet(plain, now, tier=Tier.GOLD, days=(0, 2, 20))[-1]

    push(third, now + HOUR + 4 * DAY)

    assert breaches() == [("total_7_days", "customer")]


def own_cap(customer, *, limit, now):
    """Let a customer be contacted at most this often in a month, from now on."""
    [total] = [rule for rule in DEFAULT_RULES if rule.key == "total_7_days"]
    rule = replace(
        total,
        key=f"own_{customer.id}",
        scope_kind=ScopeKind.CUSTOMER,
        scope_id=customer.id,
        loosened_by=frozenset(),
        ceiling=None,
        seconds=30 * 24 * 3600,
        limit=limit,
    )
    when = {"effective_from": None, "reason": "asked for", "by_id": "x", "now": now}
    in_transaction(contact_frequency.create_policy, rule, **when)


def test_who_has_a_policy_of_their_own_is_measured_by_it_from_then_on(customer, now, at):
    other = make_customer()
    for days in (1, 5):
        reserve(make_plan(customer, now + days * DAY))
    own_cap(customer, limit=1, now=at(now + HOUR))
    own_cap(other, limit=3, now=at(now + 2 * HOUR))
    for who in (customer, other):
        reserve(make_plan(who, now + 100 * DAY))
        push(reserve(make_plan(who, now + 140 * DAY)), now + 110 * DAY)

    assert set(breaches()) == {(f"own_{customer.id}", kind) for kind in ("customer", "endpoint")}


def test_policies_of_a_few_customers_do_not_multiply_what_is_audited(customer, now, at):
    asked = []
    sa.event.listen(
        db.engine, "before_cursor_execute", lambda *told: asked.append(len(str(told[3])))
    )

    def size():
        asked.clear()
        assert breaches() == []
        return max(asked)

    reserve(make_plan(customer, now + DAY))
    sizes = [size()]
    for n in range(4):
        own_cap(make_customer(), limit=3, now=at(now + (2 * n + 1) * HOUR))
        own_cap(make_customer(), limit=3, now=at(now + (2 * n + 2) * HOUR))
        sizes.append(size())

    first, *later = [after - before for before, after in pairwise(sizes)]
    assert max(later) < 1.2 * first
