"""Faults that other systems published, or shipped: none of them is ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from crm_api.care.models import CareMessage
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.errors import ContactBlocked, PolicyLoosensTooMuch
from crm_api.contact_frequency.models import FrequencyPolicy, PolicyVersion, Slot
from crm_api.contact_frequency.policies import Rule
from crm_api.contact_frequency.policies.defaults import TOTAL
from crm_api.contact_frequency.policies.rules import to_document
from crm_api.contact_frequency.terms import Period, RuleKind, ScopeKind, Strength
from crm_api.customers.terms import Category, Channel, Tier
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction
from tests.care_gateway.factories import Gateway, make_message, stored
from tests.factories.care import make_template
from tests.factories.contact_frequency import (
    in_transaction,
    keep_default_policies,
    make_plan,
    reserve,
)
from tests.factories.customers import make_customer

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
SHANGHAI = ZoneInfo("Asia/Shanghai")
SMS = {"channel": Channel.SMS}
ONE_SMS_A_WEEK = Rule(
    key="sms_week",
    kind=RuleKind.ROLLING,
    strength=Strength.HARD,
    limit=1,
    seconds=7 * 86_400,
    channels=frozenset({Channel.SMS}),
    counted_channels=frozenset({Channel.SMS}),
    loosened_by=frozenset({ScopeKind.CUSTOMER}),
)


def lay_down(rule, *, now):
    """Put a policy in force, even one that the front door would refuse."""
    with transaction():
        policy = FrequencyPolicy(
            id=new_id(),
            created_at=now,
            key=rule.key,
            scope_kind=rule.scope_kind,
            scope_id=rule.scope_id,
            loosens=rule.loosens,
        )
        db.session.add(policy)
        db.session.flush()
        db.session.add(_version(policy.id, rule, number=1, now=now))


def change(key, rule, *, now):
    """Let a policy say something else from now on."""
    with transaction():
        policy_id = db.session.scalar(
            sa.select(FrequencyPolicy.id).where(FrequencyPolicy.key == key)
        )
        db.session.add(_version(policy_id, rule, number=2, now=now))


def _version(policy_id, rule, *, number, now):
    return PolicyVersion(
        id=new_id(),
        created_at=now,
        policy_id=policy_id,
        number=number,
        effective_from=now,
        rule=to_document(rule),
    )


def tell(customer, *, at, now):
    """Record a call that took place."""
    with transaction():
        contact_frequency.record_fact(
            make_plan(customer, at), occurred_at=at, recorded_at=now, outcome="reached", by_id=None
        )


def keys_against(plan, *, now):
    return {r.policy_key for r in contact_frequency.preflight(plan, now=now).reasons}


def test_a_customers_rule_for_mail_leaves_the_cap_on_sms_alone(customer, now):
    """Fault: any policy of a customer's own replaced all policies of the organisation."""
    lay_down(ONE_SMS_A_WEEK, now=now - DAY)
    mail = frozenset({Channel.EMAIL})
    own = replace(
        ONE_SMS_A_WEEK,
        key="mail_week",
        limit=9,
        channels=mail,
        counted_channels=mail,
        scope_kind=ScopeKind.CUSTOMER,
        scope_id=customer.id,
        loosens="sms_week",
    )
    with pytest.raises(PolicyLoosensTooMuch), transaction():
        contact_frequency.create_policy(own, effective_from=None, reason="x", by_id="x", now=now)
    lay_down(own, now=now - HOUR)
    reserve(make_plan(customer, now + HOUR, **SMS))

    assert keys_against(make_plan(customer, now + 2 * DAY, **SMS), now=now) == {"sms_week"}


def test_what_was_free_when_one_looked_is_looked_at_again_under_the_lock(customer, now):
    """Fault: check, then send, with nothing between the two to hold the place."""
    wanted = make_plan(customer, now + HOUR)
    seen = [contact_frequency.preflight(wanted, now=now).verdict for _ in "12"]

    first = reserve(wanted)
    with pytest.raises(ContactBlocked):
        reserve(wanted)

    assert seen == ["allowed", "allowed"]
    counting = sa.select(Slot.id).where(Slot.customer_id == customer.id)
    assert db.session.scalars(counting).all() == [first.id]


def test_being_refused_uses_up_nothing(customer, now, at):
    """Fault: a contact that a cap refused was counted as one, and pushed the next away."""
    reserve(make_plan(customer, now + HOUR))
    before = contact_frequency.preflight(make_plan(customer, now + 2 * HOUR), now=now)
    for minutes in range(5):
        with pytest.raises(ContactBlocked):
            reserve(make_plan(customer, now + 2 * HOUR + timedelta(minutes=minutes)))

    after = contact_frequency.preflight(make_plan(customer, now + 2 * HOUR), now=now)

    assert after.trace == before.trace
    assert reserve(make_plan(customer, before.next_allowed_at))


def test_a_message_held_back_by_a_cap_has_all_its_attempts_left(app, at):
    """Fault: each try that ended at a cap was one of the few tries to submit."""
    now = at(datetime(2026, 3, 2, 2, tzinfo=UTC))
    keep_default_policies(now - DAY)
    gateway, message = Gateway(app), make_message(make_customer())
    [leased] = gateway.lease()
    tell(message.customer_id, at=now, now=now)

    assert gateway.begin(leased) == ["held"]

    assert stored(message).attempt == 0


@pytest.mark.parametrize(
    ("first", "second", "is_allowed"),
    [
        ((2026, 3, 4, 7, 30), (2026, 3, 4, 20, 0), False),  # two days by UTC, one here
        ((2026, 3, 4, 20, 0), (2026, 3, 5, 7, 30), True),  # one day by UTC, two here
    ],
)
def test_a_day_is_a_local_day(customer, now, first, second, is_allowed):
    """Fault: days were cut at midnight UTC, which is eight in the morning here."""
    notice = {"category": Category.STATUTORY, "not_after": now + 9 * DAY}
    own = frozenset({Category.STATUTORY})
    daily = Rule(
        key="one_a_day",
        kind=RuleKind.CALENDAR,
        strength=Strength.HARD,
        limit=1,
        period=Period.DAY,
        categories=own,
        counted_categories=own,
    )
    lay_down(daily, now=now - DAY)
    moments = [datetime(*parts, tzinfo=SHANGHAI).astimezone(UTC) for parts in (first, second)]
    reserve(make_plan(customer, moments[0], **notice))

    decision = contact_frequency.preflight(make_plan(customer, moments[1], **notice), now=now)

    assert decision.is_allowed is is_allowed
    assert is_allowed or decision.next_allowed_at == datetime(2026, 3, 4, 16, tzinfo=UTC)


def test_a_greeting_lies_on_its_local_day(app, at):
    """Fault: a birthday was greeted the day before, because its midnight was taken for UTC's."""
    customer, messages = _greet(app, at, years=(2026,), born=date(1980, 9, 25))

    [message] = messages
    assert message.customer_id == customer.id
    assert message.due_at.astimezone(SHANGHAI).date() == date(2026, 9, 25)
    assert message.send_before <= datetime(2026, 9, 26, tzinfo=SHANGHAI)


def test_a_greeting_that_was_blocked_comes_again_next_year(app, at):
    """Fault: once refused, a yearly message was marked as done for good."""
    _, messages = _greet(app, at, years=(2026, 2027), born=date(1980, 9, 27), busy_in=2026)

    assert [m.on_day.year for m in messages if m.state is MessageState.QUEUED] == [2027]


def _greet(app, at, *, years, born, busy_in=None):
    at(datetime(2026, 1, 1, 2, tzinfo=UTC))
    keep_default_policies(datetime(2025, 1, 1, tzinfo=UTC))
    make_template()
    customer = make_customer(birth_on=born)
    for year in years:
        day = born.replace(year=year)
        eve = at(datetime(day.year, day.month, day.day, 2, tzinfo=UTC) - DAY)
        if year == busy_in:
            for days in (1, 2):
                tell(customer, at=eve - days * DAY, now=eve)
        planned = app.test_cli_runner().invoke(
            args=["care", "plan", "--on", day.isoformat()], catch_exceptions=False
        )
        assert planned.exit_code == 0, planned.output
    db.session.rollback()
    return customer, db.session.scalars(sa.select(CareMessage).order_by(CareMessage.on_day)).all()


def test_a_limit_for_a_category_does_not_loosen_that_for_a_channel(customer, now):
    """Fault: the most specific limit won, and "specific" meant the category."""
    lay_down(ONE_SMS_A_WEEK, now=now - DAY)
    service = frozenset({Category.SERVICE})
    lay_down(
        Rule(
            key="service_week",
            kind=RuleKind.ROLLING,
            strength=Strength.HARD,
            limit=50,
            seconds=7 * 86_400,
            categories=service,
            counted_categories=service,
        ),
        now=now - DAY,
    )
    reserve(make_plan(customer, now + HOUR, **SMS))

    assert keys_against(make_plan(customer, now + 2 * DAY, **SMS), now=now) == {"sms_week"}


def test_a_limit_of_0_is_none_and_no_limit_is_any(customer, now):
    """Fault: 0 was read as "not set"."""
    plan = make_plan(customer, now + HOUR, channel=Channel.EMAIL)
    assert contact_frequency.preflight(plan, now=now).is_allowed
    mail = frozenset({Channel.EMAIL})
    none = replace(
        ONE_SMS_A_WEEK, key="mail", limit=0, channels=mail, counted_channels=mail, loosened_by=()
    )
    lay_down(none, now=now - HOUR)

    refused = contact_frequency.preflight(plan, now=now)

    assert [r.code for r in refused.reasons] == ["never_allowed"]
    assert refused.next_allowed_at is None
    with pytest.raises(ContactBlocked):
        reserve(plan)


def test_a_tier_may_be_allowed_none_though_all_others_may(now):
    """Fault: as above, where the 0 stands in the narrower policy."""
    gold, silver = make_customer(tier=Tier.GOLD), make_customer(tier=Tier.SILVER)
    policy = replace(
        TOTAL,
        key="total_7_days.gold",
        limit=0,
        scope_kind=ScopeKind.TIER,
        scope_id="gold",
        loosens=TOTAL.key,
    )
    change(policy.key, policy, now=now - HOUR)

    assert keys_against(make_plan(gold, now + HOUR), now=now) == {"total_7_days.gold"}
    assert keys_against(make_plan(silver, now + HOUR), now=now) == set()


def test_an_edited_limit_acts_on_what_is_already_planned(customer, now, at):
    """Fault: what was queued under the old limit went out under it."""
    reserve(make_plan(customer, now + HOUR))
    planned = reserve(make_plan(customer, now + 2 * DAY, channel=Channel.SMS))
    at(now + HOUR)
    change(TOTAL.key, replace(TOTAL, limit=1), now=now + HOUR)
    at(now + 2 * DAY)

    [refusal] = in_transaction(contact_frequency.begin_slots, [planned.id]).values()

    assert {(r.policy_key, r.policy_version) for r in refusal.reasons} == {(TOTAL.key, 2)}
    assert db.session.get_one(Slot, planned.id, populate_existing=True).state == "reserved"
    assert queries.find_breaches() == []


def test_a_loosened_limit_acts_on_what_is_already_planned(customer, now, at):
    """Fault: as above, the other way: a message waited for a limit that was gone."""
    reserve(make_plan(customer, now + HOUR))
    planned = reserve(make_plan(customer, now + 2 * DAY, channel=Channel.SMS))
    change(TOTAL.key, replace(TOTAL, limit=1), now=now + HOUR)
    with transaction():
        policy_id = db.session.scalar(
            sa.select(FrequencyPolicy.id).where(FrequencyPolicy.key == TOTAL.key)
        )
        version = _version(policy_id, replace(TOTAL, limit=3), number=3, now=now + 2 * HOUR)
        db.session.add(version)
    at(now + 2 * DAY)

    assert in_transaction(contact_frequency.begin_slots, [planned.id]) == {planned.id: None}
