"""A gateway that comes back after three days sends no greeting that is stale by then."""

import pytest

from crm_api.care.terms import MessageState
from crm_api.contact_frequency.terms import SlotState
from crm_api.customers.terms import Category
from tests.care_gateway.factories import (
    contacts_of,
    hold,
    later,
    make_message,
    make_messages,
    slot_state,
    stored,
)

S, L = MessageState, SlotState
BACK = later(days=3)


@pytest.fixture
def gone(gateway, at):
    """A gateway that fell silent with one message leased, one begun and one never seen."""
    leased, begun, unseen = make_messages(3)
    hands = {message["id"]: message for message in gateway.lease()}
    assert gateway.begin(hands[begun.id]) == ["submitting"]
    at(BACK)
    return {"leased": leased, "begun": begun, "unseen": unseen, "hands": hands}


def sweep(app):
    result = app.test_cli_runner().invoke(args=["care-gateway", "sweep"])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("is_swept", [True, False], ids=["swept meanwhile", "nobody swept"])
def test_its_old_tokens_begin_nothing(app, gateway, gone, is_swept):
    if is_swept:
        sweep(app)

    answers = gateway.begin(*gone["hands"].values())

    assert set(answers) <= {"lease_lost", "expired"}
    held = [hold(message) for message in gone["hands"].values()]
    body = {"messages": held, "lease_seconds": 600}
    longer = gateway.post("/v1/gateway/leases/extensions", json=body).json["messages"]
    assert [answer["expires_at"] for answer in longer] == [None] * 3


@pytest.mark.parametrize("is_swept", [True, False], ids=["swept meanwhile", "nobody swept"])
def test_it_gets_nothing_to_send(app, gateway, other_gateway, gone, is_swept):
    if is_swept:
        sweep(app)

    assert gateway.lease() == other_gateway.lease() == []

    sweep(app)
    assert stored(gone["leased"]).state is stored(gone["unseen"]).state is S.EXPIRED
    assert gateway.lease() == other_gateway.lease() == []


def test_what_it_had_begun_is_asked_about_and_never_sent_again(app, gateway, gone):
    """Nobody swept: its journal is asked first. Not submitted, it is too late all the same."""
    [asked] = gateway.pull()["recover"]
    assert (asked["id"], asked["validity_seconds"]) == (gone["begun"].id, 0)
    assert gateway.begin(asked) == ["lease_lost"]

    gateway.ack(asked, "not_submitted")

    assert gateway.lease() == []
    sweep(app)
    assert stored(gone["begun"]).state is S.EXPIRED
    assert slot_state(gone["begun"]) is L.EXPIRED


def test_parked_meanwhile_only_its_journal_tells_that_it_was_sent(app, gateway, gone):
    sweep(app)
    assert stored(gone["begun"]).state is S.UNCERTAIN
    assert gateway.pull()["recover"] == []
    begun = gone["hands"][gone["begun"].id]

    assert gateway.ack(begun, "not_submitted") == "uncertain"
    assert gateway.ack(begun, "submitted") == "submitted"

    [contact] = contacts_of(gone["begun"])
    assert contact.occurred_at == later()


def test_what_still_has_its_day_goes_out_afresh(gateway, at):
    """Marketing may keep for days: it is leased anew, under another token, and judged anew."""
    message = make_message(category=Category.MARKETING, send_before=later(days=5))
    [old] = gateway.lease()
    at(BACK)

    assert gateway.begin(old) == ["lease_lost"]
    [again] = gateway.lease()
    assert gateway.begin(again) == ["submitting"]
    assert stored(message).attempt == 1


def test_two_that_come_back_are_each_asked_about_their_own(gateway, other_gateway, at):
    make_messages(2)
    [mine], [theirs] = (gateway.lease(1), other_gateway.lease(1))
    assert [*gateway.begin(mine), *other_gateway.begin(theirs)] == ["submitting", "submitting"]
    at(later(minutes=2))

    asked = [[m["id"] for m in one.pull()["recover"]] for one in (gateway, other_gateway)]

    assert asked == [[mine["id"]], [theirs["id"]]]
