"""What belongs to somebody else does not exist: each route is asked with another team's ids."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO

import pytest

from crm_api.accounts.models import Role, Scope
from crm_api.contact_frequency.models import GovernorAlert
from crm_api.contact_frequency.terms import AlertKind, SubjectKind
from crm_api.customers.models import Duplicate
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.attachments.files import photo, uploaded
from tests.care_gateway.factories import make_message
from tests.contact_frequency.desk import a_rule, draft_of, simulated
from tests.customers.imports import MAPPING, csv_bytes, row
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.factories.sync import make_issue, make_phone
from tests.factories.visits import a_plan, a_record, made, planned, step
from tests.merging.factories import merged_into
from tests.support.contract import document_of, example, operations

# Everybody's, for the roles that the route lets in: the house's words, rules and calendar.
SHARED = {
    "year",
    "template_id",
    "number",
    "on",
    "policy_id",
    "policy_key",
    "version",
    "client_id",
    "key_id",
    "word_id",
    "tier",
    "entry_id",
}
# Only the session's own person has these; other people's are asked for all the same.
OWN = {"session_id"}


def _ok(reply):
    assert reply.status_code in (200, 201), reply.text
    return reply.json


@pytest.fixture
def theirs(app, sign_in, sign_in_client, at, moment):
    """All that one account manager's portfolio can hold, by the name of its id in a path."""
    at(moment)
    keep_default_policies(moment - timedelta(days=30))
    team = make_team()
    owner, manager = make_staff(team=team), make_staff(Role.MANAGER, team)
    caller = sign_in(owner)
    customer, relative, sms_customer = (make_customer(owner) for _ in range(3))
    at_customer = f"/v1/customers/{customer.id}"
    phone = _ok(caller.post(f"{at_customer}/phones", json={"number": "13912345678"}))
    place = _ok(caller.post(f"{at_customer}/places", json={"address": "示范路 8 号"}))
    feed = _ok(caller.post("/v1/calendar-feeds", json={}))["feed"]
    day = {"kind": "wedding", "month": 5, "day": 20}
    anniversary = _ok(caller.post(f"{at_customer}/anniversaries", json=day))
    news = {"kind": "promotion", "happened_on": moment.date().isoformat()}
    life_event = _ok(caller.post(f"{at_customer}/life-events", json=news))
    wish = _ok(caller.post(f"{at_customer}/do-not-disturb-wishes", json={"channels": ["email"]}))
    link = {"kind": "family", "other_id": relative.id}
    relation = _ok(caller.post(f"{at_customer}/relations", json=link))
    visit = planned(caller, customer, starts_at=moment)
    brief = _ok(caller.post(f"/v1/visits/{visit['id']}/briefs"))
    visit = made(caller, visit)
    due = (moment + timedelta(days=3)).date().isoformat()
    record = a_record(
        visit,
        promises=[{"id": "their-promise", "text": "Bring the offer.", "due_on": due}],
        follow_ups=[{"id": "their-follow-up", "text": "Ask again.", "due_on": due}],
        offers=[{"id": "their-offer", "text": "More data."}],
        opportunities=[{"id": "their-opportunity", "text": "A second branch."}],
        amendments={"title": "Head of purchasing"},
        went_well="Listened first.",
    )
    _ok(step(caller, visit, "record", **record))
    fact = _ok(caller.get(f"{at_customer}/learned-facts"))["items"][0]
    told = dict.fromkeys(("title", "situation", "action", "result", "lesson"), "Listen first.")
    card = _ok(caller.post("/v1/case-cards", json={**told, "visit_id": visit["id"]}))
    contact = _ok(caller.get(f"{at_customer}/contacts"))["items"][0]
    withdrawal = _ok(
        caller.post(f"/v1/contacts/{contact['id']}/withdrawals", json={"reason": "A slip."})
    )
    message = make_message(sms_customer, send_before=moment + timedelta(hours=8))
    call = {
        "customer_id": relative.id,
        "channel": "call",
        "category": "service",
        "at": (moment + timedelta(days=1)).isoformat(),
    }
    reservation = _ok(caller.post("/v1/contact-reservations", json=call))
    soon = {**call, "at": (moment + timedelta(days=1, hours=1)).isoformat()}
    refusal = caller.post("/v1/contact-reservations", json=soon).json
    wish_for = {"decision_id": refusal["decision_id"], "reason": "x"}
    override = _ok(caller.post("/v1/contact-overrides", json=wish_for))
    alert = GovernorAlert(
        id="their-alert",
        created_at=moment,
        seen_at=moment,
        kind=AlertKind.CAP,
        mark="their-alert",
        customer_id=customer.id,
        subject_kind=SubjectKind.CUSTOMER,
        subject_id=customer.id,
    )
    first, second = sorted((customer.id, relative.id))
    pair = Duplicate(first_id=first, second_id=second, score=70, reasons=[], created_at=moment)
    with transaction():
        db.session.add_all([alert, pair])
    until = (moment + timedelta(days=90)).isoformat()
    quiet = {"kind": "leave_alone", "customer_id": customer.id, "until_at": until, "reason": "x"}
    hold = _ok(caller.post("/v1/contact-holds", json=quiet))
    gateway = sign_in_client(Scope.GATEWAY)
    for number, text in ((sms_customer.phone, "别再发了，烦死了"), (relative.phone, "TD")):
        heard = {"inbound_id": text, "from": number, "to": "10086", "text": text}
        messages = [{**heard, "received_at": moment.isoformat()}]
        _ok(gateway.post("/v1/gateway/inbound", json={"messages": messages}))
    reply = _ok(caller.get("/v1/care-replies"))["items"][0]
    day_hold = {"kind": "hold", "reason": "x", "team_id": manager.team_id}
    ruling = _ok(sign_in(manager).post(f"/v1/care-days/{moment.date()}/rulings", json=day_hold))
    attachment = uploaded(caller, photo(side=40))
    at_visit = f"/v1/visits/{visit['id']}/attachments/{attachment['id']}"
    _ok(caller.put(at_visit, json={"kind": "photo"}))
    file = {"file": (BytesIO(csv_bytes([row(1)])), "people.csv"), "mapping": json.dumps(MAPPING)}
    sent = sign_in(manager).post("/v1/customer-imports", data=file)
    assert sent.status_code == 202, sent.text

    away = {"absent_id": owner.id, "stand_in_id": make_staff(team=team).id, "reason": "x"}
    next_year = (moment + timedelta(days=360)).isoformat()
    later = {"starts_at": (moment + timedelta(days=350)).isoformat(), "ends_at": next_year}
    cover = _ok(sign_in(manager).post("/v1/covers", json=away | later))

    tag = _ok(sign_in(manager).post("/v1/tags", json={"name": "theirs"}))
    _ok(caller.put(f"{at_customer}/tags/{tag['id']}"))
    segment = _ok(caller.post("/v1/segments", json={"name": "theirs", "criteria": {}}))
    shown = {"field": "phone", "reason": "to call"}
    reveal = _ok(sign_in(manager).post(f"{at_customer}/reveals", json=shown))
    giving = {"giver_id": owner.id, "takes_effect_at": next_year, "reason": "x"}
    giving["shares"] = [{"receiver_id": make_staff(team=team).id}]
    given = sign_in(manager).post("/v1/handovers", json=giving)
    assert given.status_code == 202, given.text

    export = {"customers": {"ids": [customer.id]}, "reason": "x"}
    job = sign_in(manager).post("/v1/customer-exports", json=export).json
    assert app.test_cli_runner().invoke(args=["customers", "work-bulk-jobs"]).exit_code == 0
    asked = {"reason": "Asked by letter.", "erase_on": moment.date().isoformat()}
    erasure = _ok(sign_in(manager).post(f"{at_customer}/erasures", json=asked))
    opt_outs = _ok(caller.get("/v1/opt-outs"))["items"]
    draft = draft_of(sign_in(manager)).json
    simulated(sign_in(manager), draft)
    merge = merged_into(caller, make_customer(owner), make_customer(owner))
    return {
        "owner": owner,
        "manager": manager,
        "customer_id": customer.id,
        "other_id": relative.id,
        "phone_id": phone["id"],
        "place_id": place["id"],
        "feed_id": feed["id"],
        "anniversary_id": anniversary["id"],
        "life_event_id": life_event["id"],
        "wish_id": wish["id"],
        "relation_id": relation["id"],
        "visit_id": visit["id"],
        "digest": brief["digest"],
        "promise_id": "their-promise",
        "follow_up_id": "their-follow-up",
        "offer_id": "their-offer",
        "opportunity_id": "their-opportunity",
        "fact_id": fact["id"],
        "card_id": card["id"],
        "contact_id": contact["id"],
        "withdrawal_id": withdrawal["id"],
        "message_id": message.id,
        "reservation_id": reservation["id"],
        "slot_id": reservation["id"],
        "import_id": sent.json["id"],
        "hold_id": hold["id"],
        "reply_id": reply["id"],
        "ruling_id": ruling["id"],
        "opt_out_id": opt_outs[0]["id"],
        "decision_id": reservation["decision_id"],
        "draft_id": draft["id"],
        "override_id": override["id"],
        "alert_id": alert.id,
        "cover_id": cover["id"],
        "tag_id": tag["id"],
        "job_id": job["id"],
        "segment_id": segment["id"],
        "reveal_id": reveal["id"],
        "attachment_id": attachment["id"],
        "handover_id": given.json["id"],
        "merge_id": merge["id"],
        "duplicate_id": pair.id,
        "erasure_id": erasure["id"],
        "issue_id": make_issue(owner, customer).id,
        "device_id": make_phone(owner).device_id,
        "staff_id": owner.id,
        "team_id": team.id,
    }


BODIES = {
    "PUT /v1/policy-drafts/{draft_id}": lambda _: {"rule": a_rule(), "reason": "x"},
    "PUT /v1/visits/{visit_id}/schedule": lambda _: {
        "starts_at": "2026-03-05T02:00:00Z",
        "ends_at": "2026-03-05T03:00:00Z",
    },
    "PUT /v1/visits/{visit_id}/brief/acknowledgement": lambda _: {"digest": "0" * 64},
    "PUT /v1/customers/{customer_id}/owner": lambda t: {
        "owner_id": t["owner"].id,
        "reason": "ours now",
    },
    "PUT /v1/visits/{visit_id}/record": lambda _: {
        "summary": "x",
        "objectives": [],
        "leave_alone": {"until": "2099-01-01", "reason": "x"},
    },
}


def _names(operation):
    return [p.partition("}")[0] for p in operation.path.split("{")[1:]]


def _body(operation, theirs, document):
    if operation.name in BODIES:
        return BODIES[operation.name](theirs)
    schema = operation.body_schema
    if schema is None:
        return None
    body = example(schema, document)
    for name in schema.get("properties", {}):
        if name in theirs and name in body:
            body[name] = theirs[name]
    return body


@pytest.mark.parametrize("role", [Role.ACCOUNT_MANAGER, Role.MANAGER])
def test_another_teams_records_do_not_exist(app, sign_in, theirs, role):
    stranger = sign_in(make_staff(role, make_team()))
    document = document_of(app)
    seen, unknown = [], set()
    for operation in operations(document):
        names = _names(operation)
        if not names or operation.is_for_machines or operation.is_public:
            continue
        if set(names) & (SHARED | OWN):
            continue
        unknown |= set(names) - set(theirs)
        if unknown:
            continue
        ids = {n: theirs[n] for n in names}
        reply = getattr(stranger, operation.method)(
            operation.url(**ids),
            json=_body(operation, theirs, document),
            headers={"If-Match": '"1"'},
        )
        if reply.status_code == 404 and reply.json["code"] == "not_found":
            continue
        if reply.status_code == 403 and reply.json["code"] == "forbidden_role":
            continue
        seen.append(f"{operation.name}: {reply.status_code} {reply.text[:200]}")
    assert unknown == set(), "tell this test where to find these ids"
    assert not seen, "\n".join(seen)


def test_the_ids_that_the_walk_uses_are_real(app, sign_in, theirs):
    """Whoever they belong to finds them: a 404 above means “not yours”, not “no such thing”."""
    caller, document = sign_in(theirs["manager"]), document_of(app)
    missing = []
    for operation in operations(document):
        names = _names(operation)
        if operation.method != "get" or not names:
            continue
        if operation.is_for_machines or operation.is_public:
            continue
        if set(names) & (SHARED | OWN):
            continue
        reply = caller.get(operation.url(**{n: theirs[n] for n in names}), buffered=True)
        if reply.status_code not in (200, 403):
            missing.append(f"{operation.name}: {reply.status_code} {reply.text[:200]}")
    assert missing == []


def test_lists_of_a_stranger_are_empty(app, sign_in, theirs):
    stranger = make_staff(Role.MANAGER, make_team())
    caller, shown = sign_in(stranger), []
    for operation in operations(document_of(app)):
        if operation.method != "get" or "{" in operation.path or operation.is_public:
            continue
        if operation.is_for_machines:
            continue
        text = caller.get(operation.path, buffered=True).text
        shown += [f"{operation.name}: {n}" for n, i in theirs.items() if str(i) in text]
    assert shown == []


def test_bodies_that_name_a_strangers_customer_are_refused(app, sign_in, theirs, moment):
    caller = sign_in(make_staff(Role.ACCOUNT_MANAGER, make_team()))

    class Theirs:
        id = theirs["customer_id"]

    visit = caller.post("/v1/visits", json=a_plan(Theirs, starts_at=moment + timedelta(days=9)))
    call = {
        "customer_id": theirs["customer_id"],
        "channel": "call",
        "category": "service",
        "at": (moment + timedelta(days=9)).isoformat(),
    }
    reservation = caller.post("/v1/contact-reservations", json=call)

    assert visit.status_code == 404
    assert reservation.status_code == 404
