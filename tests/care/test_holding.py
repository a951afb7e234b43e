"""Greetings held weeks ahead: who takes their moment, who is told, and who comes back."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role, Scope
from crm_api.care.models import CareMessage, CareMessageEvent
from crm_api.care.terms import MessageState, Occasion
from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import SlotState
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.touches import touching
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.factories.care import make_template
from tests.factories.contact_frequency import in_transaction, keep_default_policies
from tests.factories.customers import make_customer

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MID_AUTUMN = date(2026, 9, 25)
NOW = datetime(2026, 8, 26, 2, tzinfo=UTC)  # thirty days before
OPENS, CLOSES = datetime(2026, 9, 25, 1, tzinfo=UTC), datetime(2026, 9, 25, 12, tzinfo=UTC)
BORN = date(1980, 9, 25)


@pytest.fixture
def flask(app, at):
    at(NOW)
    keep_default_policies(NOW - 400 * DAY)

    def flask(*words):
        db.session.rollback()
        reply = app.test_cli_runner().invoke(args=words, catch_exceptions=False)
        assert reply.exit_code == 0, reply.output
        db.session.rollback()
        return reply.output.splitlines()[-1]

    return flask


@pytest.fixture
def plan(flask):
    return lambda: flask("care", "plan", "--on", MID_AUTUMN.isoformat())


@pytest.fixture
def arbitrate(flask):
    return lambda: flask("care", "arbitrate")


@pytest.fixture
def owner(flask):
    return make_staff()


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)


@pytest.fixture
def birthday(owner, plan):
    """A customer with one greeting: a birthday, thirty days ahead."""
    make_template()
    customer = make_customer(owner, birth_on=BORN, id="customer-1")  # its moment hangs on its id
    plan()
    return customer


def message(occasion=Occasion.BIRTHDAY):
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(sa.select(CareMessage).where(CareMessage.occasion == occasion)).one()


def slot_of(found):
    return db.session.get_one(Slot, found.slot_id)


def appointment(customer, at, **changes):
    """A call at a time that the customer agreed to."""
    plan = {"customer_id": customer.id, "channel": "call", "category": "service"}
    return {**plan, "at": _text(at), "is_agreed": True, **changes}


def _text(moment):
    return moment.isoformat().replace("+00:00", "Z")


def let_go(caller, booked):
    reply = caller.put(
        f"/v1/contact-reservations/{booked['id']}/release", json={"reason": "no time"}
    )
    assert reply.status_code == 200, reply.json


def book(caller, customer, at, **changes):
    reply = caller.post("/v1/contact-reservations", json=appointment(customer, at, **changes))
    assert reply.status_code == 201, reply.json
    return reply.json


def listed(caller, **query):
    reply = caller.get("/v1/care-messages", query_string=query)
    assert reply.status_code == 200, reply.json
    return reply.json["items"]


def test_it_is_held_until_a_day_before(birthday, arbitrate, at):
    found = message()
    assert slot_of(found).state is SlotState.HELD
    at(found.due_at - 25 * HOUR)
    assert arbitrate().startswith("care arbitrate: 0 holds firmed")
    at(found.due_at - 23 * HOUR)

    assert arbitrate().startswith("care arbitrate: 1 holds firmed")

    assert slot_of(message()).state is SlotState.RESERVED
    assert arbitrate().startswith("care arbitrate: 0 holds firmed")


def test_an_appointment_takes_its_moment_and_everybody_can_see_it(birthday, caller, sign_in, owner):
    due_at = message().due_at

    booked = book(caller, birthday, due_at)

    [shown] = listed(caller, state="preempted")
    assert shown["winner_slot_id"] == booked["id"]
    assert shown["reason"] == "lost_to_service_call"
    manager = make_staff(Role.MANAGER, db.session.merge(make_team_of(owner)))
    assert len(listed(sign_in(manager), state="preempted")) == 1
    assert listed(sign_in(make_staff()), state="preempted") == []
    decision = caller.get(f"/v1/contact-decisions/{booked['decision_id']}").json["decision"]
    [loser] = decision["gives_way"]
    assert (loser["slot_id"], loser["becomes"]) == (message().slot_id, "preempted")
    events = db.session.scalars(sa.select(CareMessageEvent)).all()
    assert [(e.state, e.reason) for e in events] == [("preempted", "lost_to_service_call")]
    assert queries.find_breaches() == []


def make_team_of(actor):
    from crm_api.accounts.models import Team

    return db.session.get_one(Team, actor.team_id)


def test_a_call_that_nobody_agreed_to_is_refused(birthday, caller):
    wanted = appointment(birthday, message().due_at, is_agreed=False)

    reply = caller.post("/v1/contact-reservations", json=wanted)

    assert reply.json["code"] == "contact_blocked"
    counted = {s["slot_id"] for r in reply.json["decision"]["reasons"] for s in r["counted"]}
    assert counted == {message().slot_id}
    assert message().state is MessageState.QUEUED


def test_from_a_day_before_nobody_takes_its_moment(birthday, caller, arbitrate, at):
    at(message().due_at - 23 * HOUR)
    arbitrate()

    reply = caller.post(
        "/v1/contact-reservations", json=appointment(birthday, message().due_at - HOUR)
    )

    assert reply.status_code == 409
    assert message().state is MessageState.QUEUED


def test_it_comes_back_when_the_winner_is_given_back(birthday, caller, arbitrate):
    before = message()
    first_slot, due_at = before.slot_id, before.due_at
    booked = book(caller, birthday, OPENS + HOUR)
    arbitrate()
    assert message().state is MessageState.PREEMPTED
    gone = {"reason": "customer travels"}
    caller.put(f"/v1/contact-reservations/{booked['id']}/release", json=gone)

    line = arbitrate()

    found = message()
    assert "1 lost greetings asked again" in line
    assert (found.state, found.reason, found.winner_slot_id) == (MessageState.QUEUED, "", None)
    assert found.slot_id != first_slot
    assert found.due_at == due_at == slot_of(found).effective_at
    assert slot_of(found).state is SlotState.HELD
    assert "0 lost greetings asked again" in arbitrate()


def test_it_asks_for_another_moment_of_its_day_though_the_winner_stands(
    birthday, caller, arbitrate
):
    """The call is at two in the afternoon the day before: 24 hours later there is room."""
    call_at = OPENS - DAY + 5 * HOUR
    if message().due_at >= call_at + DAY:
        call_at = message().due_at - DAY + timedelta(minutes=1)
    book(caller, birthday, call_at)
    assert message().state is MessageState.PREEMPTED

    arbitrate()

    found = message()
    assert found.state is MessageState.QUEUED
    assert call_at + DAY <= found.due_at < CLOSES


def test_it_comes_back_when_the_winner_moves_away(birthday, caller, arbitrate, at):
    booked = book(caller, birthday, OPENS + HOUR)
    arbitrate()
    at(NOW + HOUR)
    path = f"/v1/contact-reservations/{booked['id']}/moment"
    assert caller.put(path, json={"at": _text(OPENS + 20 * DAY)}).status_code == 200

    arbitrate()

    assert message().state is MessageState.QUEUED


def test_while_the_winner_stands_it_asks_once_and_stays(birthday, caller, arbitrate):
    book(caller, birthday, OPENS + 5 * HOUR)

    assert "1 lost greetings asked again" in arbitrate()
    assert "0 lost greetings asked again" in arbitrate()

    assert message().state is MessageState.PREEMPTED


def test_past_its_day_it_is_dropped_and_never_moved(birthday, caller, arbitrate, at):
    booked = book(caller, birthday, OPENS + 5 * HOUR)
    arbitrate()
    at(CLOSES - timedelta(minutes=10))
    let_go(caller, booked)
    assert message().state is MessageState.PREEMPTED
    at(CLOSES + HOUR)

    line = arbitrate()

    assert "0 lost greetings asked again, 1 dropped with their day" in line
    assert (message().state, message().reason) == (MessageState.EXPIRED, "missed_its_window")
    assert "0 dropped" in arbitrate()


def test_whose_winner_went_out_keeps_saying_to_whom_it_lost(birthday, caller, arbitrate, at):
    booked = book(caller, birthday, OPENS + 5 * HOUR)
    at(CLOSES + HOUR)
    with transaction():
        contact_frequency.consume_slot(booked["id"], occurred_at=CLOSES, outcome="reached")

    arbitrate()

    assert message().state is MessageState.PREEMPTED
    assert message().winner_slot_id == booked["id"]


def test_who_opted_out_meanwhile_gets_none(birthday, caller, arbitrate):
    booked = book(caller, birthday, OPENS + 5 * HOUR)
    in_transaction(contact_frequency.opt_out, birthday.phone, at=NOW, source="desk")
    let_go(caller, booked)

    arbitrate()

    assert (message().state, message().reason) == (MessageState.SUPPRESSED, "opted_out")
    assert "0 lost greetings asked again" in arbitrate()


def test_it_comes_back_to_the_number_that_the_customer_has_then(birthday, caller, arbitrate):
    booked = book(caller, birthday, OPENS + 5 * HOUR)
    with transaction():
        customer = db.session.get_one(Customer, birthday.id)
        customer.phone = "+8613911112222"
    let_go(caller, booked)

    arbitrate()

    assert (message().state, message().number) == (MessageState.QUEUED, "+8613911112222")
    assert slot_of(message()).endpoint == "+8613911112222"


def test_a_lost_greeting_can_be_cancelled_for_good(birthday, caller, arbitrate):
    booked = book(caller, birthday, OPENS + 5 * HOUR)
    path = f"/v1/care-messages/{message().id}/cancellation"
    assert caller.put(path, json={"reason": "in mourning"}).status_code == 200
    let_go(caller, booked)

    arbitrate()

    assert message().state is MessageState.CANCELLED
    assert slot_of(message()).state is SlotState.PREEMPTED


@pytest.fixture
def both(owner):
    """A birthday on Mid-Autumn."""
    return make_customer(owner, birth_on=BORN, id="customer-1")


def plan_both(plan, *, first):
    """Plan two occasions of one day, one after the other."""
    occasions = [(Occasion.BIRTHDAY, None), (Occasion.FESTIVAL, "mid_autumn")]
    for occasion in occasions if first is Occasion.BIRTHDAY else reversed(occasions):
        make_template(*occasion)
        plan()


@pytest.mark.parametrize("first", [Occasion.BIRTHDAY, Occasion.FESTIVAL])
def test_one_day_is_one_message_whichever_was_planned_first(plan, both, arbitrate, first):
    plan_both(plan, first=first)
    arbitrate()

    winner, loser = message(), message(Occasion.FESTIVAL)
    assert (winner.state, loser.state) == (MessageState.QUEUED, MessageState.COALESCED)
    assert loser.winner_slot_id == winner.slot_id
    assert slot_of(loser).winner_slot_id == winner.slot_id
    assert slot_of(loser).state is SlotState.COALESCED
    assert queries.find_breaches() == []


@pytest.mark.parametrize("first", [Occasion.BIRTHDAY, Occasion.FESTIVAL])
def test_the_other_one_goes_out_if_the_winner_does_not(plan, both, caller, arbitrate, first):
    plan_both(plan, first=first)
    cancel = {"reason": "asked not to be congratulated"}
    path = f"/v1/care-messages/{message().id}/cancellation"
    assert caller.put(path, json=cancel).status_code == 200

    arbitrate()

    back = message(Occasion.FESTIVAL)
    assert back.state is MessageState.QUEUED
    assert OPENS <= back.due_at < CLOSES
    assert slot_of(back).state is SlotState.HELD


def test_both_lose_to_an_appointment_and_one_comes_back(plan, both, caller, arbitrate):
    plan_both(plan, first=Occasion.FESTIVAL)
    booked = book(caller, both, OPENS + 5 * HOUR)
    arbitrate()
    lost = {m["occasion"]: m["winner_slot_id"] for m in listed(caller, state="preempted")}
    assert lost == {"birthday": booked["id"], "festival": booked["id"]}
    let_go(caller, booked)

    arbitrate()

    winner, loser = message(), message(Occasion.FESTIVAL)
    assert (winner.state, loser.state) == (MessageState.QUEUED, MessageState.COALESCED)
    assert loser.winner_slot_id == winner.slot_id


def test_a_gateway_that_leased_it_is_told_that_it_is_off(birthday, caller, sign_in_client, at):
    gateway = sign_in_client(Scope.GATEWAY)
    due_at = message().due_at
    at(due_at)
    hand = gateway.post(
        "/v1/gateway/leases", json={"max": 5, "lease_seconds": 60, "worker": "w"}
    ).json
    [leased] = hand["leased"]
    book(caller, birthday, due_at + HOUR)

    asked = [{"id": leased["id"], "lease_token": leased["lease"]["token"]}]
    reply = gateway.post("/v1/gateway/begins", json={"messages": asked})

    assert reply.json["messages"][0]["code"] == "cancelled"
    assert message().state is MessageState.PREEMPTED


def test_what_nobody_firmed_begins_all_the_same(birthday, sign_in_client, at):
    gateway = sign_in_client(Scope.GATEWAY)
    at(message().due_at)
    [leased] = gateway.post(
        "/v1/gateway/leases", json={"max": 5, "lease_seconds": 60, "worker": "w"}
    ).json["leased"]

    asked = [{"id": leased["id"], "lease_token": leased["lease"]["token"]}]
    reply = gateway.post("/v1/gateway/begins", json={"messages": asked})

    assert reply.json["messages"][0]["state"] == "submitting"
    assert slot_of(message()).state is SlotState.IN_FLIGHT


def test_asking_again_costs_no_statement_for_each(plan, flask, arbitrate, count_statements):
    make_template()
    people = [make_customer(birth_on=BORN).id for _ in range(12)]
    plan()
    with transaction():
        slots = db.session.scalars(sa.select(Slot.id).order_by(Slot.customer_id)).all()
        messages = db.session.scalars(sa.select(CareMessage)).all()
        for found in messages:
            found.become(MessageState.PREEMPTED, at=NOW, reason="lost_to_service_visit")
        contact_frequency.release_slots(slots, reason="test")
        for found in messages[2:]:
            found.tried_at, found.winner_slot_id = NOW, messages[0].slot_id
    assert len(people) == len(slots)
    with transaction():
        db.session.execute(
            touching(
                sa.update(CareMessage)
                .where(CareMessage.tried_at.is_not(None))
                .values(state="cancelled")
            )
        )
    with count_statements() as few:
        arbitrate()
    with transaction():
        db.session.execute(
            touching(
                sa.update(CareMessage)
                .where(CareMessage.state == MessageState.CANCELLED)
                .values(state=MessageState.PREEMPTED, tried_at=None)
            )
        )
    with count_statements() as many:
        arbitrate()

    assert many.count <= few.count + 4


BOTH = {
    "also_occasion": Occasion.FESTIVAL,
    "also_festival_key": "mid_autumn",
    "text": "【演示通信】{salutation}，{festival}又逢生日，祝您双喜临门！拒收请回复R",
}


@pytest.mark.parametrize("first", [Occasion.BIRTHDAY, Occasion.FESTIVAL])
def test_a_template_for_both_says_both(plan, both, first):
    words = make_template(**BOTH)
    plan_both(plan, first=first)

    winner = message()
    assert winner.text.endswith("，中秋节又逢生日，祝您双喜临门！拒收请回复R")
    assert (winner.template_id, winner.template_version) == (words.id, 1)
    assert message(Occasion.FESTIVAL).state is MessageState.COALESCED


def test_nobody_reads_in_a_text_for_both_what_they_do_not_want(plan, both, caller):
    make_template(**BOTH)
    plan_both(plan, first=Occasion.BIRTHDAY)
    path = f"/v1/customers/{both.id}/greeting-preferences"
    wish = {"occasions": ["birthday"]}
    assert caller.put(path, json=wish, headers={"If-Match": '"0"'}).status_code == 200
    assert listed(caller, state="queued") == []

    plan()

    [alone] = listed(caller, state="queued")
    assert alone["occasion"] == "birthday"
    assert "双喜" not in alone["text"]


def test_nobody_reads_in_a_text_for_both_what_was_cancelled(plan, both, caller):
    make_template(**BOTH)
    plan_both(plan, first=Occasion.BIRTHDAY)
    path = f"/v1/care-messages/{message(Occasion.FESTIVAL).id}/cancellation"
    assert caller.put(path, json={"reason": "a solemn week for them"}).status_code == 200

    plan()

    [alone] = listed(caller, state="queued")
    assert alone["occasion"] == "birthday"
    assert "双喜" not in alone["text"]


def test_a_template_for_both_is_for_nobody_who_has_one(birthday, plan):
    make_template(**BOTH)

    plan()

    assert "双喜" not in message().text


def test_what_was_said_of_both_last_time_is_not_said_again(plan, both, at, flask):
    make_template(**BOTH)
    plan_both(plan, first=Occasion.BIRTHDAY)
    said = message()
    with transaction():
        old = db.session.get_one(CareMessage, said.id)
        old.on_day, old.occurrence = MID_AUTUMN - 354 * DAY, "birthday:2025:x"
        old.state, old.due_at = MessageState.SUBMITTED, OPENS - 354 * DAY
        contact_frequency.release_slot(old.slot_id, reason="long ago")
        festival = db.session.get_one(CareMessage, message(Occasion.FESTIVAL).id)
        festival.occurrence = "festival:mid_autumn:2025:x"
    make_template()
    flask("care", "plan", "--on", MID_AUTUMN.isoformat())

    texts = [m.text for m in db.session.scalars(sa.select(CareMessage))]
    assert len([text for text in texts if "双喜" in text]) == 1


def test_a_message_that_a_gateway_has_in_hand_stays_as_it_is(plan, both):
    make_template(**BOTH)
    make_template()
    plan()
    with transaction():
        db.session.get_one(CareMessage, message().id).state = MessageState.LEASED
    make_template(Occasion.FESTIVAL, "mid_autumn")

    plan()

    assert "双喜" not in message().text
    assert message(Occasion.FESTIVAL).state is MessageState.COALESCED


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"also_occasion": "festival"}, "/also_festival_key"),
        ({"also_festival_key": "mid_autumn"}, "/also_occasion"),
        ({"also_occasion": "birthday"}, "/also_occasion"),
        ({"also_occasion": "festival", "also_festival_key": "no_such"}, "/also_festival_key"),
    ],
)
def test_a_template_for_both_names_two_occasions(caller, changes, pointer):
    content = {"name": "两全", "occasion": "birthday", "text": BOTH["text"], **changes}

    reply = caller.post("/v1/care-templates", json=content)

    assert reply.status_code == 422
    assert [error["pointer"] for error in reply.json["errors"]] == [pointer]


def test_a_template_for_both_is_made_and_shown(caller):
    second = {"also_occasion": "festival", "also_festival_key": "mid_autumn"}
    content = {"name": "两全", "occasion": "birthday", "text": BOTH["text"], **second}

    reply = caller.post("/v1/care-templates", json=content)

    assert reply.status_code == 201, reply.json
    assert second.items() <= reply.json.items()
    path = f"/v1/care-templates/{reply.json['id']}/versions/1/submission"
    assert caller.put(path).status_code == 200  # {festival} may be named
