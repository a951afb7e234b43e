"""The outbox as people see it; cancelling, expiring, suppressing, settling."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError

from crm_api.accounts.models import Role
from crm_api.audit.models import AuditEntry
from crm_api.care import service
from crm_api.care.errors import MessageMovedOn
from crm_api.care.models import MOVES, CareMessage, CareMessageEvent
from crm_api.care.terms import MessageState, Occasion
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import SlotState
from crm_api.contact_history.models import Contact
from crm_api.contact_history.terms import Direction, Outcome, Purpose
from crm_api.kit.db import db
from crm_api.kit.touches import touching
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.care import make_message
from tests.factories.customers import make_customer

NOW = datetime(2026, 9, 24, 2, tzinfo=UTC)
DUE = datetime(2026, 9, 25, 3, tzinfo=UTC)
URL = "/v1/care-messages"
S = MessageState


@pytest.fixture
def now(app, at):
    with transaction():
        contact_frequency.ensure_default_policies(now=NOW - timedelta(days=400))
    return at(NOW)


@pytest.fixture
def owner(now):
    return make_staff()


@pytest.fixture
def message(owner):
    return make_message(make_customer(owner), due_at=DUE)


def reread(message):
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(CareMessage, message.id)


def slot_state(message):
    return db.session.get(Slot, message.slot_id).state


def steps(message):
    statement = sa.select(CareMessageEvent).where(CareMessageEvent.message_id == message.id)
    return [(e.state, e.reason, e.by_id) for e in db.session.scalars(statement)]


def cancel(caller, message, reason="在服丧"):
    return caller.put(f"{URL}/{message.id}/cancellation", json={"reason": reason})


def test_the_owner_sees_the_text_and_not_the_whole_number(sign_in, owner, message):
    shown = sign_in(owner).get(f"{URL}/{message.id}").json

    assert shown["text"] == message.text
    assert shown["to"] == f"+86****{message.number[-4:]}"
    assert (shown["state"], shown["on"]) == ("queued", "2026-09-25")


def test_somebody_else_sees_neither_message_nor_text(sign_in, message):
    stranger = sign_in(make_staff())

    assert stranger.get(f"{URL}/{message.id}").status_code == 404
    assert stranger.get(URL).json["items"] == []
    assert cancel(stranger, message).status_code == 404


def test_a_manager_sees_the_teams_messages(sign_in, now):
    team = make_team()
    below = make_team(parent=team)
    seen = make_message(make_customer(make_staff(team=below)), due_at=DUE)
    make_message(make_customer(), due_at=DUE)

    listed = sign_in(make_staff(Role.MANAGER, team=team)).get(URL).json["items"]

    assert [item["id"] for item in listed] == [seen.id]


def test_messages_are_filtered(sign_in, owner):
    customer = make_customer(owner)
    early = make_message(customer, due_at=DUE)
    late = make_message(make_customer(owner), due_at=DUE + timedelta(days=5))
    festival = make_message(make_customer(owner), due_at=DUE, occasion=Occasion.FESTIVAL)
    with transaction():
        service.suppress_queued(festival.number, "opted_out", NOW)

    def ids(query):
        return {item["id"] for item in sign_in(owner).get(f"{URL}?{query}").json["items"]}

    assert ids("") == {early.id, late.id, festival.id}
    assert ids("state=suppressed") == {festival.id}
    assert ids("on=2026-09-30") == {late.id}
    assert ids("occasion=birthday") == {early.id, late.id}
    assert ids(f"customer_id={customer.id}") == {early.id}
    assert ids("state=queued&on=2026-09-25") == {early.id}


def test_messages_are_paged_in_the_order_in_which_they_are_due(sign_in, owner):
    made = [
        make_message(make_customer(owner), due_at=DUE + timedelta(minutes=n)) for n in (3, 1, 2, 1)
    ]
    caller, cursor, found = sign_in(owner), None, []
    while True:
        query = f"{URL}?limit=1" + (f"&cursor={cursor}" if cursor else "")
        page = caller.get(query).json
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert found == [m.id for m in sorted(made, key=lambda m: (m.due_at, m.id))]


@pytest.mark.parametrize("query", ["state=sent", "on=soon", "occasion=x", "limit=0", "x=1"])
def test_a_wrong_filter_is_refused(sign_in, owner, query):
    assert sign_in(owner).get(f"{URL}?{query}").status_code == 422


def test_cancelling_gives_the_slot_back_and_leaves_a_trace(sign_in, owner, message):
    reply = cancel(sign_in(owner), message)

    assert reply.status_code == 200
    assert (reply.json["state"], reply.json["reason"]) == ("cancelled", "在服丧")
    message = reread(message)
    assert message.ended_at == NOW
    assert slot_state(message) is SlotState.RELEASED
    assert steps(message) == [(S.CANCELLED, "在服丧", owner.id)]
    entry = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "care_message.cancelled")
    ).one()
    assert entry.subject_id == message.id


def test_cancelling_twice_for_one_reason_is_a_repeat(sign_in, owner, message):
    first = cancel(sign_in(owner), message)

    assert cancel(sign_in(owner), message).json == first.json
    assert cancel(sign_in(owner), message, "other").json["code"] == MessageMovedOn.code
    assert len(steps(reread(message))) == 1


def test_what_a_gateway_has_begun_is_not_cancelled(sign_in, owner, message):
    with transaction():
        for state in (S.LEASED, S.SUBMITTING):
            reread_in_place(message).become(state, at=NOW)

    reply = cancel(sign_in(owner), message)

    assert reply.status_code == 409
    assert reply.json["state"] == "submitting"
    assert slot_state(reread(message)) is SlotState.RESERVED


def reread_in_place(message):
    return db.session.get(CareMessage, message.id)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_managers_cancel_too(sign_in, now, role):
    team = make_team()
    message = make_message(make_customer(make_staff(team=team)), due_at=DUE)

    assert cancel(sign_in(make_staff(role, team=team)), message).status_code == 200


def test_an_auditor_cancels_nothing(sign_in, message):
    assert cancel(sign_in(make_staff(Role.AUDITOR)), message).status_code == 403


def test_a_greeting_that_missed_its_window_is_dropped(app, at, message):
    later = make_message(make_customer(), due_at=DUE + timedelta(days=1))
    at(message.send_before)

    reply = app.test_cli_runner().invoke(args=["care", "expire"], catch_exceptions=False)

    assert reply.output.splitlines()[-1] == "care expire: 1 greetings dropped"
    message = reread(message)
    assert (message.state, message.reason) == (S.EXPIRED, "missed_its_window")
    assert slot_state(message) is SlotState.EXPIRED
    assert steps(message) == [(S.EXPIRED, "missed_its_window", None)]
    assert reread(later).state is S.QUEUED


def test_dropping_goes_on_until_nothing_is_left(app, at, now, monkeypatch):
    monkeypatch.setattr("crm_api.care.service.messages.CHUNK", 2)
    for _ in range(5):
        make_message(make_customer(), due_at=DUE)
    at(DUE + timedelta(days=1))

    reply = app.test_cli_runner().invoke(args=["care", "expire"], catch_exceptions=False)

    assert reply.output.splitlines()[-1] == "care expire: 5 greetings dropped"


def test_what_is_past_begin_does_not_expire(app, at, message):
    with transaction():
        for state in (S.LEASED, S.SUBMITTING):
            reread_in_place(message).become(state, at=NOW)
    at(DUE + timedelta(days=9))

    app.test_cli_runner().invoke(args=["care", "expire"], catch_exceptions=False)

    assert reread(message).state is S.SUBMITTING


def test_an_opt_out_stops_all_that_still_waits_for_the_number(message):
    number = message.number
    other = make_message(make_customer(phone=number), due_at=DUE + timedelta(days=3))
    elsewhere = make_message(make_customer(), due_at=DUE)
    with transaction():
        reread_in_place(other).become(S.LEASED, at=NOW)

    with transaction():
        stopped = service.suppress_queued(number, "opted_out", NOW)

    assert stopped == 2
    assert [reread(m).state for m in (message, other)] == [S.SUPPRESSED] * 2
    assert [slot_state(reread(m)) for m in (message, other)] == [SlotState.RELEASED] * 2
    assert reread(elsewhere).state is S.QUEUED
    with transaction():
        assert service.suppress_queued(number, "opted_out", NOW) == 0


def test_what_the_network_took_is_a_contact(at, message):
    sent_at = at(DUE + timedelta(minutes=1))
    with transaction():
        contact_frequency_begin(message)
        service.settle_submissions({reread_in_place(message): sent_at}, now=sent_at)

    contact = db.session.scalars(sa.select(Contact)).one()
    assert slot_state(reread(message)) is SlotState.CONSUMED
    assert (contact.occurred_at, contact.slot_id) == (sent_at, message.slot_id)
    assert (contact.direction, contact.outcome) == (Direction.OUTBOUND, Outcome.SENT)
    assert (contact.purpose, contact.source) == (Purpose.GREETING, f"care_message:{message.id}")


def contact_frequency_begin(message):
    slot = db.session.get(Slot, message.slot_id)
    slot.become(SlotState.IN_FLIGHT)


SENT = {S.SUBMITTED, S.DELIVERED, S.UNDELIVERED}
STOPPED = (S.SUPPRESSED, S.CANCELLED, S.EXPIRED, S.DEAD)


def test_every_state_can_be_reached_and_only_delivery_is_final():
    reachable = {state for states in MOVES.values() for state in states}

    assert reachable == set(MessageState)
    assert {state for state, further in MOVES.items() if not further} == {S.DELIVERED}


@pytest.mark.parametrize("state", STOPPED)
def test_what_was_stopped_stays_so_unless_it_was_sent_after_all(state):
    for further in set(MessageState) - SENT:
        with pytest.raises(MessageMovedOn):
            CareMessage(state=state, reason="x").become(further, at=NOW)


def test_nothing_that_was_handed_out_goes_back_but_by_its_gateways_word():
    for state in (S.SUBMITTED, S.UNCERTAIN, S.UNDELIVERED, S.REJECTED):
        assert not MOVES[state] & {S.QUEUED, S.LEASED, S.SUBMITTING}


@pytest.mark.parametrize("state", [S.REJECTED, S.SUPPRESSED, S.CANCELLED, S.EXPIRED, S.DEAD])
def test_no_message_ends_without_a_reason(message, state):
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(touching(sa.update(CareMessage).values(state=state, reason="")))


@pytest.mark.parametrize(
    "change", [sa.update(CareMessageEvent).values(reason="x"), sa.delete(CareMessageEvent)]
)
def test_a_step_that_was_taken_stays_as_it_is(message, change):
    with transaction():
        service.suppress_queued(message.number, "opted_out", NOW)

    with pytest.raises(DatabaseError), transaction():
        db.session.execute(change)


def test_one_occurrence_has_one_message(message):
    with pytest.raises(IntegrityError):
        make_message(make_customer(), due_at=DUE, occurrence=message.occurrence)


def test_a_day_is_previewed_for_those_whom_one_may_see(sign_in, owner, at):
    from datetime import date

    from tests.factories.care import make_template

    make_template()
    for changes in ({}, {"phone": None}):
        make_customer(owner, birth_on=date(1980, 9, 25), **changes)
    planned = make_customer(owner, birth_on=date(1980, 9, 25))
    make_customer(birth_on=date(1980, 9, 25))
    make_message(planned, due_at=DUE, occurrence=f"birthday:2026:{planned.id}")

    day = sign_in(owner).get("/v1/care-plans/2026-09-25").json

    assert (day["on"], day["is_solemn"]) == ("2026-09-25", False)
    by_occasion = {o["festival_key"] or o["occasion"]: o for o in day["occasions"]}
    birthday = by_occasion["birthday"]
    assert (birthday["due"], birthday["open"]) == (3, 1)
    assert birthday["messages"] == [{"name": "queued", "count": 1}]
    assert birthday["reasons"] == [{"name": "no_phone", "count": 1}]
    assert by_occasion["mid_autumn"]["reasons"] == [
        {"name": "no_phone", "count": 1},
        {"name": "no_template", "count": 2},
    ]


@pytest.mark.parametrize(
    ("day", "status"),
    [("2026-02-30", 404), ("soon", 404), ("9999-01-01", 404), ("2199-12-31", 422)],
)
def test_a_day_that_is_none_has_no_plan(sign_in, owner, day, status):
    assert sign_in(owner).get(f"/v1/care-plans/{day}").status_code == status
