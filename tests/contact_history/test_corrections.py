"""An entry is put right by a further one, or taken back with a manager's consent."""

from datetime import timedelta

import pytest

from crm_api.accounts.models import Role
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import SlotState
from crm_api.kit import clock
from crm_api.kit.db import db
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_history import make_contact
from tests.factories.customers import make_customer


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def owner(team):
    return make_staff(team=team)


@pytest.fixture
def manager(team):
    return make_staff(Role.MANAGER, team=team)


@pytest.fixture
def contact(owner):
    return make_contact(make_customer(owner))


def correct(caller, contact, **body):
    body = {"reason": "Misheard.", **body}
    return caller.post(f"/v1/contacts/{contact.id}/corrections", json=body)


def withdraw(caller, contact, **body):
    body = {"reason": "Never happened.", **body}
    return caller.post(f"/v1/contacts/{contact.id}/withdrawals", json=body)


def decide(caller, withdrawal_id, decision="approval", note="I asked the customer."):
    return caller.put(f"/v1/contact-withdrawals/{withdrawal_id}/{decision}", json={"note": note})


def facts(caller, contact):
    return caller.get(f"/v1/customers/{contact.customer_id}/contact-facts").json


def test_a_correction_is_a_further_entry(contact, owner, sign_in):
    caller = sign_in(owner)

    reply = correct(caller, contact, summary="As it was.")

    assert reply.status_code == 201
    assert (reply.json["kind"], reply.json["seq"]) == ("correction", 2)
    assert (reply.json["corrects_id"], reply.json["reason"]) == (contact.id, "Misheard.")
    assert reply.json["summary"] == "As it was."
    assert reply.json["with_whom"] == "the customer"
    db.session.expunge_all()
    before = caller.get(f"/v1/contacts/{contact.id}").json
    assert before["summary"] == "Spoke about the new plan."
    assert before["replaced_by_id"] == reply.json["id"]
    assert not before["is_withdrawn"]


def test_only_what_stands_is_corrected(contact, owner, sign_in):
    caller = sign_in(owner)
    newest = correct(caller, contact, summary="As it was.").json

    reply = correct(caller, contact, summary="Or rather so.")

    assert (reply.status_code, reply.json["code"]) == (409, "entry_no_longer_stands")
    assert reply.json["by_entry_id"] == newest["id"]
    again = caller.post(
        f"/v1/contacts/{newest['id']}/corrections", json={"reason": "r", "summary": "So."}
    )
    assert again.status_code == 201


def test_a_correction_that_changes_nothing_is_refused(contact, owner, sign_in):
    assert correct(sign_in(owner), contact).status_code == 422
    assert correct(sign_in(owner), contact, outcome="reached").status_code == 422


def test_a_correction_brought_twice_is_made_once(contact, owner, sign_in):
    caller = sign_in(owner)

    first, second = (correct(caller, contact, id="mine", summary="So.") for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    other = correct(caller, contact, id="mine", summary="Or so.")
    assert (other.status_code, other.json["code"]) == (409, "id_taken")


def test_when_and_how_are_not_corrected(contact, owner, sign_in):
    for change in ({"occurred_at": clock.now().isoformat()}, {"channel": "visit"}):
        assert correct(sign_in(owner), contact, **change).status_code == 422


def test_the_facts_follow_a_corrected_outcome(contact, owner, sign_in):
    caller = sign_in(owner)
    assert facts(caller, contact)["last_two_way_at"] is not None

    correct(caller, contact, outcome="no_answer")

    assert facts(caller, contact)["last_two_way_at"] is None
    assert facts(caller, contact)["last_attempt_at"] is not None


def test_what_stands_may_be_listed_alone(contact, owner, sign_in):
    caller = sign_in(owner)
    newest = correct(caller, contact, summary="As it was.").json["id"]
    path = f"/v1/customers/{contact.customer_id}/contacts"

    standing = caller.get(f"{path}?standing_only=true").json["items"]
    everything = caller.get(f"{path}?standing_only=false").json["items"]

    assert [item["id"] for item in standing] == [newest]
    assert [item["id"] for item in everything] == [newest, contact.id]


def test_a_manager_approves_and_the_slot_is_given_back(contact, owner, manager, sign_in):
    asked = withdraw(sign_in(owner), contact)
    assert (asked.status_code, asked.json["status"]) == (201, "requested")

    reply = decide(sign_in(manager), asked.json["id"])

    assert (reply.status_code, reply.json["status"]) == (200, "approved")
    db.session.rollback()
    slot = db.session.get(Slot, contact.slot_id)
    assert (slot.state, slot.reason) == (SlotState.RELEASED, "withdrawn")
    db.session.expunge_all()
    caller = sign_in(owner)
    assert caller.get(f"/v1/contacts/{contact.id}").json["is_withdrawn"]
    assert facts(caller, contact)["last_attempt_at"] is None
    path = f"/v1/customers/{contact.customer_id}/contacts?standing_only=true"
    assert caller.get(path).json["items"] == []
    assert app_verifies()


def app_verifies():
    from crm_api.contact_history import service

    return all(chain.reason is None for chain in service.verify_chains())


def test_the_facts_fall_back_to_what_stands(contact, owner, manager, sign_in):
    from crm_api.customers.models import Customer

    customer = db.session.get(Customer, contact.customer_id)
    earlier = contact.occurred_at - timedelta(days=3)
    make_contact(customer, occurred_at=earlier)
    asked = withdraw(sign_in(owner), contact).json["id"]

    decide(sign_in(manager), asked)

    shown = facts(sign_in(owner), contact)["last_two_way_at"]
    assert shown == earlier.isoformat().replace("+00:00", "Z")


def test_approved_twice_is_approved_once(contact, owner, manager, sign_in):
    asked = withdraw(sign_in(owner), contact).json["id"]
    first = decide(sign_in(manager), asked)

    second = decide(sign_in(manager), asked)

    assert (second.status_code, second.json) == (200, first.json)
    other = decide(sign_in(manager), asked, note="Otherwise.")
    assert (other.status_code, other.json["code"]) == (409, "withdrawal_already_decided")
    late = decide(sign_in(manager), asked, "refusal")
    assert late.status_code == 409


def test_what_is_refused_stays(contact, owner, manager, sign_in):
    asked = withdraw(sign_in(owner), contact).json["id"]

    reply = decide(sign_in(manager), asked, "refusal", note="It did happen.")

    assert (reply.status_code, reply.json["status"]) == (200, "declined")
    assert not sign_in(owner).get(f"/v1/contacts/{contact.id}").json["is_withdrawn"]
    assert db.session.get(Slot, contact.slot_id).state is SlotState.CONSUMED
    assert withdraw(sign_in(owner), contact).status_code == 201


def test_nobody_approves_the_own_request(contact, manager, sign_in):
    asked = withdraw(sign_in(manager), contact).json["id"]

    reply = decide(sign_in(manager), asked)

    assert (reply.status_code, reply.json["code"]) == (403, "second_person_needed")
    assert decide(sign_in(make_staff(Role.ADMIN)), asked).status_code == 200


def test_an_account_manager_approves_nothing(contact, owner, sign_in):
    asked = withdraw(sign_in(owner), contact).json["id"]

    assert decide(sign_in(owner), asked).status_code == 403


def test_while_a_manager_decides_nothing_else_changes(contact, owner, sign_in):
    asked = withdraw(sign_in(owner), contact).json["id"]

    for reply in (withdraw(sign_in(owner), contact), correct(sign_in(owner), contact, summary="?")):
        assert (reply.status_code, reply.json["code"]) == (409, "withdrawal_pending")
        assert reply.json["withdrawal_id"] == asked


def test_what_was_withdrawn_is_neither_corrected_nor_withdrawn(contact, owner, manager, sign_in):
    asked = withdraw(sign_in(owner), contact).json["id"]
    decide(sign_in(manager), asked)

    assert correct(sign_in(owner), contact, summary="?").status_code == 409
    assert withdraw(sign_in(owner), contact).status_code == 409


def test_managers_find_what_waits_for_them(contact, owner, manager, sign_in):
    asked = withdraw(sign_in(owner), contact).json["id"]
    stranger = make_contact(make_customer())
    withdraw(sign_in(make_staff(Role.ADMIN)), stranger)

    waiting = sign_in(manager).get("/v1/contact-withdrawals?status=requested").json["items"]

    assert [item["id"] for item in waiting] == [asked]
    assert sign_in(manager).get("/v1/contact-withdrawals?status=approved").json["items"] == []


def test_a_strangers_entry_does_not_exist(contact, owner, sign_in):
    asked = withdraw(sign_in(owner), contact).json["id"]
    account_manager, manager = sign_in(make_staff()), sign_in(make_staff(Role.MANAGER))

    assert account_manager.get(f"/v1/contacts/{contact.id}").status_code == 404
    assert correct(account_manager, contact, summary="?").status_code == 404
    assert withdraw(account_manager, contact).status_code == 404
    assert account_manager.get(f"/v1/contact-withdrawals/{asked}").status_code == 404
    assert decide(manager, asked).status_code == 404
    assert decide(manager, asked, "refusal").status_code == 404
