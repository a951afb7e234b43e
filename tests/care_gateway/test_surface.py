"""Who may call, what each sees, and what people settle."""

import pytest

from crm_api.accounts.models import Role, Scope
from crm_api.care.models import CareMessageEvent
from crm_api.care.terms import MessageState
from crm_api.contact_frequency.terms import SlotState
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.care_gateway.factories import (
    ack_of,
    contacts_of,
    hold,
    later,
    make_message,
    slot_state,
    stored,
)
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.support.callers import Caller

S, L = MessageState, SlotState
CALLS = [
    ("POST", "/v1/gateway/leases"),
    ("POST", "/v1/gateway/begins"),
    ("POST", "/v1/gateway/acks"),
    ("POST", "/v1/gateway/leases/extensions"),
    ("POST", "/v1/gateway/reports"),
    ("POST", "/v1/gateway/inbound"),
    ("GET", "/v1/gateway/messages/any"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize("token", ["", "wrong", "x" * 5_000, "\u00e9"])
def test_a_wrong_token_is_401_with_an_empty_body(app, method, path, token):
    reply = Caller(app.test_client(), token).open(method, path, data=b"{not json")

    assert reply.status_code == 401
    assert reply.data == b""


@pytest.fixture
def keys(sign_in):
    """Return an administrator's way to a gateway's keys."""
    admin = sign_in(make_staff(Role.ADMIN))

    def issue(gateway, **body):
        reply = admin.post(f"/v1/clients/{gateway.id}/keys", json=body)
        assert reply.status_code == 201, reply.text
        return reply.json

    def revoke(gateway, key_id):
        path = f"/v1/clients/{gateway.id}/keys/{key_id}/revocation"
        assert admin.put(path).status_code == 200

    return issue, revoke


def test_a_key_is_rotated_with_an_overlap_and_its_messages_stay(app, gateway, keys, at):
    """What was begun under the old key is acked under the new one: it is the same gateway."""
    issue, _revoke = keys
    make_message()
    [begun] = gateway.begun()
    renewed = Caller(app.test_client(), issue(gateway, overlap_hours=1)["key"])

    at(later(minutes=59))
    assert gateway.state_of(begun).status_code == 200
    acks = {"acks": [ack_of(begun, "submitted")]}
    reply = renewed.post("/v1/gateway/acks", json=acks)
    at(later(hours=1))

    assert reply.json["acks"][0]["state"] == "submitted"
    assert (gateway.state_of(begun).status_code, gateway.state_of(begun).data) == (401, b"")
    assert renewed.get(f"/v1/gateway/messages/{begun['id']}").status_code == 200


def test_a_revoked_key_stops_at_once(gateway, keys):
    _issue, revoke = keys
    make_message()
    [leased] = gateway.lease()
    revoke(gateway, gateway.identity.key_id)

    reply = gateway.post("/v1/gateway/begins", json={"messages": [hold(leased)]})

    assert (reply.status_code, reply.data) == (401, b"")
    assert stored(leased).state is S.LEASED


def test_staff_and_other_machines_stay_outside(sign_in, sign_in_client):
    staff = sign_in(make_staff(Role.ADMIN)).post("/v1/gateway/leases", json={})
    feed = sign_in_client(Scope.BILLING_FEED).post("/v1/gateway/leases", json={})

    assert (staff.status_code, staff.data) == (401, b"")
    assert feed.status_code == 403


def test_a_gateway_can_look_up_what_it_had(gateway, other_gateway):
    message = make_message()
    [begun] = gateway.begun()
    gateway.ack(begun, provider_id="p1")

    seen = gateway.state_of(begun).json

    assert seen["state"] == "submitted"
    assert [step["state"] for step in seen["steps"]] == ["submitting", "submitted"]
    [attempt] = seen["attempts"]
    assert (attempt["result"], attempt["provider_id"]) == ("submitted", "p1")
    assert message.number not in str(seen)
    assert message.text not in str(seen)


def test_a_begin_that_was_noted_as_a_step_too_is_told_once(gateway):
    make_message()
    [begun] = gateway.begun()
    steps = gateway.state_of(begun).json["steps"]
    with transaction():
        step = {"message_id": begun["id"], "state": S.SUBMITTING, "created_at": clock.now()}
        db.session.add(CareMessageEvent(**step))

    assert gateway.state_of(begun).json["steps"] == steps


def test_another_gateways_message_does_not_exist(gateway, other_gateway):
    message = make_message()
    assert gateway.state_of({"id": message.id}).status_code == 404
    [begun] = gateway.begun()

    assert other_gateway.state_of(begun).status_code == 404
    assert other_gateway.begin(begun) == ["lease_lost"]
    assert other_gateway.ack(begun) == "lease_lost"


def test_what_it_tried_before_stays_its_to_look_up(gateway, other_gateway):
    make_message()
    [begun] = gateway.begun()
    gateway.ack(begun, "not_submitted")
    other_gateway.begun()

    seen = gateway.state_of(begun).json

    assert seen["state"] == "submitting"
    assert [attempt["result"] for attempt in seen["attempts"]] == ["not_submitted"]


def sweep(app):
    result = app.test_cli_runner().invoke(args=["care-gateway", "sweep"])
    assert result.exit_code == 0, result.output
    return result.output.strip().splitlines()[-1]


def test_silence_of_a_day_is_a_doubt(app, gateway, at):
    message = make_message()
    [begun] = gateway.begun()

    at(later(hours=23))
    sweep(app)
    assert stored(message).state is S.SUBMITTING
    at(later(hours=24))
    assert "1 silent parked" in sweep(app)
    assert "0 silent parked" in sweep(app)

    assert stored(message).state is S.UNCERTAIN
    assert slot_state(message) is L.UNCERTAIN
    assert gateway.pull()["recover"] == []
    assert gateway.ack(begun, "not_submitted") == "uncertain"
    assert gateway.ack(begun, "submitted") == "submitted"
    assert slot_state(message) is L.CONSUMED


def test_silence_counts_though_it_is_offered_again_and_again(app, gateway, at):
    message = make_message()
    gateway.begun()
    for hours in range(1, 25):
        at(later(hours=hours))
        assert len(gateway.pull(seconds=600)["recover"]) == 1

    sweep(app)

    assert stored(message).state is S.UNCERTAIN


def test_poison_is_buried(app, gateway, at):
    message = make_message()
    for n in range(10):
        at(later(minutes=n))
        assert len(gateway.lease(seconds=30)) == 1
    at(later(minutes=11))

    swept = sweep(app)

    assert "1 leases returned, 1 poison buried" in swept
    assert (stored(message).state, stored(message).reason) == (S.DEAD, "poison")
    assert slot_state(message) is L.RELEASED


def test_what_missed_its_moment_expires(app, gateway, at):
    message = make_message()
    gateway.lease(seconds=30)

    at(later(hours=10))

    assert "1 expired" in sweep(app)
    assert stored(message).state is S.EXPIRED
    assert slot_state(message) is L.EXPIRED


def test_a_report_that_crossed_its_ack_is_found_by_the_sweep(app, gateway, at):
    message = make_message()
    [begun] = gateway.begun()
    gateway.ack(begun, provider_id="p1")
    crossed = _store_unmatched(gateway.id, "p1")

    assert "1 reports matched" in sweep(app)

    assert stored(message).state is S.DELIVERED
    assert crossed


def _store_unmatched(gateway_id, provider_id):
    """Store a report as a call does that read the attempts before the ack committed."""
    from crm_api.care.gateway.models import DeliveryReport
    from crm_api.care.gateway.terms import ReportStatus
    from crm_api.kit.db import db
    from crm_api.kit.transactions import transaction

    with transaction():
        report = DeliveryReport(
            created_at=clock.now(),
            gateway_id=gateway_id,
            report_id="crossed",
            provider_id=provider_id,
            part=1,
            parts=1,
            status=ReportStatus.DELIVERED,
            raw="",
            reported_at=clock.now(),
        )
        db.session.add(report)
    return report.id


@pytest.fixture
def doubtful(gateway):
    """An uncertain message of a team's customer."""
    team = make_team()
    message = make_message(make_customer(make_staff(team=team)))
    [begun] = gateway.begun()
    gateway.ack(begun, "unknown")
    return team, message


@pytest.mark.parametrize(
    ("outcome", "state", "slot", "contacts"),
    [("sent", S.SUBMITTED, L.CONSUMED, 1), ("not_sent", S.CANCELLED, L.RELEASED, 0)],
)
def test_a_person_settles_a_doubt(doubtful, sign_in, outcome, state, slot, contacts):  # noqa: PLR0917 - a table
    team, message = doubtful
    manager = sign_in(make_staff(Role.MANAGER, team=team))
    path = f"/v1/care-messages/{message.id}/settlement"
    body = {"outcome": outcome, "note": "the customer said so"}

    listed = manager.get("/v1/care-messages?state=uncertain").json["items"]
    settled = manager.put(path, json=body)
    again = manager.put(path, json=body)

    assert [item["id"] for item in listed] == [message.id]
    assert (settled.status_code, again.status_code) == (200, 200)
    assert settled.json["state"] == state
    assert slot_state(message) is slot
    assert len(contacts_of(message)) == contacts


def test_only_a_doubt_is_settled_and_only_by_its_team(gateway, doubtful, sign_in):
    team, message = doubtful
    certain = make_message(make_customer(make_staff(team=team)))
    body = {"outcome": "sent", "note": "seen"}
    manager = sign_in(make_staff(Role.MANAGER, team=team))

    refused = manager.put(f"/v1/care-messages/{certain.id}/settlement", json=body)
    stranger = sign_in(make_staff(Role.MANAGER))
    hidden = stranger.put(f"/v1/care-messages/{message.id}/settlement", json=body)
    clerk = sign_in(make_staff(team=team))
    forbidden = clerk.put(f"/v1/care-messages/{message.id}/settlement", json=body)

    assert (refused.status_code, refused.json["code"]) == (409, "not_uncertain")
    assert hidden.status_code == 404
    assert forbidden.status_code == 403


def test_logs_keep_a_digest_and_never_a_text(gateway, capsys):
    message = make_message()
    [begun] = gateway.begun()
    gateway.ack(begun)

    written = capsys.readouterr()
    assert message.text not in written.err + written.out
    assert message.number not in written.err + written.out
