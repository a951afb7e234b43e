"""Logging a contact by hand."""

from datetime import timedelta

from crm_api.accounts.models import Role
from crm_api.contact_history.models import Contact
from crm_api.customers.terms import Channel
from crm_api.kit import clock
from crm_api.kit.db import db
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import make_plan, reserve
from tests.factories.customers import make_customer


def a_call(**changes):
    return {
        "occurred_at": clock.now().isoformat(),
        "channel": "call",
        "category": "service",
        "purpose": "bond",
        "outcome": "reached",
        "summary": "Asked about roaming.",
        "with_whom": "the customer",
        **changes,
    }


def log(caller, customer, **changes):
    return caller.post(f"/v1/customers/{customer.id}/contacts", json=a_call(**changes))


def test_what_was_told_is_kept_as_told(app, sign_in):
    owner = make_staff()
    customer = make_customer(owner)

    reply = log(sign_in(owner), customer)

    assert reply.status_code == 201
    contact = reply.json["contact"]
    assert contact["seq"] == 1
    assert contact["kind"] == "contact"
    assert contact["summary"] == "Asked about roaming."
    assert contact["with_whom"] == "the customer"
    assert (contact["by_id"], contact["by_name"]) == (owner.id, owner.name)
    assert contact["direction"] == "outbound"
    assert not contact["is_late"]
    assert reply.json["warnings"] == []
    assert sign_in(owner).get(f"/v1/contacts/{contact['id']}").json == contact


def test_it_moves_the_facts(app, sign_in):
    owner = make_staff()
    customer = make_customer(owner)
    earlier = (clock.now() - timedelta(days=2)).isoformat()

    log(sign_in(owner), customer, outcome="no_answer")
    log(sign_in(owner), customer, channel="visit", occurred_at=earlier)

    facts = sign_in(owner).get(f"/v1/customers/{customer.id}/contact-facts").json
    assert facts["last_attempt_at"] > facts["last_two_way_at"] == facts["last_visit_at"]
    assert facts["last_begun_by_customer_at"] is None


def test_nothing_happened_yet(app, sign_in):
    owner = make_staff()
    customer = make_customer(owner)

    facts = sign_in(owner).get(f"/v1/customers/{customer.id}/contact-facts")

    assert facts.status_code == 200
    assert facts.json["customer_id"] == customer.id
    assert facts.json["last_attempt_at"] is None


def test_five_minutes_ahead_may_be_a_clock_and_more_is_a_plan(app, sign_in, at):
    owner = make_staff()
    customer = make_customer(owner)
    now = at(clock.now())

    near = log(sign_in(owner), customer, occurred_at=(now + timedelta(minutes=5)).isoformat())
    far = log(sign_in(owner), customer, occurred_at=(now + timedelta(seconds=301)).isoformat())

    assert near.status_code == 201
    assert far.status_code == 422
    assert far.json["errors"][0]["pointer"] == "/occurred_at"
    assert "plan it instead" in far.json["errors"][0]["message"]


def test_late_is_more_than_72_hours(app, sign_in, at):
    owner = make_staff()
    customer = make_customer(owner)
    now = at(clock.now())

    on_time = log(sign_in(owner), customer, occurred_at=(now - timedelta(hours=72)).isoformat())
    late = log(
        sign_in(owner), customer, occurred_at=(now - timedelta(hours=72, seconds=1)).isoformat()
    )

    assert not on_time.json["contact"]["is_late"]
    assert late.json["contact"]["is_late"]
    assert "late" in [w["code"] for w in late.json["warnings"]]


def test_the_same_id_with_the_same_content_is_told_once(app, sign_in):
    owner = make_staff()
    customer = make_customer(owner)
    told = a_call(id="brought-1")
    path = f"/v1/customers/{customer.id}/contacts"

    first, second = (sign_in(owner).post(path, json=told) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["contact"] == second.json["contact"]
    assert len(db.session.scalars(db.select(Contact)).all()) == 1


def test_the_same_id_with_other_content_is_refused(app, sign_in):
    owner = make_staff()
    customer = make_customer(owner)
    log(sign_in(owner), customer, id="brought-1")

    for change in ({"summary": "Something else."}, {"outcome": "no_answer"}):
        reply = log(sign_in(owner), customer, id="brought-1", **change)
        assert (reply.status_code, reply.json["code"]) == (409, "id_taken")


def test_an_id_taken_at_another_customer_tells_nothing_of_it(app, sign_in):
    log(sign_in(owner := make_staff()), make_customer(owner), id="brought-1")
    other = make_staff()

    reply = log(sign_in(other), make_customer(other), id="brought-1")

    assert (reply.status_code, reply.json["code"]) == (409, "id_taken")


def test_a_colleagues_customer_does_not_exist(app, sign_in):
    customer = make_customer()
    stranger = make_staff()
    caller = sign_in(stranger)

    assert log(caller, customer).status_code == 404
    assert caller.get(f"/v1/customers/{customer.id}/contacts").status_code == 404
    assert caller.get(f"/v1/customers/{customer.id}/contact-facts").status_code == 404


def test_an_auditor_reads_and_changes_nothing(app, sign_in):
    customer = make_customer()
    caller = sign_in(make_staff(Role.AUDITOR))

    assert caller.get(f"/v1/customers/{customer.id}/contacts").status_code == 200
    assert log(caller, customer).status_code == 403


def test_a_manager_logs_for_the_own_subtree_only(app, sign_in):
    root = make_team()
    inside = make_customer(make_staff(team=make_team(parent=root)))
    outside = make_customer()
    caller = sign_in(make_staff(Role.MANAGER, team=root))

    assert log(caller, inside).status_code == 201
    assert log(caller, outside).status_code == 404


def test_it_serves_only_a_visit_to_its_customer(app, sign_in):
    """Another's visit, or none, would let it count for nothing of its own."""
    owner = make_staff()
    customer, other = make_customer(owner), make_customer(owner)
    at = clock.now() + timedelta(days=1)
    for whose in (customer, other):
        plan = make_plan(whose, at, channel=Channel.VISIT, visit_id=f"of-{whose.id}")
        reserve(plan)

    replies = {
        visit_id: log(sign_in(owner), customer, visit_id=visit_id).status_code
        for visit_id in (f"of-{customer.id}", f"of-{other.id}", "made-up")
    }

    assert list(replies.values()) == [201, 404, 404]
