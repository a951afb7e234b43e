"""What customers write back, and that it counts before anything else goes out."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import Counting, SlotState
from crm_api.contact_history.models import Contact
from crm_api.contact_history.terms import Direction
from crm_api.customers.terms import Category
from crm_api.kit.db import db
from tests.care_gateway.factories import MORNING, contacts_of, make_message, slot_state, stored
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer


def is_silent(number):
    found = contact_frequency.is_opted_out([number])
    db.session.rollback()
    return found == {number}


def test_a_refusal_stops_what_is_queued_for_the_number(gateway):
    message = make_message()

    assert gateway.bring("退订", number=message.number) == ("stored", "opt_out")

    assert stored(message).state is MessageState.SUPPRESSED
    assert stored(message).reason == "opted_out"
    assert slot_state(message) is SlotState.RELEASED
    assert is_silent(message.number)


def test_a_refusal_counts_for_all_on_the_number(gateway):
    one, other = make_customer(), make_message()
    message = make_message(one)

    gateway.bring("T", number=message.number)

    assert stored(other).state is MessageState.QUEUED
    assert not is_silent(other.number)


def test_a_repeated_message_is_stored_once(gateway):
    message = make_message()

    first = gateway.bring("谢谢", number=message.number, inbound_id="i-1")
    again = gateway.bring("谢谢", number=message.number, inbound_id="i-1")

    assert (first, again) == (("stored", "none"), ("duplicate", "none"))
    assert len(contacts_of(message)) == 1


def test_it_is_a_contact_that_the_customer_began(gateway):
    customer = make_customer()

    gateway.bring("谢谢你们", number=customer.phone)

    wanted = sa.select(Contact).where(Contact.customer_id == customer.id)
    contact = db.session.scalar(wanted)
    assert contact.direction is Direction.INBOUND
    assert contact.is_begun_by_customer
    assert db.session.get(Slot, contact.slot_id).counting is Counting.NONE


def test_an_unknown_number_can_refuse_too(gateway):
    assert gateway.bring("TD", number="+8613912345678") == ("stored", "opt_out")
    assert is_silent("+8613912345678")


def test_a_number_is_known_however_it_is_written(gateway):
    message = make_message()
    national = message.number.removeprefix("+86")

    gateway.bring("TD", number=f"0086 {national[:3]} {national[3:]}")

    assert stored(message).state is MessageState.SUPPRESSED


def test_a_word_of_consent_lifts_the_refusal(gateway):
    customer = make_customer()
    gateway.bring("TD", number=customer.phone)

    assert gateway.bring("START", number=customer.phone) == ("stored", "opt_in")

    assert not is_silent(customer.phone)
    assert len(gateway_leases(gateway, customer)) == 1


def gateway_leases(gateway, customer):
    make_message(customer)
    return gateway.lease()


def test_a_batch_is_heeded_in_the_order_it_was_written(gateway):
    customer = make_customer()
    said = [("b", "START", "2026-03-02T01:59:00Z"), ("a", "TD", "2026-03-02T01:58:00Z")]
    messages = [
        {"inbound_id": i, "from": customer.phone, "to": "1", "text": text, "received_at": at}
        for i, text, at in said
    ]

    reply = gateway.post("/v1/gateway/inbound", json={"messages": messages})

    assert [m["action"] for m in reply.json["messages"]] == ["opt_in", "opt_out"]
    assert not is_silent(customer.phone)


@pytest.mark.parametrize("texts", [("TD", "START"), ("START", "TD")])
def test_of_one_instant_the_refusal_is_the_last_word(gateway, texts):
    customer = make_customer()
    same = {"from": customer.phone, "to": "1", "received_at": "2026-03-02T01:59:00Z"}
    messages = [{"inbound_id": text, "text": text, **same} for text in texts]

    gateway.post("/v1/gateway/inbound", json={"messages": messages})

    assert is_silent(customer.phone)


def test_a_word_of_consent_that_comes_late_lifts_no_newer_refusal(gateway):
    """Two gateways may tell in any order; what the customer wrote last is what holds."""
    customer = make_customer()
    bring_at(gateway, customer, "TD", "2026-03-02T01:59:00Z")

    assert bring_at(gateway, customer, "START", "2026-03-02T01:58:00Z") == "opt_in"
    assert is_silent(customer.phone)
    bring_at(gateway, customer, "START", "2026-03-02T02:00:00Z")

    assert not is_silent(customer.phone)


def test_a_refusal_from_a_clock_that_is_years_ahead_can_be_lifted(gateway, at):
    customer = make_customer()
    bring_at(gateway, customer, "TD", "2036-03-02T02:00:00Z")
    assert is_silent(customer.phone)

    at(MORNING + timedelta(minutes=1))
    bring_at(gateway, customer, "START", "2026-03-02T02:01:00Z")

    assert not is_silent(customer.phone)


def bring_at(gateway, customer, text, at):
    said = {"inbound_id": f"{text}{at}", "from": customer.phone, "to": "1", "text": text}
    reply = gateway.post("/v1/gateway/inbound", json={"messages": [{**said, "received_at": at}]})
    return reply.json["messages"][0]["action"]


def test_consent_opens_care_and_marketing_alike(gateway):
    customer = make_customer()
    gateway.bring("TD", number=customer.phone)
    gateway.bring("恢复", number=customer.phone)

    message = make_message(customer, category=Category.MARKETING)

    assert gateway.begin(*gateway.lease()) == ["submitting"]
    assert slot_state(message) is SlotState.IN_FLIGHT


def test_a_cry_for_help_stops_nothing(gateway):
    message = make_message()

    assert gateway.bring("HELP", number=message.number) == ("stored", "help")

    assert not is_silent(message.number)
    assert gateway.begin(*gateway.lease()) == ["submitting"]
    assert len(contacts_of(message)) == 1


def test_two_customers_on_one_number_have_a_contact_and_a_slot_each(gateway):
    first = make_customer()
    second = make_customer(phone=first.phone)

    gateway.bring("谢谢", number=first.phone)

    wanted = sa.select(Contact).where(Contact.customer_id.in_([first.id, second.id]))
    contacts = db.session.scalars(wanted).all()
    slots = {db.session.get(Slot, contact.slot_id).customer_id for contact in contacts}
    assert slots == {first.id, second.id}


@pytest.fixture
def long_refusal(gateway):
    """A customer's message that sounds like a refusal, with one more queued for the number."""
    team = make_team()
    customer = make_customer(make_staff(team=team))
    message = make_message(customer)
    assert gateway.bring("请不要再给我发短信", number=customer.phone) == ("stored", "review")
    return team, customer, message


def test_a_longer_refusal_silences_at_once_and_goes_to_a_person(long_refusal, sign_in):
    team, customer, message = long_refusal
    manager = sign_in(make_staff(Role.MANAGER, team=team))

    listed = manager.get("/v1/care-replies?awaiting_review=true").json["items"]

    assert stored(message).state is MessageState.SUPPRESSED
    assert is_silent(customer.phone)
    assert [item["text"] for item in listed] == ["请不要再给我发短信"]
    assert customer.phone not in str(listed)


def test_a_person_may_find_that_it_was_none(long_refusal, sign_in):
    team, customer, _message = long_refusal
    manager = sign_in(make_staff(Role.MANAGER, team=team))
    [reply] = manager.get("/v1/care-replies?awaiting_review=true").json["items"]
    path = f"/v1/care-replies/{reply['id']}/review"

    reviewed = manager.put(path, json={"is_refusal": False})
    again = manager.put(path, json={"is_refusal": False})
    otherwise = manager.put(path, json={"is_refusal": True})

    assert (reviewed.status_code, again.status_code) == (200, 200)
    assert reviewed.json["is_refusal"] is False
    assert otherwise.json["code"] == "reviewed_already"
    assert not is_silent(customer.phone)
    assert manager.get("/v1/care-replies?awaiting_review=true").json["items"] == []


def test_a_review_locks_whoever_has_the_number_before_the_number(long_refusal, sign_in):
    """The number alone first, its customer later, would meet a reservation in a ring."""
    team, customer, _message = long_refusal
    manager = sign_in(make_staff(Role.MANAGER, team=team))
    [reply] = manager.get("/v1/care-replies?awaiting_review=true").json["items"]
    locked = []

    @sa.event.listens_for(db.engine, "before_cursor_execute")
    def _note(_connection, _cursor, statement, given, *_):
        if "subject_locks" in statement:
            locked.append(str(given))

    manager.put(f"/v1/care-replies/{reply['id']}/review", json={"is_refusal": False})

    sa.event.remove(db.engine, "before_cursor_execute", _note)
    [together, *_] = [given for given in locked if customer.phone in given]
    assert -1 < together.find(customer.id) < together.find(customer.phone)


def test_a_review_does_not_lift_a_plain_refusal(gateway, long_refusal, sign_in):
    team, customer, _message = long_refusal
    manager = sign_in(make_staff(Role.MANAGER, team=team))
    [reply] = manager.get("/v1/care-replies?awaiting_review=true").json["items"]
    gateway.bring("TD", number=customer.phone)

    manager.put(f"/v1/care-replies/{reply['id']}/review", json={"is_refusal": False})

    assert is_silent(customer.phone)


def test_other_teams_see_nothing_of_it(long_refusal, sign_in):
    stranger = sign_in(make_staff(Role.MANAGER))
    admin = sign_in(make_staff(Role.ADMIN))
    [reply] = admin.get("/v1/care-replies").json["items"]

    assert stranger.get("/v1/care-replies").json["items"] == []
    path = f"/v1/care-replies/{reply['id']}/review"
    assert stranger.put(path, json={"is_refusal": False}).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"from": ""},
        {"from": "x" * 33},
        {"from": None},
        {"text": "x" * 2001},
        {"text": 7},
        {"received_at": "0000-00-00"},
        {"inbound_id": ""},
        {"more": 1},
    ],
)
def test_a_hostile_message_is_refused(gateway, change):
    message = {
        "inbound_id": "i",
        "from": "+8613900000000",
        "to": "10086",
        "text": "hello",
        "received_at": "2026-03-02T02:00:00Z",
        **change,
    }

    reply = gateway.post("/v1/gateway/inbound", json={"messages": [message]})

    assert reply.status_code == 422


@pytest.mark.parametrize("text", ["", "\u200b", "ل" * 2000, "💐" * 1000, "'; DROP TABLE x; --"])
def test_any_text_a_customer_writes_is_kept(gateway, text):
    customer = make_customer()

    assert gateway.bring(text, number=customer.phone) == ("stored", "none")
