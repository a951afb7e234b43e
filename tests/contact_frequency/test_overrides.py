"""Overrides: two persons, one contact, once, within a day, and never over the law."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import current_app

from crm_api import config
from crm_api.accounts.models import Role, Staff, Standing
from crm_api.audit.models import AuditEntry
from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.commands import contact_frequency as command
from crm_api.contact_frequency.errors import ContactBlocked
from crm_api.contact_frequency.models import Override, Overrun, Slot, StoredDecision
from crm_api.contact_frequency.terms import OverrunCause, SlotState
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
from crm_api.kit.touches import touching
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer
from tests.factories.visits import plan as plan_visit
from tests.factories.visits import planned, step

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def team(now):
    return make_team()


@pytest.fixture
def owner(team):
    return make_staff(team=team)


@pytest.fixture
def mine(owner):
    return make_customer(owner)


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)


@pytest.fixture
def leader(team):
    return make_staff(Role.MANAGER, team)


@pytest.fixture
def manager(sign_in, leader):
    return sign_in(leader)


@pytest.fixture
def colleague(sign_in, team):
    return sign_in(make_staff(Role.MANAGER, team))


def call(customer, at, **changes):
    facts = {"channel": "call", "category": "service", **changes}
    return {"customer_id": customer.id, "at": at.isoformat(), **facts}


def refused(caller, customer, at, **changes):
    """Ask for a call that is refused, and return the refusal."""
    reply = caller.post("/v1/contact-reservations", json=call(customer, at, **changes))
    assert (reply.status_code, reply.json["code"]) == (409, "contact_blocked"), reply.text
    return reply.json


def ask(caller, refusal, **changes):
    wanted = {"decision_id": refusal["decision_id"], "reason": "The shop opens tomorrow."}
    return caller.post("/v1/contact-overrides", json={**wanted, **changes})


def asked(caller, customer, at, *, tolerance_minutes=0, **changes):
    refusal = refused(caller, customer, at, **changes)
    reply = ask(caller, refusal, tolerance_minutes=tolerance_minutes)
    assert reply.status_code == 201, reply.text
    return reply.json


def put(caller, override, name, reason="It cannot wait."):
    return caller.put(f"/v1/contact-overrides/{override['id']}/{name}", json={"reason": reason})


def approved(caller, manager, customer, at, **changes):
    override = asked(caller, customer, at, **changes)
    reply = put(manager, override, "approval")
    assert reply.status_code == 200, reply.text
    return reply.json


def use(caller, override, customer, at, **changes):
    body = call(customer, at, override_id=override["id"], **changes)
    return caller.post("/v1/contact-reservations", json=body)


@pytest.fixture
def taken(mine, now):
    """A call in an hour: whatever comes within a day of it is refused."""
    return reserve(make_plan(mine, now + HOUR))


@pytest.mark.usefixtures("taken")
def test_one_asks_another_approves_and_the_contact_goes_through(caller, manager, leader, mine, now):
    override = approved(caller, manager, mine, now + 3 * HOUR)
    assert override["state"] == "approved"
    assert override["sets_aside"] == ["gap_24_hours"]
    assert override["lapses_at"] == "2026-03-03T05:00:00Z"  # its own moment: sooner than 24 hours

    reply = use(caller, override, mine, now + 3 * HOUR)

    assert reply.status_code == 201, reply.text
    assert reply.json["override_id"] == override["id"]
    trace = caller.get(f"/v1/contact-decisions/{reply.json['decision_id']}").json["decision"]
    assert trace["verdict"] == "allowed_with_warning"
    assert trace["reasons"] == []
    assert {r["policy_key"] for r in trace["overridden"]} == {"gap_24_hours"}
    assert trace["override"] == {
        "id": override["id"],
        "asked_by_id": mine.owner_id,
        "approved_by_id": leader.id,
    }
    shown = caller.get(f"/v1/contact-overrides/{override['id']}").json
    assert (shown["state"], shown["slot_id"]) == ("used", reply.json["id"])
    overruns = caller.get(f"/v1/contact-overruns?customer_id={mine.id}&cause=override").json
    assert {o["policy_key"] for o in overruns["items"]} == {"gap_24_hours"}
    assert {o["slot_id"] for o in overruns["items"]} == {reply.json["id"]}
    db.session.rollback()
    assert queries.find_breaches() == []
    actions = set(db.session.scalars(sa.select(AuditEntry.action)))
    assert {"override_asked", "override_approved"} <= actions


def test_every_decision_under_an_override_replays(caller, manager, mine, taken, now):
    override = approved(caller, manager, mine, now + 3 * HOUR, tolerance_minutes=30)
    made = use(caller, override, mine, now + 3 * HOUR).json
    moved = caller.put(
        f"/v1/contact-reservations/{made['id']}/moment",
        json={"at": (now + 3 * HOUR + 20 * MINUTE).isoformat()},
    )
    assert moved.status_code == 200, moved.text

    decisions = db.session.scalars(sa.select(StoredDecision)).all()

    assert {d.kind for d in decisions} == {"reservation", "refusal", "move"}
    for decision in decisions:
        assert contact_frequency.replay(decision) == decision.trace


def test_it_works_once(caller, manager, mine, taken, now):
    override = approved(caller, manager, mine, now + 3 * HOUR)
    made = use(caller, override, mine, now + 3 * HOUR).json
    caller.put(f"/v1/contact-reservations/{made['id']}/release", json={"reason": "not in"})

    again = use(caller, override, mine, now + 3 * HOUR)

    assert (again.status_code, again.json["code"]) == (409, "override_settled")
    assert again.json["state"] == "used"


@pytest.mark.usefixtures("taken")
def test_unused_it_lapses_a_day_after_its_approval(caller, manager, mine, now, at):
    reserve(make_plan(mine, now + 3 * DAY))
    override = approved(caller, manager, mine, now + 3 * DAY + HOUR)
    assert override["lapses_at"] == "2026-03-04T02:00:00Z"

    at(now + DAY - MINUTE)
    blocked = use(caller, override, mine, now + 3 * DAY + 2 * HOUR)
    at(now + DAY)
    late = use(caller, override, mine, now + 3 * DAY + HOUR)

    assert (blocked.json["code"], blocked.json["differs"]) == ("override_does_not_fit", ["at"])
    assert (late.status_code, late.json["code"]) == (409, "override_lapsed")


@pytest.mark.usefixtures("taken")
def test_it_shows_that_it_lapsed(caller, manager, mine, now, at):
    waiting = asked(caller, mine, now + 3 * HOUR)
    override = approved(caller, manager, mine, now + 4 * HOUR)

    def found(state):
        items = caller.get(f"/v1/contact-overrides?state={state}").json["items"]
        assert {item["state"] for item in items} <= {state}
        return {item["id"] for item in items}

    at(now + 3 * HOUR)
    assert (found("asked"), found("approved")) == (set(), {override["id"]})
    assert found("lapsed") == {waiting["id"]}
    at(now + 4 * HOUR)
    assert found("lapsed") == {waiting["id"], override["id"]}
    assert found("approved") == set()
    shown = caller.get(f"/v1/contact-overrides/{override['id']}").json
    assert (shown["state"], shown["approval_reason"]) == ("lapsed", "It cannot wait.")
    states = {o["state"] for o in caller.get("/v1/contact-overrides").json["items"]}
    assert states == {"lapsed"}


@pytest.mark.usefixtures("taken")
@pytest.mark.parametrize(
    "change", [{"status": Standing.DEACTIVATED}, {"role": Role.ACCOUNT_MANAGER}]
)
def test_it_is_void_once_its_approver_may_not_approve_any_more(caller, manager, mine, now, change):
    override = approved(caller, manager, mine, now + 3 * HOUR)
    alter(override["approved_by_id"], **change)

    reply = use(caller, override, mine, now + 3 * HOUR)

    assert (reply.status_code, reply.json["code"]) == (409, "override_unvouched")
    assert put(caller, override, "cancellation").status_code == 200
    assert ask(caller, refused(caller, mine, now + 3 * HOUR)).status_code == 201


@pytest.mark.usefixtures("taken")
def test_an_approver_who_rose_still_vouches_for_it(caller, manager, mine, now):
    override = approved(caller, manager, mine, now + 3 * HOUR)
    alter(override["approved_by_id"], role=Role.ADMIN)

    assert use(caller, override, mine, now + 3 * HOUR).status_code == 201


def alter(staff_id, **change):
    with transaction():
        db.session.execute(touching(sa.update(Staff).where(Staff.id == staff_id).values(**change)))


@pytest.mark.usefixtures("taken")
@pytest.mark.parametrize(
    "other",
    [
        ({"channel": "wechat"}, ["channel"]),
        ({"category": "care"}, ["category"]),
        ({"minutes": 31}, ["at"]),
        ({"minutes": -31}, ["at"]),
        ({"visit_id": "v1"}, ["visit_id"]),
    ],
)
def test_it_binds_one_contact(caller, manager, mine, now, other):
    changes, differs = other
    reserve(make_plan(mine, now + 9 * DAY, channel=Channel.VISIT, visit_id="v1"))
    override = approved(caller, manager, mine, now + 3 * HOUR, tolerance_minutes=30)
    moment = now + 3 * HOUR + changes.get("minutes", 0) * MINUTE
    changes = {name: value for name, value in changes.items() if name != "minutes"}

    reply = use(caller, override, mine, moment, **changes)

    assert (reply.status_code, reply.json["code"]) == (409, "override_does_not_fit")
    assert reply.json["differs"] == differs
    assert use(caller, override, mine, now + 3 * HOUR + 30 * MINUTE).status_code == 201


@pytest.mark.usefixtures("taken")
def test_the_override_of_another_customer_does_not_exist(caller, manager, owner, mine, now):
    other = make_customer(owner)
    reserve(make_plan(other, now + HOUR))
    override = approved(caller, manager, mine, now + 3 * HOUR)

    reply = use(caller, override, other, now + 3 * HOUR)

    assert (reply.status_code, reply.json["code"]) == (404, "not_found")


def test_what_is_allowed_without_it_leaves_it_unused(caller, manager, mine, taken, now):
    override = approved(caller, manager, mine, now + 3 * HOUR)
    in_transaction(contact_frequency.release_slot, taken.id, reason="cancelled")

    made = use(caller, override, mine, now + 3 * HOUR)

    assert made.json["override_id"] is None
    assert caller.get(f"/v1/contact-overrides/{override['id']}").json["state"] == "approved"


def test_nobody_approves_or_declines_what_they_asked_for(manager, mine, taken, now):
    override = asked(manager, mine, now + 3 * HOUR)

    for answer in ("approval", "refusal"):
        reply = put(manager, override, answer)
        assert (reply.status_code, reply.json["code"]) == (403, "own_override")


def test_the_database_itself_wants_two_persons(caller, owner, mine, taken, now):
    override = asked(caller, mine, now + 3 * HOUR)
    change = sa.update(Override).where(Override.id == override["id"])

    with pytest.raises(sa.exc.IntegrityError), transaction():
        db.session.execute(change.values(approved_by_id=owner.id))


def test_a_role_that_the_policies_do_not_name_may_not_decide(caller, sign_in, mine, taken, now):
    """The new owner sees the override, and is an account manager: the policy names leaders."""
    override = asked(caller, mine, now + 3 * HOUR)
    colleague = make_staff()
    with transaction():
        mine.owner_id, mine.team_id = colleague.id, colleague.team_id
        db.session.merge(mine)

    reply = put(sign_in(colleague), override, "approval")

    assert (reply.status_code, reply.json["code"]) == (403, "override_needs_role")
    assert reply.json["roles"] == ["manager", "admin"]


def test_a_manager_of_another_team_finds_nothing(caller, sign_in, mine, taken, now):
    override = asked(caller, mine, now + 3 * HOUR)
    stranger = sign_in(make_staff(Role.MANAGER))

    path = f"/v1/contact-overrides/{override['id']}"
    replies = [
        stranger.get(path),
        *(put(stranger, override, name) for name in ("approval", "refusal", "cancellation")),
        ask(stranger, {"decision_id": override["decision_id"]}),
    ]

    assert [r.status_code for r in replies] == [404] * 5
    assert stranger.get("/v1/contact-overrides").json["items"] == []


def test_declined_or_cancelled_it_cannot_be_used(caller, manager, mine, taken, now):
    declined = asked(caller, mine, now + 3 * HOUR)
    first = put(manager, declined, "refusal", "Let them rest.")
    again = put(manager, declined, "refusal", "Let them rest.")
    assert first.json == again.json
    assert put(manager, declined, "approval").json["code"] == "override_settled"
    assert put(caller, declined, "cancellation").json["code"] == "override_settled"

    cancelled = approved(caller, manager, mine, now + 3 * HOUR)
    for _ in range(2):
        assert put(caller, cancelled, "cancellation", "Done by mail.").json["state"] == "cancelled"

    for override, state in ((declined, "declined"), (cancelled, "cancelled")):
        reply = use(caller, override, mine, now + 3 * HOUR)
        assert (reply.json["code"], reply.json["state"]) == ("override_settled", state)


@pytest.mark.usefixtures("taken")
def test_only_asker_and_approver_take_it_back(caller, manager, colleague, mine, now):
    override = approved(caller, manager, mine, now + 3 * HOUR)

    reply = put(colleague, override, "cancellation")

    assert (reply.status_code, reply.json["code"]) == (403, "not_your_override")
    assert put(manager, override, "cancellation").json["state"] == "cancelled"


@pytest.mark.usefixtures("taken")
def test_an_approval_repeated_is_one_approval(caller, manager, mine, now, at):
    override = approved(caller, manager, mine, now + 3 * HOUR)
    at(now + MINUTE)

    again = put(manager, override, "approval")

    assert again.status_code == 200
    assert again.json == override


def test_what_the_law_forbids_cannot_be_asked_for(caller, mine, now):
    night = now + 13 * HOUR
    reserve(make_plan(mine, now + HOUR))
    refusal = refused(caller, mine, night, category="payment")

    reply = ask(caller, refusal)

    assert (reply.status_code, reply.json["code"]) == (409, "cannot_be_overridden")
    assert reply.json["reasons"] == ["outside_hours"]


def _deceased(customer):
    customer.status = "deceased"


def _minor(customer):
    customer.birth_on = date(2015, 1, 1)


@pytest.mark.parametrize(
    ("change", "code"), [(_deceased, "deceased"), (_minor, "minor_without_consent")]
)
def test_neither_the_dead_nor_minors_are_overridden(caller, mine, now, change, code):
    with transaction():
        change(mine)
        db.session.merge(mine)
    refusal = refused(caller, mine, now + HOUR, category="care")

    reply = ask(caller, refusal)

    assert reply.json["code"] == "cannot_be_overridden"
    assert reply.json["reasons"] == [code]


def test_a_wish_for_quiet_is_not_overridden(caller, mine, now):
    wishes = f"/v1/customers/{mine.id}/do-not-disturb-wishes"
    assert caller.post(wishes, json={"channels": ["call"]}).status_code == 201
    refusal = refused(caller, mine, now + HOUR)

    assert ask(caller, refusal).json["reasons"] == ["do_not_disturb"]


def test_mourning_is_not_overridden(caller, sign_in, team, mine, now):
    body = {"kind": "mourning", "team_id": team.id, "reason": "earthquake"}
    chief = sign_in(make_staff(Role.ADMIN))
    assert chief.post("/v1/contact-holds", json=body).status_code == 201
    refusal = refused(caller, mine, now + HOUR, category="care")

    assert refusal["decision"]["may_be_overridden_by"] == []
    assert ask(caller, refusal).json["reasons"] == ["mourning"]


def test_an_occurrence_that_is_taken_is_not_overridden(caller, mine, now):
    notice = {"category": "statutory", "occurrence": "notice-1"}
    made = caller.post("/v1/contact-reservations", json=call(mine, now + HOUR, **notice))
    assert made.status_code == 201
    refusal = refused(caller, mine, now + 5 * HOUR, **notice)

    assert ask(caller, refusal).json["reasons"] == ["occurrence_taken"]


def test_a_moment_that_has_passed_is_not_overridden(caller, mine, taken, now, at):
    refusal = refused(caller, mine, now + 3 * HOUR)
    override = ask(caller, refusal, tolerance_minutes=60).json
    at(now + 4 * HOUR)

    late = [ask(caller, refusal), put(caller, override, "approval")]
    assert late[0].json["code"] == "override_lapsed"
    assert late[1].json["code"] == "own_override"


@pytest.mark.usefixtures("taken")
def test_an_approval_after_the_moment_is_too_late(caller, manager, mine, now, at):
    override = asked(caller, mine, now + 3 * HOUR)
    at(now + 3 * HOUR)

    assert put(manager, override, "approval").json["code"] == "override_lapsed"


def test_only_refused_plans_can_be_overridden(caller, mine, now):
    made = caller.post("/v1/contact-reservations", json=call(mine, now + HOUR)).json

    reply = ask(caller, {"decision_id": made["decision_id"]})

    assert (reply.status_code, reply.json["code"]) == (409, "not_refused")


def test_one_contact_has_one_open_override(caller, manager, mine, taken, now):
    override = asked(caller, mine, now + 3 * HOUR)
    refusal = refused(caller, mine, now + 3 * HOUR)

    reply = ask(caller, refusal)

    assert (reply.status_code, reply.json["code"]) == (409, "override_open")
    assert reply.json["override_id"] == override["id"]
    put(manager, override, "refusal")
    assert ask(caller, refusal).status_code == 201


def test_what_came_to_stand_in_the_way_since_still_blocks(caller, manager, mine, taken, now):
    """The approver saw the gap. The cap of seven days is another matter."""
    override = approved(caller, manager, mine, now + 3 * HOUR)
    reserve(make_plan(mine, now + 2 * DAY, channel=Channel.WECHAT))

    reply = use(caller, override, mine, now + 3 * HOUR)

    assert reply.json["code"] == "contact_blocked"
    assert {r["policy_key"] for r in reply.json["decision"]["reasons"]} == {"total_7_days"}
    assert {r["policy_key"] for r in reply.json["decision"]["overridden"]} == {"gap_24_hours"}
    assert caller.get(f"/v1/contact-overrides/{override['id']}").json["state"] == "approved"

    put(caller, override, "cancellation")
    wider = ask(caller, reply.json).json
    assert wider["sets_aside"] == ["gap_24_hours", "total_7_days"]
    put(manager, wider, "approval")
    assert use(caller, wider, mine, now + 3 * HOUR).status_code == 201


def test_a_wish_for_quiet_since_the_approval_still_blocks(caller, manager, mine, taken, now):
    override = approved(caller, manager, mine, now + 3 * HOUR)
    wishes = f"/v1/customers/{mine.id}/do-not-disturb-wishes"
    assert caller.post(wishes, json={"channels": ["call"]}).status_code == 201

    reply = use(caller, override, mine, now + 3 * HOUR)

    assert {r["code"] for r in reply.json["decision"]["reasons"]} == {"do_not_disturb"}


def test_a_manager_approves_so_many_in_seven_days(caller, manager, owner, now, at):
    config.configure(replace(config.current(), overrides_per_week=2))
    waiting = []
    for _ in range(3):
        customer = make_customer(owner)
        reserve(make_plan(customer, now + 8 * DAY))
        waiting.append(asked(caller, customer, now + 8 * DAY + HOUR))

    at(now)
    assert put(manager, waiting[0], "approval").status_code == 200
    at(now + DAY)
    assert put(manager, waiting[1], "approval").status_code == 200
    spent = put(manager, waiting[2], "approval")
    assert (spent.status_code, spent.json["code"]) == (409, "override_quota_spent")
    assert spent.json["frees_at"] == "2026-03-10T02:00:00Z"
    assert put(manager, waiting[0], "approval").status_code == 200  # a repeat costs nothing

    at(now + 7 * DAY)
    assert put(manager, waiting[2], "approval").status_code == 200


@pytest.mark.usefixtures("taken")
def test_lists_show_what_is_mine_and_what_waits_for_me(caller, manager, mine, now):
    override = asked(caller, mine, now + 3 * HOUR)
    own = asked(manager, mine, now + 4 * HOUR)

    def ids(who, query):
        return [o["id"] for o in who.get(f"/v1/contact-overrides?{query}").json["items"]]

    assert ids(caller, "is_mine=true") == [override["id"]]
    assert ids(caller, "is_to_approve=true") == []
    assert ids(manager, "is_to_approve=true") == [override["id"]]
    assert ids(manager, f"customer_id={mine.id}") == [own["id"], override["id"]]
    put(manager, override, "approval")
    assert ids(manager, "state=approved") == [override["id"]]
    assert ids(manager, "is_to_approve=true") == []
    page = manager.get("/v1/contact-overrides?limit=1").json
    assert [o["id"] for o in page["items"]] == [own["id"]]
    assert ids(manager, f"limit=1&cursor={page['next_cursor']}") == [override["id"]]


def test_plans_beside_it_need_a_new_plan(caller, manager, mine, taken, now):
    """The override lets one contact through, not those around it."""
    override = approved(caller, manager, mine, now + 3 * HOUR)

    made = use(caller, override, mine, now + 3 * HOUR).json

    shown = {s["id"]: s["needs_new_plan"] for s in _slots(caller, mine)}
    assert shown == {made["id"]: False, taken.id: True}


def _slots(caller, customer):
    return caller.get(f"/v1/contact-reservations?customer_id={customer.id}").json["items"]


def test_a_visit_is_planned_under_an_override(caller, manager, mine, taken, now):
    blocked = plan_visit(caller, mine, starts_at=now + 3 * HOUR)
    override = ask(caller, blocked.json).json
    put(manager, override, "approval")

    visit = plan_visit(caller, mine, starts_at=now + 3 * HOUR, override_id=override["id"])

    assert visit.status_code == 201, visit.text
    assert visit.json["booking"] == "reserved"
    assert caller.get(f"/v1/contact-overrides/{override['id']}").json["state"] == "used"


def test_a_visit_is_moved_under_an_override_of_its_own(caller, manager, mine, taken, now):
    visit = planned(caller, mine, starts_at=now + 3 * DAY)
    times = {
        "starts_at": (now + 3 * HOUR).isoformat(),
        "ends_at": (now + 4 * HOUR).isoformat(),
    }
    blocked = step(caller, visit, "schedule", **times)
    override = ask(caller, blocked.json).json
    assert override["moves_slot_id"] is not None
    put(manager, override, "approval")

    other = plan_visit(
        caller, mine, starts_at=now + 3 * HOUR, override_id=override["id"], objectives=[]
    )
    assert (other.status_code, other.json["differs"]) == (409, ["moves_slot_id"])
    moved = step(caller, visit, "schedule", **times, override_id=override["id"])

    assert moved.status_code == 200, moved.text
    assert moved.json["starts_at"] == "2026-03-03T05:00:00Z"


def test_moved_within_its_reach_it_keeps_its_override_and_beyond_it_does_not(
    caller, manager, mine, taken, now
):
    override = approved(caller, manager, mine, now + 3 * HOUR, tolerance_minutes=30)
    made = use(caller, override, mine, now + 3 * HOUR).json
    path = f"/v1/contact-reservations/{made['id']}/moment"

    near = caller.put(path, json={"at": (now + 3 * HOUR + 30 * MINUTE).isoformat()})
    beyond = caller.put(path, json={"at": (now + 4 * HOUR).isoformat()})
    free = caller.put(path, json={"at": (now + DAY + HOUR).isoformat()})

    assert near.json["override_id"] == override["id"]
    assert beyond.json["code"] == "contact_blocked"
    assert free.json["override_id"] is None
    back = caller.put(path, json={"at": (now + 3 * HOUR).isoformat()})
    assert back.json["code"] == "contact_blocked"


@pytest.fixture
def sms(caller, manager, mine, now):
    """A service message under an approved override, an hour after another contact."""
    reserve(make_plan(mine, now + HOUR))
    plan = make_plan(mine, now + 2 * HOUR, channel=Channel.SMS)
    with pytest.raises(ContactBlocked) as refusal:
        reserve(plan)
    reply = ask(caller, {"decision_id": refusal.value.decision.id})
    assert reply.status_code == 201, reply.text
    put(manager, reply.json, "approval")
    return in_transaction(
        contact_frequency.reserve_slot, plan, by_id=None, override_id=reply.json["id"]
    )


def test_the_second_gate_honours_it(sms, now, at):
    at(now + 2 * HOUR)

    assert in_transaction(contact_frequency.begin_slots, [sms.id]) == {sms.id: None}

    slot = db.session.get(Slot, sms.id)
    assert slot.state is SlotState.IN_FLIGHT
    overruns = sa.select(Overrun.created_at, Overrun.cause).where(Overrun.slot_id == sms.id)
    assert {tuple(row) for row in db.session.execute(overruns)} == {
        (now, OverrunCause.OVERRIDE),
        (now + 2 * HOUR, OverrunCause.OVERRIDE),
    }
    assert queries.find_breaches() == []
    for decision in db.session.scalars(sa.select(StoredDecision)):
        assert contact_frequency.replay(decision) == decision.trace


def test_the_second_gate_still_hears_the_law(sms, mine, now, at):
    """Opted out since, and what was approved does not matter any more."""
    at(now + 2 * HOUR)
    in_transaction(
        contact_frequency.opt_out,
        mine.phone,
        at=now,
        source="sms",
        categories=[Category.SERVICE],
    )

    answer = in_transaction(contact_frequency.begin_slots, [sms.id])[sms.id]

    assert {r.code for r in answer.reasons} == {"opted_out"}
    assert {r.policy_key for r in answer.overridden} == {"gap_24_hours"}


def test_the_second_gate_wants_it_at_its_moment(sms, now, at):
    at(now + 2 * HOUR + 6 * MINUTE)

    answer = in_transaction(contact_frequency.begin_slots, [sms.id])[sms.id]

    assert {r.policy_key for r in answer.reasons} == {"gap_24_hours"}


@pytest.mark.usefixtures("taken")
def test_what_happened_under_it_names_it_as_the_cause(caller, manager, mine, now, at):
    override = approved(caller, manager, mine, now + 3 * HOUR)
    made = use(caller, override, mine, now + 3 * HOUR).json
    at(now + 3 * HOUR + MINUTE)

    in_transaction(
        contact_frequency.consume_slot,
        made["id"],
        occurred_at=now + 3 * HOUR + MINUTE,
        outcome="reached",
    )

    causes = sa.select(Overrun.cause).where(Overrun.slot_id == made["id"])
    assert set(db.session.scalars(causes)) == {OverrunCause.OVERRIDE}
    assert queries.find_breaches() == []


@pytest.mark.usefixtures("taken")
def test_an_explanation_names_who_let_it_through(caller, manager, leader, mine, now):
    override = approved(caller, manager, mine, now + 3 * HOUR)
    made = use(caller, override, mine, now + 3 * HOUR).json
    db.session.rollback()

    english, chinese = (
        current_app.test_cli_runner()
        .invoke(command, ["explain", made["id"], "--lang", lang])
        .output
        for lang in ("en", "zh")
    )

    by = f"asked for by {mine.owner_id}, approved by {leader.id}, sets aside:"
    assert f"Override {override['id']}: {by}" in english
    assert "[gap_24_hours v1, 24 hours apart" in english
    assert f"破例 {override['id']}：{mine.owner_id} 申请，{leader.id} 批准，越过：" in chinese
