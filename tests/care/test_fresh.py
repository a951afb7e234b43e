"""Never the text or the template of the occasions around: in whichever order they are planned."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm_api import config
from crm_api.calendars.terms import Calendar
from crm_api.care import queries
from crm_api.care.models import CareMessage, PlanRefusal
from crm_api.care.policies.choosing import Told
from crm_api.care.service import asking
from crm_api.care.service.causes import window_on
from crm_api.care.terms import MessageState, Occasion
from crm_api.contact_frequency import service as contact_frequency
from crm_api.customers.models import Anniversary
from crm_api.customers.terms import AnniversaryKind
from crm_api.kit.db import db
from crm_api.kit.touches import touching
from crm_api.kit.transactions import transaction
from tests.factories.care import make_message, make_template
from tests.factories.customers import make_customer

DAY = date(2026, 9, 25)
NOON = datetime(2026, 9, 25, 4, tzinfo=UTC)
S = MessageState


@pytest.fixture
def tell(app, at):
    """Let a customer have had a message some days before the day, or after it."""
    at(NOON - timedelta(days=2000))

    template = make_template()

    def tell(customer, *days, state=S.DELIVERED, **changes):
        for n in days:
            make_message(
                customer,
                due_at=NOON + timedelta(days=n),
                state=state,
                reason="" if state in (S.DELIVERED, S.QUEUED) else "why",
                text=f"day {n}",
                **{"template_id": template.id, **changes},
            )

    return tell


def told(customer, **options):
    """Return the texts that must not be repeated on the day."""
    persons = {customer.id: customer.person_id}
    found = queries.find_told(persons, around=window_on(DAY), **options)
    return found.get(customer.id, Told()).texts


def days(*numbers):
    return {f"day {n}" for n in numbers}


def test_the_last_three_occasions_count_however_long_ago(tell):
    customer = make_customer()
    tell(customer, -1900, -400, -30, -2)

    assert told(customer) == days(-400, -30, -2)


def test_so_do_the_next_three_that_are_planned_already(tell):
    customer = make_customer()
    tell(customer, 1, 5, 20, 40, state=S.QUEUED)
    tell(customer, -5)

    assert told(customer) == days(-5, 1, 5, 20)


def test_a_setting_says_how_many(tell, app):
    customer = make_customer()
    tell(customer, -4, -3, -2, -1)
    config.configure(replace(config.current(), fresh_occasions=1))

    assert told(customer) == days(-1)


def test_what_was_stopped_on_its_way_is_no_occasion(tell):
    customer = make_customer()
    tell(customer, -40, -30, -20)
    for n, state in enumerate((S.CANCELLED, S.SUPPRESSED, S.EXPIRED, S.REJECTED, S.DEAD)):
        tell(customer, -n - 1, state=state)

    assert told(customer) == days(-40, -30, -20)


def test_what_may_come_back_is_not_repeated_but_takes_no_occasions_place(tell):
    customer = make_customer()
    tell(customer, -40, -30, -20)
    tell(customer, -10, state=S.PREEMPTED)

    assert told(customer) == days(-40, -30, -20, -10)


@pytest.mark.parametrize("state", [S.SUBMITTING, S.UNDELIVERED, S.UNCERTAIN])
def test_what_may_have_been_read_counts(tell, state):
    customer = make_customer()
    tell(customer, -1, state=state)

    assert told(customer) == days(-1)


def test_the_day_itself_counts_unless_it_is_what_is_written(tell):
    customer = make_customer()
    tell(customer, -1, 0)

    assert told(customer) == days(-1, 0)
    assert told(customer, but_for=DAY) == days(-1)


def test_one_person_hears_what_is_sent_to_any_of_their_numbers(tell):
    one, other = (make_customer(person_id="p1") for _ in range(2))
    tell(one, -9, -5, -1, 3, 7)
    tell(other, -8, -4, 5, 9)
    tell(make_customer(), -3)

    assert told(one) == told(other) == days(-5, -4, -1, 3, 5, 7)


def test_the_template_counts_as_well_as_the_text(tell):
    customer, template = make_customer(), make_template()
    tell(customer, -1, template_id=template.id)

    found = queries.find_told({customer.id: None}, around=window_on(DAY))

    assert found[customer.id].template_ids == {template.id}


def test_years_of_greetings_leave_no_customer_the_same_words_within_four(app, at):
    """A customer greeted for birthdays alone, with four templates, for six years."""
    at(NOON - timedelta(days=40))
    with transaction():
        contact_frequency.ensure_default_policies(now=NOON - timedelta(days=400))
    for _ in range(4):
        make_template(text="【演示通信】{salutation}，祝您生日快乐！" + str(_) + "拒收请回复R")
    customer = make_customer(birth_on=date(1980, 9, 25))
    for year in range(2026, 2032):
        at(datetime(year, 9, 24, 2, tzinfo=UTC))
        on = f"{year}-09-25"
        reply = app.test_cli_runner().invoke(args=["care", "plan", "--on", on])
        assert " 1 planned" in reply.output

    db.session.rollback()
    statement = sa.select(CareMessage.template_id).where(CareMessage.customer_id == customer.id)
    said = db.session.scalars(statement.order_by(CareMessage.due_at)).all()
    assert len(said) == 6
    assert all(len(set(said[n : n + 4])) == 4 for n in range(3))


def wordless():
    db.session.rollback()
    return db.session.scalars(sa.select(PlanRefusal).order_by(PlanRefusal.occurrence)).all()


def test_who_gets_none_for_want_of_words_is_noted_once(app, at):
    at(NOON - timedelta(days=40))
    with transaction():
        contact_frequency.ensure_default_policies(now=NOON - timedelta(days=400))
    make_template()
    customer = make_customer(birth_on=date(1980, 9, 25))
    plan = ["care", "plan", "--on"]
    at(datetime(2026, 9, 24, 2, tzinfo=UTC))
    app.test_cli_runner().invoke(args=[*plan, "2026-09-25"])
    assert wordless() == []
    at(datetime(2027, 9, 24, 2, tzinfo=UTC))

    for _ in range(2):
        reply = app.test_cli_runner().invoke(args=[*plan, "2027-09-25"])
        assert "nothing_fresh 1" in reply.output

    (refusal,) = wordless()
    assert (refusal.customer_id, refusal.reason) == (customer.id, "nothing_fresh")
    assert refusal.occurrence == f"birthday:2027:{customer.id}"


def test_what_another_run_said_meanwhile_is_not_said_again(app, at, monkeypatch):
    """Two runs chose the same words for two days of one customer; the second looks once more."""
    at(NOON - timedelta(days=2))
    with transaction():
        contact_frequency.ensure_default_policies(now=NOON - timedelta(days=400))
    template, customer = make_template(Occasion.ANNIVERSARY), make_customer()
    with transaction():
        kept = {"calendar": Calendar.SOLAR, "year": 2001, "month": 9, "day": 25}
        about = {"kind": AnniversaryKind.WEDDING, "label": "", "created_at": NOON}
        db.session.add(Anniversary(id="a1", customer_id=customer.id, **kept, **about))
    other = make_message(
        customer,
        due_at=NOON + timedelta(days=5),
        template_id=template.id,
        state=S.CANCELLED,
        reason="not said before the other run",
    )
    ask = asking.ask

    def ask_while_another_run_plans(*args, **options):
        queued = touching(sa.update(CareMessage).where(CareMessage.id == other.id))
        db.session.execute(queued.values(state=S.QUEUED, reason=""))
        return ask(*args, **options)

    monkeypatch.setattr(asking, "ask", ask_while_another_run_plans)
    line = app.test_cli_runner().invoke(args=["care", "plan", "--on", "2026-09-25"]).output

    assert "planned_by_another_run 1" in line
    assert " 0 planned" in line
