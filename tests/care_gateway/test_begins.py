"""The last look before a message leaves."""

import orjson
import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.care import service as care
from crm_api.care.gateway.models import DeliveryAttempt
from crm_api.care.gateway.schemas import BeginAnswersSchema, BeginsSchema
from crm_api.care.gateway.schemas.leases import HeldSchema
from crm_api.care.gateway.terms import Refusal
from crm_api.care.gateway.values import ItemAnswer
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.terms import HoldKind, SlotState
from crm_api.kit.db import db
from crm_api.kit.json import OPTIONS
from crm_api.kit.transactions import transaction
from tests.care_gateway.factories import (
    MORNING,
    hold,
    later,
    make_message,
    make_messages,
    slot_state,
    stored,
)
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer


def test_begin_binds_the_message_and_puts_its_slot_in_flight(gateway):
    message = make_message()

    gateway.begun()

    now = stored(message)
    assert now.state is MessageState.SUBMITTING
    assert (now.attempt, now.idle_leases, now.gateway_id) == (1, 0, gateway.id)
    assert slot_state(message) is SlotState.IN_FLIGHT


def test_the_answer_has_the_schemas_own_bytes():
    answers = [
        ItemAnswer(id="a", state=MessageState.SUBMITTING),
        ItemAnswer(id="b", code=Refusal.QUIET_HOURS),
    ]

    by_schema = BeginAnswersSchema().dump({"messages": answers})

    assert orjson.dumps({"messages": answers}, option=OPTIONS) == orjson.dumps(by_schema)


@pytest.mark.parametrize("token", ["t-_0", " t ", "t\n", "t.u", "票"])
def test_what_is_read_at_a_glance_is_read_as_the_schema_reads_it(token):
    item = {"id": "a", "lease_token": token}

    read = BeginsSchema().load({"messages": [item]})

    assert read == {"held": [HeldSchema().load(item)]}


def test_begin_said_twice_is_one_begin(gateway):
    make_message()
    [leased] = gateway.begun()

    assert gateway.begin(leased) == ["submitting"]

    attempts = db.session.scalar(sa.select(sa.func.count()).select_from(DeliveryAttempt))
    assert attempts == 1


def test_a_begin_needs_the_token(gateway, other_gateway):
    make_message()
    [leased] = gateway.lease()
    forged = {**leased, "lease": {"token": "x" * 32}}

    assert gateway.begin(forged) == ["lease_lost"]
    assert other_gateway.begin(leased) == ["lease_lost"]
    assert gateway.begin({**leased, "id": "nobody-knows-it"}) == ["lease_lost"]
    assert gateway.begin(leased) == ["submitting"]


def test_an_opt_out_between_lease_and_begin_stops_it(gateway):
    message = make_message()
    [leased] = gateway.lease()
    with transaction():
        contact_frequency.opt_out(message.number, at=MORNING, source="desk")

    assert gateway.begin(leased) == ["opted_out"]

    assert stored(message).state is MessageState.SUPPRESSED
    assert slot_state(message) is SlotState.RELEASED
    assert gateway.lease() == []


def test_an_inbound_refusal_between_lease_and_begin_stops_it(gateway):
    message = make_message()
    [leased] = gateway.lease()

    assert gateway.bring("TD", number=message.number) == ("stored", "opt_out")

    assert stored(message).state is MessageState.SUPPRESSED
    assert gateway.begin(leased) == ["opted_out"]


def test_a_hold_stops_it(gateway):
    message = make_message()
    [leased] = gateway.lease()
    with transaction():
        contact_frequency.place_hold(
            HoldKind.COMPLAINT,
            customer_id=message.customer_id,
            from_at=MORNING,
            reason="an open complaint",
            by_id=None,
        )

    assert gateway.begin(leased) == ["held"]
    assert stored(message).state is MessageState.SUPPRESSED


def test_a_hold_that_ends_in_time_only_delays_it(gateway, at):
    message = make_message()
    [leased] = gateway.lease()
    with transaction():
        contact_frequency.place_hold(
            HoldKind.LEAVE_ALONE,
            customer_id=message.customer_id,
            from_at=MORNING,
            until_at=later(hours=2),
            reason="asked for quiet",
            by_id=None,
        )

    assert gateway.begin(leased) == ["held"]
    assert stored(message).state is MessageState.QUEUED
    assert slot_state(message) is SlotState.RESERVED
    assert gateway.lease() == []
    at(later(hours=2))
    assert gateway.begin(*gateway.lease()) == ["submitting"]


def test_a_cancelled_message_is_not_begun(gateway):
    message = make_message()
    [leased] = gateway.lease()
    with transaction():
        admin = make_staff(Role.ADMIN)
    with transaction():
        care.cancel_message(message.id, reason="moved away", by=admin, now=MORNING)

    assert gateway.begin(leased) == ["cancelled"]


def test_an_expired_lease_is_lost(gateway, at):
    make_message()
    [leased] = gateway.lease(seconds=30)

    at(later(seconds=30))

    assert gateway.begin(leased) == ["lease_lost"]


def test_one_refusal_leaves_the_others_alone(gateway):
    silenced, *others = make_messages(3)
    leased = gateway.lease()
    with transaction():
        contact_frequency.opt_out(silenced.number, at=MORNING, source="desk")

    answers = dict(zip([m["id"] for m in leased], gateway.begin(*leased), strict=True))

    assert answers == {
        silenced.id: "opted_out",
        **{message.id: "submitting" for message in others},
    }


def test_two_customers_on_one_number_get_one_greeting_a_day(gateway):
    """The number is a subject of its own: its daily cap is checked again at begin."""
    first = make_message()
    gateway.ack(*gateway.begun())
    namesake = make_customer(phone=first.number)

    with pytest.raises(Exception, match="not allowed"):
        make_message(namesake)


def test_a_lease_can_be_made_longer(gateway, at):
    make_message()
    [leased] = gateway.lease(seconds=30)
    body = {"messages": [hold(leased)], "lease_seconds": 300}

    [answer] = gateway.post("/v1/gateway/leases/extensions", json=body).json["messages"]

    assert answer == {"id": leased["id"], "expires_at": "2026-03-02T02:05:00Z", "code": None}
    at(later(minutes=4))
    assert gateway.begin(leased) == ["submitting"]


def test_what_is_lost_cannot_be_made_longer(gateway, other_gateway, at):
    make_message()
    [leased] = gateway.lease(seconds=30)
    body = {"messages": [hold(leased)], "lease_seconds": 300}

    theirs = other_gateway.post("/v1/gateway/leases/extensions", json=body).json["messages"]
    at(later(seconds=31))
    late = gateway.post("/v1/gateway/leases/extensions", json=body).json["messages"]

    assert [a["code"] for a in (*theirs, *late)] == ["lease_lost", "lease_lost"]
    assert [a["expires_at"] for a in (*theirs, *late)] == [None, None]


def test_whoever_wants_more_time_hears_what_became_of_the_message(gateway):
    cancelled, silenced, kept = make_messages(3)
    leased = {message["id"]: message for message in gateway.lease()}
    admin = make_staff(Role.ADMIN)
    with transaction():
        care.cancel_message(cancelled.id, reason="moved away", by=admin, now=MORNING)
    gateway.bring("TD", number=silenced.number)
    held = [hold(leased[message.id]) for message in (cancelled, silenced, kept)]
    body = {"messages": held, "lease_seconds": 300}

    answers = gateway.post("/v1/gateway/leases/extensions", json=body).json["messages"]

    assert [answer["code"] for answer in answers] == ["cancelled", "opted_out", None]
    assert gateway.begin(*leased.values()).count("submitting") == 1


def test_no_lease_outlasts_the_last_moment(gateway):
    make_message(send_before=later(minutes=3))
    [leased] = gateway.lease(seconds=30)
    body = {"messages": [hold(leased)], "lease_seconds": 600}

    [answer] = gateway.post("/v1/gateway/leases/extensions", json=body).json["messages"]

    assert answer["expires_at"] == "2026-03-02T02:03:00Z"


def test_what_has_begun_may_take_longer_than_that(gateway):
    """It is past its last look: its lease only says who is asked what became of it."""
    make_message(send_before=later(minutes=3))
    [begun] = gateway.begun()
    body = {"messages": [hold(begun)], "lease_seconds": 600}

    [answer] = gateway.post("/v1/gateway/leases/extensions", json=body).json["messages"]

    assert answer["expires_at"] == "2026-03-02T02:10:00Z"


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"id": "a"}],
        [{"id": "a b", "lease_token": "t"}],
        [{"id": "a", "lease_token": ""}],
        [{"id": "a", "lease_token": "t", "more": 1}],
        [{"id": "a", "lease_token": "t"}] * 101,
        "a",
        [None],
    ],
)
def test_a_hostile_begin_is_refused(gateway, messages):
    for path in ("begins", "leases/extensions"):
        reply = gateway.post(f"/v1/gateway/{path}", json={"messages": messages})
        assert reply.status_code == 422
        assert reply.json["code"] == "invalid"
