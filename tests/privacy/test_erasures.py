"""A customer who asks for it is forgotten: words and numbers go, facts stay, and only by two."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crm_api.accounts.models import Role
from crm_api.attachments.models import Attachment
from crm_api.audit.models import AuditEntry
from crm_api.care.models import CareMessage, CareMessageEvent
from crm_api.care.terms import MessageState
from crm_api.contact_frequency.models import Slot
from crm_api.contact_history.models import Contact
from crm_api.customers.models import Customer, CustomerChange
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.privacy.models import CustomerErasure
from tests.attachments.files import photo, uploaded
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.factories.visits import planned
from tests.privacy.conftest import ALLOWED, MARK, NAME, PHONE, ok, traces_left

ASKED = {"reason": "Asked by letter."}


def requested(known, **days):
    return ok(known.lead.post(f"{known.path}/erasures", json={**ASKED, **days}))


def approval(caller, erasure):
    return caller.put(f"/v1/customer-erasures/{erasure['id']}/approval", json={"note": "Seen."})


def erased(known):
    reply = approval(known.second, requested(known))
    assert (reply.status_code, reply.json["status"]) == (200, "erased"), reply.text
    db.session.expire_all()
    return reply.json


def count(model, **equal):
    with transaction(read_only=True):
        return db.session.scalar(sa.select(sa.func.count()).select_from(model).filter_by(**equal))


def test_nothing_of_the_person_is_left_in_any_table(known):
    assert len(traces_left()) > 20

    erased(known)

    assert traces_left() == set()
    assert {"opt_outs", "subject_locks"} == ALLOWED


def test_facts_stay_and_the_chain_holds(app, known):
    facts = {m: count(m, customer_id=known.id) for m in (Contact, Slot, CustomerChange)}
    assert all(facts.values())

    erased(known)

    assert {m: count(m, customer_id=known.id) for m in facts} == facts
    for command in (["contacts", "verify"], ["contact-frequency", "audit"]):
        done = app.test_cli_runner().invoke(args=command)
        assert done.exit_code == 0, done.output
    [listed] = known.lead.get("/v1/contacts").json["items"][:1]
    assert (listed["customer_id"], listed["summary"], listed["is_text_erased"]) == (
        known.id,
        "",
        True,
    )


def test_nobody_finds_the_customer_any_more(known):
    erased(known)

    for caller in (known.caller, known.lead):
        assert caller.get(known.path).status_code == 404
        assert caller.get(f"{known.path}/contacts").status_code == 404
        for q in (NAME, "wcyh", PHONE[-4:]):
            assert caller.get("/v1/customers", query_string={"q": q}).json["items"] == []
        assert known.id not in caller.get("/v1/customers").text
        assert known.id not in caller.get("/v1/visits").text
        assert PHONE[-4:] not in caller.get("/v1/care-messages").text
    again = known.caller.post("/v1/customers", json={"id": known.id, "name": NAME})
    assert (again.status_code, again.json["code"]) == (409, "id_taken")


def test_no_gateway_gets_what_was_queued(known):
    erased(known)

    body = {"max": 5, "lease_seconds": 60, "worker": "w"}
    leased = ok(known.gateway.post("/v1/gateway/leases", json=body))

    assert leased["leased"] == []
    with transaction(read_only=True):
        message = db.session.get(CareMessage, known.message_id)
        slot = db.session.get(Slot, message.slot_id)
        assert (message.state, message.number, message.text) == (MessageState.CANCELLED, "", "")
        assert slot.state == "released"


def test_who_was_one_person_with_them_is_one_alone(known):
    with transaction(read_only=True):
        assert db.session.get(Customer, known.relative.id).person_id is not None
    db.session.expire_all()

    erased(known)

    with transaction(read_only=True):
        assert db.session.get(Customer, known.relative.id).person_id is None


def test_what_was_merged_into_them_goes_too(known, people):
    other = make_customer(people.owner, name=f"{MARK}二")
    theirs = f"/v1/customers/{other.id}"
    ok(known.caller.put(f"{theirs}/status", json={"status": "suspended", "reason": MARK}))
    early = ok(known.lead.post(f"{theirs}/erasures", json=ASKED))
    pair = {"survivor_id": known.id, "merged_id": other.id}
    seen = ok(known.caller.post("/v1/customer-merge-previews", json=pair))
    versions = {name: seen[name] for name in ("survivor_version", "merged_version")}
    merge = ok(known.caller.post("/v1/customer-merges", json=pair | versions | {"reason": MARK}))

    too_late = approval(known.second, early)
    erased(known)
    undone = known.caller.put(f"/v1/customer-merges/{merge['id']}/undo", json={"reason": "x"})

    assert too_late.json["blocked_by"] == [{"kind": "customer_merged", "id": known.id}]
    assert traces_left() == set()
    assert undone.status_code == 404


def test_photos_of_visits_go_with_their_bytes(known):
    photo_of = uploaded(known.caller, photo(side=40))
    hung = f"/v1/visits/{known.visit['id']}/attachments/{photo_of['id']}"
    ok(known.caller.put(hung, json={"kind": "photo", "caption": MARK}))
    bundle = ok(known.lead.post(f"{known.path}/data-exports", json=ASKED))
    assert [a["id"] for a in bundle["tables"]["attachments"]] == [photo_of["id"]]

    erased(known)

    assert traces_left() == set()
    assert known.caller.get(f"/v1/attachments/{photo_of['id']}/content").status_code == 404
    assert count(Attachment) == 0


def test_it_takes_two_persons(known):
    erasure = requested(known)

    alone = approval(known.lead, erasure)
    done = approval(known.second, erasure)
    repeated = approval(known.second, erasure)
    late = known.lead.put(
        f"/v1/customer-erasures/{erasure['id']}/refusal", json={"note": "after all"}
    )

    assert (alone.status_code, alone.json["code"]) == (403, "needs_second_person")
    assert done.json == repeated.json
    assert late.status_code == 403
    assert count(AuditEntry, action="customer.erased") == 1


def test_what_is_open_must_be_ended_first(known, people, moment):
    visit = planned(
        known.caller, Ours(known.id), objectives=[], starts_at=moment + timedelta(days=12)
    )
    erasure = requested(known)

    blocked = approval(known.second, erasure)
    status = known.lead.get(f"/v1/customer-erasures/{erasure['id']}").json["status"]

    assert (blocked.status_code, blocked.json["code"]) == (409, "erasure_blocked")
    assert blocked.json["blocked_by"] == [{"kind": "visit", "id": visit["id"]}]
    assert status == "requested"
    assert known.caller.get(known.path).status_code == 200


class Ours:
    def __init__(self, customer_id):
        self.id = customer_id


def test_a_day_to_come_is_waited_for_and_what_blocks_is_named(app, known, at, moment):
    soon = (moment + timedelta(days=6)).date().isoformat()
    erasure = requested(known, erase_on=soon)
    assert approval(known.second, erasure).json["status"] == "approved"
    visit = planned(
        known.caller, Ours(known.id), objectives=[], starts_at=moment + timedelta(days=12)
    )

    def sweep(days):
        at(moment + timedelta(days=days))
        done = app.test_cli_runner().invoke(args=["privacy", "erase-due"])
        db.session.expire_all()
        return done.output

    assert "Erased 0 customers; 0 wait" in sweep(5)
    assert "Erased 0 customers; 1 wait" in sweep(6)
    path = f"/v1/customer-erasures/{erasure['id']}"
    assert known.lead.get(path).json["blocked_by"] == [{"kind": "visit", "id": visit["id"]}]
    cancel = {"by": "customer", "reason": "Leaves us."}
    ok(known.caller.put(f"/v1/visits/{visit['id']}/cancellation", json=cancel))

    assert "Erased 1 customers; 0 wait" in sweep(7)
    assert "Erased 0 customers; 0 wait" in sweep(7)
    assert traces_left() == set()


def test_it_may_be_refused_or_taken_back(known):
    first = requested(known)
    twice = known.lead.post(f"{known.path}/erasures", json=ASKED)
    path = f"/v1/customer-erasures/{first['id']}"
    refused = known.second.put(f"{path}/refusal", json={"note": "The contract runs."})
    second = requested(known)
    taken_back = known.lead.put(f"/v1/customer-erasures/{second['id']}/withdrawal", json={})
    decided = approval(known.second, second)

    assert (twice.json["code"], twice.json["erasure_id"]) == ("erasure_open", first["id"])
    assert refused.json["status"] == "refused"
    assert taken_back.json["status"] == "withdrawn"
    assert (decided.status_code, decided.json["code"]) == (409, "erasure_decided")
    assert known.caller.get(known.path).status_code == 200


@pytest.mark.parametrize(
    ("days", "pointer"),
    [
        ({"asked_on": "2999-01-01"}, "/asked_on"),
        ({"erase_on": "2999-01-01"}, "/erase_on"),
        ({"erase_on": "2000-02-29"}, "/erase_on"),
    ],
)
def test_days_are_real(known, days, pointer):
    reply = known.lead.post(f"{known.path}/erasures", json={**ASKED, **days})

    assert (reply.status_code, reply.json["errors"][0]["pointer"]) == (422, pointer)


def test_another_team_sees_none_of_it_and_the_own_team_still_does(known, sign_in):
    erasure = erased(known)
    path = f"/v1/customer-erasures/{erasure['id']}"
    stranger = sign_in(make_staff(Role.MANAGER, make_team()))

    assert stranger.get(path).status_code == 404
    assert stranger.get("/v1/customer-erasures").json["items"] == []
    assert known.lead.get("/v1/customer-erasures?status=erased").json["items"] == [erasure]
    assert known.caller.get("/v1/customer-erasures").status_code == 403


GUARDED = {
    "a change": lambda _: sa.update(CustomerChange).values(reason=""),
    "a change's facts": lambda _: sa.update(CustomerChange).values(aspect="plan", reason=""),
    "an entry": lambda e: sa.update(AuditEntry).values(details={"erasure_id": e["id"]}),
    "an entry of nobody's": lambda _: sa.update(AuditEntry).values(details={"erasure_id": "x"}),
    "deleting": lambda _: sa.delete(CustomerChange),
}


@pytest.mark.parametrize("what", GUARDED)
def test_the_database_lets_in_nothing_but_an_approved_erasure(known, what):
    erasure = requested(known)

    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(GUARDED[what](erasure))


TAMPERING = {
    "undo it": lambda: sa.update(CustomerErasure).values(erased_at=None, status="approved"),
    "forget it": lambda: sa.delete(CustomerErasure),
    "other words": lambda: sa.update(CustomerChange).values(reason=MARK),
    "an event's words": lambda: sa.update(CareMessageEvent).values(reason=MARK),
    "other facts": lambda: sa.update(CustomerChange).values(aspect="plan", reason=""),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_what_was_erased_stays_as_it_is(known, what):
    erased(known)

    with pytest.raises(DBAPIError), transaction():
        db.session.execute(TAMPERING[what]())


def test_one_person_alone_is_refused_by_the_database_too(known):
    erasure = requested(known)
    alone = sa.update(CustomerErasure).where(CustomerErasure.id == erasure["id"])

    with pytest.raises(DBAPIError), transaction():
        db.session.execute(
            alone.values(
                status="erased",
                decided_by_id=erasure["requested_by_id"],
                erased_at=sa.func.current_timestamp(),
            )
        )
