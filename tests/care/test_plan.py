"""`flask care plan`: who gets a message, once, with which words and when."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm_api.calendars.terms import Calendar
from crm_api.care import queries, service
from crm_api.care.models import CareMessage
from crm_api.care.service.planning import plan_people
from crm_api.care.terms import Encoding, MessageState, Occasion
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot, StoredDecision
from crm_api.contact_frequency.terms import ContactClass, SlotState
from crm_api.contact_frequency.values import Plan
from crm_api.customers.models import Anniversary, DoNotDisturbWish, LifeEvent
from crm_api.customers.terms import AnniversaryKind, Category, Channel, Gender, LifeEventKind
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.care import make_template
from tests.factories.customers import make_customer

DAY = date(2026, 9, 25)  # Mid-Autumn
EVE = datetime(2026, 9, 24, 2, tzinfo=UTC)
OPENS = datetime(2026, 9, 25, 1, tzinfo=UTC)
CLOSES = datetime(2026, 9, 25, 12, tzinfo=UTC)
BORN = date(1980, 9, 25)


@pytest.fixture
def run(app, at):
    at(EVE)
    with transaction():
        contact_frequency.ensure_default_policies(now=EVE - timedelta(days=400))

    def run(*options, on=DAY):
        reply = app.test_cli_runner().invoke(
            args=["care", "plan", "--on", on.isoformat(), *options], catch_exceptions=False
        )
        assert reply.exit_code == 0, reply.output
        db.session.rollback()
        return reply.output.splitlines()[-1]

    return run


def messages():
    db.session.rollback()
    return db.session.scalars(sa.select(CareMessage).order_by(CareMessage.occurrence)).all()


def count(model):
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_a_birthday_becomes_a_message_with_its_slot(run):
    template = make_template(text="【演示通信】{salutation}，祝您生日快乐！拒收请回复R")
    customer = make_customer(birth_on=BORN, name="王虚构", gender=Gender.MALE)

    line = run()

    (message,) = messages()
    assert line.startswith("care plan from 2026-09-25 for 1 day(s): ")
    assert " 1 planned" in line
    assert message.text == "【演示通信】王先生，祝您生日快乐！拒收请回复R"
    assert (message.state, message.occasion) == (MessageState.QUEUED, Occasion.BIRTHDAY)
    assert (message.customer_id, message.number) == (customer.id, customer.phone)
    assert (message.template_id, message.template_version) == (template.id, 1)
    assert (message.encoding, message.segments) == (Encoding.UCS2, 1)
    assert message.occurrence == f"birthday:2026:{customer.id}"
    assert OPENS <= message.due_at < message.send_before == CLOSES
    slot = db.session.get(Slot, message.slot_id)
    is_near = message.due_at <= EVE + timedelta(days=1)
    assert slot.state is (SlotState.RESERVED if is_near else SlotState.HELD)
    assert slot.effective_at == message.due_at
    assert (slot.occasion_class, slot.occasion_rank) == (ContactClass.BIRTHDAY, 0)
    assert (slot.source, slot.occurrence) == (f"care_message:{message.id}", message.occurrence)
    assert slot.endpoint == customer.phone


def test_planning_twice_plans_nothing_twice(run):
    make_template()
    make_customer(birth_on=BORN)
    run()
    before = [m.id for m in messages()]

    line = run()

    assert [m.id for m in messages()] == before
    assert count(Slot) == 1
    assert ": 2 due, 0 planned, 1 planned before" in line  # the festival has no template


def test_it_goes_on_where_it_was_stopped(run, monkeypatch):
    make_template(Occasion.FESTIVAL, "mid_autumn")
    for _ in range(5):
        make_customer()
    monkeypatch.setattr("crm_api.care.service.rounds.BATCH", 2)
    (cause,) = [c for c in service.causes_between(DAY, days=1, now=EVE) if c.festival_key]
    with transaction():
        run_id = service.start_run(DAY, days=1, worker="killed", now=EVE)
        service.open_round(cause, run_id=run_id, now=EVE)
        assert service.plan_batch(cause, run_id=run_id, now=EVE).tally.planned == 2

    line = run()

    assert " 3 planned, 2 planned before" in line
    assert len(messages()) == 5


def test_a_cancelled_greeting_is_not_planned_again(run):
    make_template()
    make_customer(birth_on=BORN)
    run()
    with transaction():
        message = db.session.scalars(sa.select(CareMessage)).one()
        message.become(MessageState.CANCELLED, at=EVE, reason="in mourning")
        contact_frequency.release_slot(message.slot_id, reason="message_cancelled")

    assert " 0 planned, 1 planned before" in run()


def test_a_dry_run_stores_nothing_and_counts_the_same(run):
    make_template()
    make_template(Occasion.FESTIVAL, "mid_autumn")
    make_customer(birth_on=BORN)
    make_customer(phone=None)
    make_customer()

    dry = run("--dry-run")

    assert (count(CareMessage), count(Slot), count(StoredDecision)) == (0, 0, 0)
    assert dry.replace(" (dry run)", "") == run()


def test_two_occasions_of_one_day_are_one_message(run):
    make_template()
    make_template(Occasion.FESTIVAL, "mid_autumn")
    make_customer(birth_on=BORN)

    line = run()

    birthday, festival = messages()
    assert "2 due, 1 planned" in line
    assert "1 blocked (coalesced 1)" in line
    assert (birthday.occasion, birthday.state) == (Occasion.BIRTHDAY, MessageState.QUEUED)
    assert (festival.state, festival.reason) == (
        MessageState.COALESCED,
        "another_greeting_that_day",
    )
    assert festival.winner_slot_id == birthday.slot_id


def test_one_number_of_two_customers_is_greeted_once(run):
    make_template(Occasion.FESTIVAL, "mid_autumn")
    for _ in range(2):
        make_customer(phone="+8613900009999")

    assert " 1 planned" in run()
    assert len(messages()) == 1


def test_one_person_with_two_records_is_greeted_once(run):
    make_template(Occasion.FESTIVAL, "mid_autumn")
    for _ in range(2):
        make_customer(person_id="p1")

    line = run()

    assert "2 due, 1 planned" in line
    assert [m.occurrence for m in messages()] == ["festival:mid_autumn:2026:p1"]


def test_nobody_gets_the_template_of_last_time(run, at):
    words = {make_template(Occasion.FESTIVAL, "mid_autumn").id for _ in range(2)}
    customers = [make_customer() for _ in range(6)]
    run()
    first = {m.customer_id: m.template_id for m in messages()}
    assert set(first.values()) <= words
    at(EVE + timedelta(days=354))
    run(on=date(2027, 9, 15))

    second = {m.customer_id: m.template_id for m in messages() if m.on_day.year == 2027}

    assert set(second) == {c.id for c in customers}
    assert all(second[one] != first[one] for one in second)


def test_with_one_template_the_second_time_says_nothing(run, at):
    make_template(Occasion.FESTIVAL, "mid_autumn")
    make_customer()
    run()
    at(EVE + timedelta(days=354))

    assert "nothing_fresh 1" in run(on=date(2027, 9, 15))


def test_what_was_never_read_may_be_said(run, at):
    make_template(Occasion.FESTIVAL, "mid_autumn")
    make_customer()
    run()
    with transaction():
        db.session.scalars(sa.select(CareMessage)).one().become(
            MessageState.SUPPRESSED, at=EVE, reason="opted_out"
        )
    at(EVE + timedelta(days=354))

    assert " 1 planned" in run(on=date(2027, 9, 15))


def opt_out(customer):
    contact_frequency.opt_out(customer.phone, at=EVE, source="inbound:1")


def wish(customer):
    db.session.add(
        DoNotDisturbWish(
            customer_id=customer.id, categories=["care"], channels=None, created_at=EVE
        )
    )


@pytest.mark.parametrize(("forbid", "reason"), [(opt_out, "opted_out"), (wish, "do_not_disturb")])
def test_who_does_not_want_it_gets_none(run, forbid, reason):
    make_template()
    customer = make_customer(birth_on=BORN)
    with transaction():
        forbid(customer)

    assert f"{reason} 1" in run()
    assert messages() == []


def test_a_child_without_consent_gets_none(run):
    make_template()
    make_customer(birth_on=date(2015, 9, 25))
    make_customer(birth_on=date(2015, 9, 25), has_guardian_consent=True)

    line = run()

    assert "minor_without_consent 1" in line
    assert len(messages()) == 1


def test_no_phone_is_counted(run):
    make_template()
    make_customer(birth_on=BORN, phone=None)

    assert "no_phone 2" in run()  # no birthday, no festival


def test_a_day_that_has_room_later_on_is_used(run):
    """A visit at noon the day before: 24 hours later the window is still open."""
    make_template()
    customer = make_customer(birth_on=BORN)
    visit_at = datetime(2026, 9, 24, 7, tzinfo=UTC)
    with transaction():
        contact_frequency.reserve_slot(
            Plan(
                customer_id=customer.id,
                channel=Channel.VISIT,
                category=Category.SERVICE,
                at=visit_at,
                source="visit:v1",
                visit_id="v1",
            ),
            by_id=None,
        )

    run()

    (message,) = messages()
    assert visit_at + timedelta(hours=24) <= message.due_at < CLOSES


def test_on_the_day_itself_what_is_left_of_it_is_used(run, at):
    now = at(datetime(2026, 9, 25, 9, tzinfo=UTC))
    make_template(Occasion.FESTIVAL, "mid_autumn")
    for _ in range(20):
        make_customer()

    run()

    assert len(messages()) == 20
    assert all(now < m.due_at < CLOSES for m in messages())


def test_a_window_that_ends_while_planning_is_over(run):
    make_template(Occasion.FESTIVAL, "mid_autumn")
    make_customer()
    causes = service.causes_between(DAY, days=1, now=EVE)
    cause = next(c for c in causes if c.festival_key)
    db.session.rollback()

    people = queries.open_people(cause, after=None, limit=10)
    with transaction():
        tally = plan_people(people, cause, now=CLOSES - timedelta(minutes=31)).tally

    assert (tally.planned, tally.blocked.total(), tally.blocked["window_over"]) == (0, 1, 1)


def test_an_anniversary_is_called_by_its_name(run):
    make_template(
        Occasion.ANNIVERSARY, text="【演示通信】{name}，{anniversary}到了，祝您幸福！拒收请回复R"
    )
    for label in ("银婚", ""):
        with transaction():
            db.session.add(
                Anniversary(
                    customer_id=make_customer(name="王虚构").id,
                    kind=AnniversaryKind.WEDDING,
                    calendar=Calendar.SOLAR,
                    label=label,
                    month=9,
                    day=25,
                    created_at=EVE,
                )
            )

    run()

    said = {m.text.removeprefix("【演示通信】王虚构，").split("到了")[0] for m in messages()}
    assert said == {"银婚", "结婚纪念日"}


def test_a_solemn_day_plans_nothing(run, at):
    at(datetime(2026, 4, 4, tzinfo=UTC))
    make_template()
    make_customer(birth_on=date(1980, 4, 5))

    line = run(on=date(2026, 4, 5))

    assert "0 planned" in line
    assert "solemn_day 2" in line  # the birthday, and Qingming itself


def test_several_days_are_planned_at_once(run):
    make_template()
    for n in range(3):
        make_customer(birth_on=BORN + timedelta(days=n))

    assert "3 planned" in run("--days", "3")
    assert [m.on_day.day for m in sorted(messages(), key=lambda m: m.on_day)] == [25, 26, 27]


@pytest.mark.parametrize("options", [("--on", "2026-09-23"), ("--on", "2026-11-09")])
def test_a_day_out_of_reach_is_refused(app, at, options):
    at(EVE)

    reply = app.test_cli_runner().invoke(args=["care", "plan", *options])

    assert reply.exit_code == 2
    assert "Choose days from today up to 2026-11-08." in reply.output


def test_greetings_are_spread_over_the_window(run):
    make_template(Occasion.FESTIVAL, "mid_autumn")
    for _ in range(60):
        make_customer()

    run()

    due = [m.due_at for m in messages()]
    assert max(due) - min(due) > timedelta(hours=7)
    assert len(set(due)) > 55


@pytest.fixture
def stale(run):
    """Plan a birthday, then let the next run see the customer as it was before."""
    make_template()
    make_template()
    make_customer(birth_on=BORN)
    causes = service.causes_between(DAY, days=1, now=EVE)
    cause = next(c for c in causes if c.words and c.date and c.date.calendar == "solar")
    people = queries.open_people(cause, after=None, limit=10)
    run()

    def plan_again():
        with transaction():
            return plan_people(people, cause, now=EVE).tally

    return plan_again


def test_who_read_too_early_gets_no_second_slot(stale):
    tally = stale()

    assert tally.planned == 0
    assert tally.blocked["occurrence_taken"] == 1
    assert len(messages()) == count(Slot) == 1


def test_nor_a_second_message_where_the_first_gave_its_slot_back(stale):
    with transaction():
        message = db.session.scalars(sa.select(CareMessage)).one()
        message.become(MessageState.CANCELLED, at=EVE, reason="in mourning")
        contact_frequency.release_slot(message.slot_id, reason="message_cancelled")

    tally = stale()

    assert tally.planned == 0
    assert tally.blocked["planned_by_another_run"] == 1
    assert len(messages()) == 1
    assert {slot.state for slot in db.session.scalars(sa.select(Slot))} == {SlotState.RELEASED}


@pytest.mark.parametrize("occasion", [Occasion.ANNIVERSARY, Occasion.LIFE_EVENT])
def test_what_was_planned_before_its_label_was_known_for_grief_is_withdrawn(run, occasion):
    make_template(occasion)
    customers = [make_customer(), make_customer()]
    kept = [_keep_day(occasion, customer, label="相识纪念日") for customer in customers]
    run()
    with transaction():  # by statement: nobody is told, as when the words of grief grow
        changed = sa.text(f"UPDATE {kept[0].__tablename__} SET label = '先父忌日' WHERE id = :id")
        db.session.execute(changed, {"id": kept[0].id})

    run(on=DAY + timedelta(days=1))
    assert {message.state for message in messages()} == {MessageState.QUEUED}, "not these days"
    run()
    run()

    states = {message.customer_id: (message.state, message.reason) for message in messages()}
    assert states == {
        customers[0].id: (MessageState.SUPPRESSED, "grief"),
        customers[1].id: (MessageState.QUEUED, ""),
    }
    slots = db.session.scalars(sa.select(Slot).where(Slot.customer_id == customers[0].id)).all()
    assert [slot.state for slot in slots] == [SlotState.RELEASED]


def _keep_day(occasion, customer, *, label):
    own = {"customer_id": customer.id, "created_at": EVE, "label": label}
    if occasion is Occasion.ANNIVERSARY:
        when = {"calendar": Calendar.SOLAR, "month": DAY.month, "day": DAY.day}
        day = Anniversary(kind=AnniversaryKind.OTHER, **when, **own)
    else:
        noted_on = DAY - timedelta(days=5)
        day = LifeEvent(kind=LifeEventKind.OTHER, happened_on=DAY, noted_on=noted_on, **own)
    with transaction():
        db.session.add(day)
    return day
