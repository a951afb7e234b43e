"""What is planned and became illegal is marked; the mark goes where the plan is legal again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crm_api.accounts.models import Role
from crm_api.accounts.service import teams
from crm_api.calendars.policies.festivals import FestivalRule
from crm_api.calendars.service import changes as calendars
from crm_api.calendars.terms import DateRule, Tone
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import CustomerToRecheck, RecheckRun, Slot
from crm_api.contact_frequency.policies import DEFAULT_RULES
from crm_api.contact_frequency.policies.rules import Rule, to_document
from crm_api.contact_frequency.service import rechecking, replanning
from crm_api.contact_frequency.service.following import MOST_AT_ONCE
from crm_api.contact_frequency.terms import HoldKind, ScopeKind
from crm_api.customers import service as customers
from crm_api.customers.models import Customer
from crm_api.customers.terms import Category, Channel, Status, Tier
from crm_api.kit.db import db
from crm_api.kit.problems import is_busy
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def lead(now):
    return make_staff(Role.ADMIN)


@pytest.fixture
def mine(lead):
    return make_customer(team_id=lead.team_id, owner_id=None)


def needs_new_plan(slot):
    db.session.rollback()
    return db.session.scalar(sa.select(Slot.needs_new_plan).where(Slot.id == slot.id))


def care(customer, at, **changes):
    facts = {"channel": Channel.WECHAT, "category": Category.CARE, **changes}
    return reserve(make_plan(customer, at, **facts))


def recheck(app, *arguments):
    done = app.test_cli_runner().invoke(args=["contact-frequency", "recheck", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


def test_a_wish_marks_what_it_covers_until_it_is_lifted(sign_in, lead, mine, now):
    email = reserve(make_plan(mine, now + 3 * DAY, channel=Channel.EMAIL))
    call = reserve(make_plan(mine, now + 5 * DAY))
    wishes = f"/v1/customers/{mine.id}/do-not-disturb-wishes"

    wish = sign_in(lead).post(wishes, json={"channels": ["email"]}).json
    assert (needs_new_plan(email), needs_new_plan(call)) == (True, False)
    sign_in(lead).put(f"{wishes}/{wish['id']}/lift")

    assert needs_new_plan(email) is False


def test_status_and_consent_mark_and_clear(lead, mine, now):
    slot = care(mine, now + 3 * DAY)

    def set_status(status):
        in_transaction(customers.set_status, mine.id, status=status, reason="x", by=lead, now=now)

    set_status(Status.CLOSED)
    assert needs_new_plan(slot) is True
    set_status(Status.ACTIVE)
    assert needs_new_plan(slot) is False

    def change(**changes):
        version = db.session.get(Customer, mine.id, populate_existing=True).version
        in_transaction(
            customers.change_customer,
            mine.id,
            changes=changes,
            expected_version=version,
            by=lead,
            now=now,
        )

    change(birth_on=date(2015, 1, 1))
    assert needs_new_plan(slot) is True
    change(has_guardian_consent=True)
    assert needs_new_plan(slot) is False


def test_a_lower_tier_marks_what_only_the_higher_one_allowed(lead, mine, now):
    def set_tier(tier):
        in_transaction(customers.set_tier, mine.id, tier=tier, reason="x", by=lead, now=now)

    set_tier(Tier.DIAMOND)
    slots = [reserve(make_plan(mine, now + n * DAY)) for n in range(1, 5)]
    assert not any(map(needs_new_plan, slots))

    set_tier(Tier.STANDARD)
    assert all(map(needs_new_plan, slots))
    in_transaction(contact_frequency.release_slot, slots[1].id, reason="cancelled")
    assert [needs_new_plan(s) for s in slots] == [True, False, True, True]
    in_transaction(contact_frequency.move_slot, slots[2].id, to=now + 20 * DAY, by_id="x")

    assert not any(map(needs_new_plan, slots))


def test_a_hold_on_one_customer_marks_at_once(mine, now):
    slot = care(mine, now + 3 * DAY)
    hold = in_transaction(
        contact_frequency.place_hold,
        HoldKind.LEAVE_ALONE,
        customer_id=mine.id,
        from_at=now,
        until_at=now + 5 * DAY,
        reason="x",
        by_id=None,
    )
    assert needs_new_plan(slot) is True

    in_transaction(contact_frequency.lift_hold, hold.id, reason="over", by_id=None, at=now)

    assert needs_new_plan(slot) is False


def test_an_opt_out_marks_for_everybody_on_the_number(mine, now):
    other = make_customer(phone=mine.phone)
    slots = [
        care(who, now + days * DAY, channel=Channel.SMS) for who, days in ((mine, 3), (other, 5))
    ]

    in_transaction(contact_frequency.opt_out, mine.phone, at=now, source="desk")
    assert all(map(needs_new_plan, slots))
    in_transaction(contact_frequency.opt_in, mine.phone, at=now, source="desk")

    assert not any(map(needs_new_plan, slots))


def test_a_fact_that_is_withdrawn_clears_what_it_marked(mine, now):
    slot = reserve(make_plan(mine, now + 6 * HOUR))
    fact = in_transaction(
        contact_frequency.record_fact,
        make_plan(mine, now),
        occurred_at=now - HOUR,
        recorded_at=now,
        outcome="reached",
        by_id="x",
    )
    assert needs_new_plan(slot) is True

    in_transaction(contact_frequency.withdraw_slot, fact.id, reason="withdrawn")

    assert needs_new_plan(slot) is False


def test_one_person_more_or_fewer_marks_and_clears(sign_in, lead, mine, now):
    other = make_customer(team_id=lead.team_id, owner_id=None)
    slots = [reserve(make_plan(who, now + 2 * DAY)) for who in (mine, other)]
    relations = f"/v1/customers/{mine.id}/relations"

    link = sign_in(lead).post(relations, json={"kind": "same_person", "other_id": other.id})
    assert all(map(needs_new_plan, slots))
    assert sign_in(lead).delete(f"{relations}/{link.json['id']}").status_code == 204

    assert not any(map(needs_new_plan, slots))


def test_what_fails_marks_nothing(lead, mine, now):
    slot = care(mine, now + 3 * DAY)

    def fail():
        customers.set_status(mine.id, status=Status.CLOSED, reason="x", by=lead, now=now)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        in_transaction(fail)
    with transaction():
        db.session.get(Customer, mine.id).plan_name = "another"

    assert needs_new_plan(slot) is False


def tighter(key, **changes):
    [rule] = [r for r in DEFAULT_RULES if r.key == key]
    return Rule(**{"key": key, **_content(rule), **changes})


def _content(rule):
    return {name: getattr(rule, name) for name in to_document(rule)}


def add_version(rule, *, at, now):
    policy = db.session.scalar(
        sa.text("SELECT id FROM frequency_policies WHERE key = :key"), {"key": rule.key}
    )
    in_transaction(
        contact_frequency.add_version,
        policy,
        rule,
        effective_from=at,
        reason="fewer",
        by_id="x",
        now=now,
    )


def test_a_version_marks_once_it_takes_effect(app, mine, now, at):
    slots = [reserve(make_plan(mine, now + n * DAY)) for n in (10, 12)]
    add_version(tighter("total_7_days", limit=1), at=now + DAY, now=now)

    assert recheck(app).startswith("2 plans looked at: 0 need a new plan")
    assert recheck(app).startswith("0 plans looked at")
    at(now + DAY)
    assert recheck(app) == "2 plans looked at: 2 need a new plan, 0 no longer do."
    assert all(map(needs_new_plan, slots))
    add_version(tighter("total_7_days", limit=2), at=None, now=now + DAY)

    assert recheck(app) == "2 plans looked at: 0 need a new plan, 2 no longer do."


def test_a_regions_mourning_marks_its_customers_and_its_lift_clears(app, sign_in, now):
    manager = make_staff(Role.MANAGER, make_team())
    there = make_customer(team_id=manager.team_id, owner_id=None)
    slots = [care(who, now + 3 * DAY) for who in (there, make_customer())]
    recheck(app)
    body = {"kind": "mourning", "team_id": manager.team_id, "reason": "earthquake"}

    hold = sign_in(manager).post("/v1/contact-holds", json=body).json
    assert recheck(app) == "2 plans looked at: 1 need a new plan, 0 no longer do."
    assert [needs_new_plan(s) for s in slots] == [True, False]
    sign_in(manager).put(f"/v1/contact-holds/{hold['id']}/lift", json={"reason": "over"})

    assert recheck(app) == "2 plans looked at: 0 need a new plan, 1 no longer do."


def test_a_regions_mourning_moves_with_its_team(lead, now):
    province, city = make_team(), make_team()
    slot = reserve(
        make_plan(
            make_customer(team_id=city.id, owner_id=None),
            now,
            channel=Channel.SMS,
            category=Category.CARE,
        )
    )
    facts = {"from_at": now, "reason": "earthquake", "by_id": lead.id}
    in_transaction(contact_frequency.place_hold, HoldKind.MOURNING, team_path=city.path, **facts)

    in_transaction(
        teams.change_team,
        city.id,
        changes={"parent_id": province.id},
        expected=city.version,
        by=lead,
        now=now,
    )

    [refusal] = in_transaction(contact_frequency.begin_slots, [slot.id]).values()
    assert [reason.code for reason in refusal.reasons] == ["mourning"]


def test_a_day_that_becomes_solemn_marks_what_lies_on_it(app, mine, now):
    day = now + 3 * DAY
    slot = reserve(make_plan(mine, day, channel=Channel.EMAIL, category=Category.MARKETING))
    recheck(app)
    festival = FestivalRule(
        key="day_of_grief",
        name="哀悼日",
        name_en="Day of grief",
        rule=DateRule.SOLAR,
        month=day.month,
        day=day.day,
        term=None,
        tone=Tone.SOLEMN,
        rank=1,
    )

    in_transaction(calendars.keep_festivals, [festival])

    assert recheck(app) == "1 plans looked at: 1 need a new plan, 0 no longer do."
    assert needs_new_plan(slot) is True


def test_very_many_changes_at_once_are_left_to_the_sweep(app, lead, now):
    many = [make_customer(team_id=lead.team_id, owner_id=None) for _ in range(MOST_AT_ONCE + 1)]
    slot = care(many[0], now + 3 * DAY)
    recheck(app)

    with transaction():
        for customer in db.session.scalars(sa.select(Customer)):
            customer.status = Status.CLOSED
    assert needs_new_plan(slot) is False

    assert recheck(app).startswith("1 plans looked at: 1 need a new plan")
    assert needs_new_plan(slot) is True
    assert db.session.scalars(sa.select(CustomerToRecheck)).all() == []


def test_the_sweep_looks_at_all_plans_of_those_noted(app, lead, now, monkeypatch):
    many = [make_customer(team_id=lead.team_id, owner_id=None) for _ in range(MOST_AT_ONCE + 1)]
    slots = [care(one, now + n * 10 * DAY) for one in many[:2] for n in (1, 2, 3)]
    recheck(app)
    monkeypatch.setattr(replanning, "MOST_AT_ONCE", 4)

    with transaction():
        for customer in db.session.scalars(sa.select(Customer)):
            customer.status = Status.CLOSED

    assert recheck(app).startswith("6 plans looked at: 6 need a new plan")
    assert all(map(needs_new_plan, slots))


def test_a_sweep_that_was_cut_short_goes_on(app, now, monkeypatch):
    for _ in range(5):
        care(make_customer(), now + 3 * DAY)
    monkeypatch.setattr(rechecking, "CHUNK", 2)

    first = in_transaction(contact_frequency.recheck_next, now=now)
    assert first.seen == 2

    assert recheck(app).startswith("3 plans looked at")
    db.session.rollback()
    [run] = db.session.scalars(sa.select(RecheckRun))
    assert (run.seen, run.finished_at) == (5, now)
    assert recheck(app, "--all").startswith("5 plans looked at")


def test_a_move_to_where_it_is_legal_clears_its_own_mark(mine, now):
    slot = care(mine, now + 3 * DAY)
    in_transaction(
        contact_frequency.place_hold,
        HoldKind.LEAVE_ALONE,
        customer_id=mine.id,
        from_at=now,
        until_at=now + 5 * DAY,
        reason="x",
        by_id=None,
    )
    assert needs_new_plan(slot) is True

    in_transaction(contact_frequency.move_slot, slot.id, to=now + 5 * DAY, by_id="x")

    assert needs_new_plan(slot) is False


def test_a_policy_for_one_customer_marks_at_once(mine, now):
    slots = [reserve(make_plan(mine, now + n * DAY)) for n in (1, 3)]
    own = replace(
        tighter("total_7_days", limit=1),
        key="own_cap",
        scope_kind=ScopeKind.CUSTOMER,
        scope_id=mine.id,
        loosened_by=frozenset(),
        ceiling=None,
    )

    in_transaction(
        contact_frequency.create_policy, own, effective_from=None, reason="x", by_id="x", now=now
    )

    assert all(map(needs_new_plan, slots))


def test_two_sweeps_at_once_and_changes_beside_them_agree(app, lead, now):
    """Nobody waits in a ring, and what is marked in the end is what is illegal in the end."""
    many = [make_customer(team_id=lead.team_id, owner_id=None) for _ in range(12)]
    slots = [care(who, now + 3 * DAY) for who in many]
    db.session.rollback()

    def sweep():
        with app.app_context():
            while _tried(contact_frequency.recheck_next, now=now, is_forced=False) is not None:
                pass
        return True

    def close(who, status):
        with app.app_context():
            given = {"reason": "x", "by": lead, "now": now}
            _tried(customers.set_status, who, status=status, **given)
        return True

    ids = [who.id for who in many]
    with ThreadPoolExecutor(4) as pool:
        sweeps = [pool.submit(sweep) for _ in range(2)]
        changes = [pool.submit(close, one, Status.CLOSED) for one in ids[::2]]
        assert all(done.result(60) for done in (*sweeps, *changes))

    assert [needs_new_plan(slot) for slot in slots] == [True, False] * 6


def _tried(work, *args, **kwargs):
    """Do it as a scheduler does: again where the database was busy."""
    for _ in range(20):
        try:
            return in_transaction(work, *args, **kwargs)
        except DBAPIError as error:
            if not is_busy(error):
                raise
    raise TimeoutError
