"""Policies for a segment: whoever is in it now is bound, and what was judged says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot, StoredDecision
from crm_api.contact_frequency.policies import decide
from crm_api.contact_frequency.queries.gathering import gather
from crm_api.contact_frequency.service.replaying import replay
from crm_api.customers.models import Customer
from crm_api.customers.terms import Channel
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.contact_frequency.desk import a_rule, approve, changed, simulated
from tests.contact_frequency.test_audit import push
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUIET = {"plan_names": ["静音套餐"]}


@pytest.fixture
def desk(sign_in, now):
    """A team with two administrators, of whom one drafts and one approves."""
    the_team = make_team()

    class Desk:
        team = the_team
        mate = make_staff(team=the_team)
        author = sign_in(make_staff(Role.ADMIN, team=the_team))
        approver = sign_in(make_staff(Role.ADMIN, team=the_team))
        manager = sign_in(make_staff(Role.MANAGER, team=the_team))

        def segment(self, criteria=QUIET, by=None):
            body = {"name": "安静", "criteria": criteria}
            reply = (by or self.manager).post("/v1/segments", json=body)
            assert reply.status_code == 201, reply.text
            return reply.json

        def draft(self, segment, key="quiet", by=None, **changes):
            rule = a_rule(**{"seconds": 14 * 86_400, **changes.pop("rule", {})})
            body = {
                "key": key,
                "scope_kind": "segment",
                "scope_id": segment["id"],
                "rule": rule,
                "reason": "they asked",
                **changes,
            }
            return (by or self.author).post("/v1/policy-drafts", json=body)

        def bind(self, segment, **changes):
            reply = self.draft(segment, **changes)
            assert reply.status_code == 201, reply.text
            found = simulated(self.author, reply.json)
            done = approve(self.approver, reply.json)
            assert done.status_code == 200, done.text
            return found

        def customer(self, **changes):
            return make_customer(self.mate, **changes)

    return Desk()


def quiet(desk, **changes):
    return desk.customer(plan_name="静音套餐", **changes)


def book(customer, at):
    reply = reserve(make_plan(customer, at))
    db.session.rollback()
    return db.session.get_one(Slot, reply.id, populate_existing=True)


def refused_by(customer, at, **changes):
    """Return the policies that refuse a contact, none if it is allowed."""
    frame = queries.frame_at(at)
    plan = make_plan(customer, at, **changes)
    facts = gather([plan], frame=frame, now=at).facts_for(plan)
    return {reason.policy_key for reason in decide(plan, facts, frame, at).reasons}


def is_marked(slot):
    db.session.rollback()
    return db.session.get_one(Slot, slot.id, populate_existing=True).needs_new_plan


def recheck(app):
    done = app.test_cli_runner().invoke(args=["contact-frequency", "recheck"])
    assert done.exit_code == 0, done.output


def test_it_binds_who_is_in_the_segment_and_nobody_else(desk, now):
    inside, outside = quiet(desk), desk.customer()
    segment = desk.segment()
    desk.bind(segment)

    slots = [book(customer, now + DAY) for customer in (inside, outside)]

    assert [slot.segments for slot in slots] == [segment["id"], None]
    assert refused_by(inside, now + 9 * DAY) == {"quiet"}
    assert refused_by(outside, now + 9 * DAY) == set()
    assert queries.find_breaches() == []


def test_a_decision_gives_the_same_bytes_after_its_customer_left(desk, now):
    inside = quiet(desk)
    desk.bind(desk.segment())
    slot = book(inside, now + DAY)

    with transaction():
        db.session.get_one(Customer, inside.id).plan_name = "x"

    decision = db.session.get_one(StoredDecision, slot.decision_id)
    assert replay(decision) == decision.trace
    assert b'"segments"' in decision.facts


def test_each_contact_is_measured_by_the_segments_it_was_judged_by(desk, now, at):
    """Legal before the policy, legal outside of the segment; a breach pushed in is found."""
    early, inside, outside = quiet(desk), quiet(desk), desk.customer()
    for days in (1, 4):
        book(early, now + days * DAY)
    desk.bind(desk.segment())
    at(now + HOUR)
    for who in (inside, outside):
        book(who, now + 2 * DAY)
        push(book(who, now + 18 * DAY), now + 9 * DAY)

    found = {(b.policy_key, b.customer_id) for b in queries.find_breaches()}

    assert found == {("quiet", inside.id)}


def test_a_contact_that_began_says_by_which_segments(desk, now, at):
    inside = quiet(desk)
    plan = make_plan(inside, now, channel=Channel.SMS, endpoint=inside.phone)
    slot_id = reserve(plan).id
    segment = desk.segment()
    desk.bind(segment)

    assert in_transaction(contact_frequency.begin_slots, [slot_id]) == {slot_id: None}

    db.session.rollback()
    assert db.session.get_one(Slot, slot_id).segments == segment["id"]


def test_who_comes_in_or_leaves_has_plans_looked_at_at_once(desk, now, sign_in):
    customer, tag = desk.customer(), desk.manager.post("/v1/tags", json={"name": "安静"}).json
    desk.bind(desk.segment({"any_tags": [tag["id"]]}))
    slots = [book(customer, now + n * DAY) for n in (1, 5)]
    its_tag = f"/v1/customers/{customer.id}/tags/{tag['id']}"

    assert desk.manager.put(its_tag).status_code in (200, 201, 204)
    marked = [is_marked(slot) for slot in slots]
    assert desk.manager.delete(its_tag).status_code == 204

    assert (marked, [is_marked(slot) for slot in slots]) == ([True, True], [False, False])


def test_what_a_segment_asks_is_changed_by_an_administrator_and_swept(app, desk, now):
    customer, segment = quiet(desk), desk.segment({"plan_names": ["静音套餐"], "tiers": ["gold"]})
    desk.bind(segment)
    slots = [book(customer, now + n * DAY) for n in (1, 5)]
    recheck(app)
    path, wider = f"/v1/segments/{segment['id']}", {"criteria": QUIET}

    def change(caller, **changes):
        etag = caller.get(path).headers["ETag"]
        return caller.patch(path, json=changes, headers={"If-Match": etag})

    assert change(desk.manager, **wider).json["code"] == "segment_is_binding"
    assert change(desk.manager, name="安静的").status_code == 200
    assert [is_marked(slot) for slot in slots] == [False, False]
    assert change(desk.author, **wider).status_code == 200
    recheck(app)

    assert [is_marked(slot) for slot in slots] == [True, True]


def test_the_sweep_looks_again_each_day_for_who_is_in_by_the_calendar(app, desk, now, at):
    leaver = desk.customer(contract_end_on=(now + 12 * DAY).date())
    desk.bind(desk.segment({"contract_ends_within_days": 10}))
    slots = [book(leaver, now + n * DAY) for n in (5, 9)]
    recheck(app)
    assert [is_marked(slot) for slot in slots] == [False, False]

    at(now + 3 * DAY)
    recheck(app)

    assert [is_marked(slot) for slot in slots] == [True, True]


def test_a_segment_that_a_policy_names_stays(desk):
    segment = desk.segment()
    assert desk.manager.get(f"/v1/segments/{segment['id']}").json["is_binding"] is False
    desk.bind(segment)

    reply = desk.author.delete(f"/v1/segments/{segment['id']}")

    assert (reply.status_code, reply.json["code"]) == (409, "segment_in_use")
    assert desk.manager.get(f"/v1/segments/{segment['id']}").json["is_binding"] is True


def test_it_takes_an_administrator_and_a_segment_that_the_author_may_use(desk, sign_in):
    segment = desk.segment()
    stranger = sign_in(make_staff(Role.MANAGER, team=make_team()))
    other_manager = sign_in(make_staff(Role.MANAGER, team=desk.team))

    assert desk.draft(segment, by=stranger).status_code == 404
    assert desk.draft({"id": "nobody"}).status_code == 404
    draft = desk.draft(segment, by=desk.manager).json
    simulated(desk.manager, draft)
    assert approve(other_manager, draft).json["code"] == "policy_out_of_reach"
    assert approve(desk.approver, draft).status_code == 200


def test_a_segment_may_loosen_what_names_segments_up_to_the_ceiling(desk, now):
    """The total lets tiers and customers go further; a segment only once it says so."""
    inside = quiet(desk)
    looser = {"loosens": "total_7_days", "rule": {"limit": 4, "seconds": 7 * 86_400}}
    segment = desk.segment()
    assert desk.draft(segment, **looser).json["code"] == "policy_loosens_too_much"
    total = {"limit": 2, "loosened_by": ["segment", "tier", "customer"], "ceiling": 5}
    changed(desk.author, desk.approver, rule=a_rule(**total))

    desk.bind(segment, **looser)

    for days in range(1, 5):
        book(inside, now + days * DAY)
    assert refused_by(inside, now + 5 * DAY + HOUR) == {"quiet"}


def test_its_simulation_counts_those_in_the_segment(desk, now):
    inside, _outside = quiet(desk), [desk.customer() for _ in range(3)]
    for days in (1, 5):
        book(inside, now + days * DAY)

    found = desk.bind(desk.segment())

    assert (found["fallen"]["contacts"], found["fallen"]["customers"]) == (2, 1)
    coverage = found["coverage"]
    assert (coverage["customers"], coverage["changed_customers"]) == (1, 1)


def test_no_statement_more_is_asked_while_no_policy_names_a_segment(desk, now):
    customers = [quiet(desk) for _ in range(5)]
    segments = [desk.segment({"plan_names": ["静音套餐"], "tiers": [t]}) for t in ("gold", "vip")]
    asked = []

    def count():
        db.session.rollback()
        frame, plans = queries.frame_at(now), [make_plan(c, now + DAY) for c in customers]
        asked.clear()
        gather(plans, frame=frame, now=now)
        return [s for s in asked if "segments" in s], len(asked)

    def note(_connection, _cursor, statement, *_args):
        asked.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        named, before = count()
        for n, segment in enumerate(segments):
            desk.bind(segment, key=f"quiet_{n}")
        later, after = count()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)

    assert (named, len(later), after - before) == ([], 1, 2)  # two for any number of segments
