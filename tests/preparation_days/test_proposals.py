"""Whom to visit: why, where, and when it is allowed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from crm_api.accounts.models import Role
from crm_api.calendars.terms import Calendar
from crm_api.contact_history.models import History
from crm_api.customers.models import Anniversary, Customer, LifeEvent, Place
from crm_api.customers.terms import AnniversaryKind, LifeEventKind, Status, Tier
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.visits.models import FollowUp, Promise
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, planned, step

DAY = timedelta(days=1)
WEDNESDAY = "2026-03-04"


def propose(caller, on=WEDNESDAY, **query):
    return caller.get("/v1/visit-proposals", query_string={"on": on, **query})


def proposed(caller, on=WEDNESDAY, **query):
    reply = propose(caller, on, **query)
    assert reply.status_code == 200, reply.json
    return {item["customer_id"]: item for item in reply.json["items"]}


def points(item):
    return {reason["code"]: reason["points"] for reason in item["reasons"]}


def add(*rows):
    with transaction():
        db.session.add_all(rows)


def heard(customer, at):
    """Note a two-way contact of a customer, without the ledger."""
    return History(
        customer_id=customer.id,
        length=1,
        head_digest="0" * 64,
        last_attempt_at=at,
        last_two_way_at=at,
        last_begun_by_customer_at=None,
        last_visit_at=None,
    )


@pytest.fixture
def gold(field):
    """Somebody whose tier hears from us every 45 days, at the latest after 75."""
    return make_customer(field.owner, tier=Tier.GOLD)


def test_silence_is_graded_by_the_tiers_rhythm(field, gold):
    add(heard(field.customer, field.now - 70 * DAY), heard(gold, field.now - 80 * DAY))

    items = proposed(field.caller)

    # 70 days are nothing to a standard customer, 80 are neglect of a gold one; one day later.
    assert set(items) == {gold.id}
    [overdue] = [r for r in items[gold.id]["reasons"] if r["code"] == "overdue"]
    assert (overdue["days"], overdue["points"]) == (81, 41)
    assert items[gold.id]["score"] == 41 + 3 * 4


def test_a_rhythm_that_an_administrator_sets_is_the_one_that_counts(field, gold, sign_in):
    add(heard(gold, field.now - 20 * DAY))
    assert proposed(field.caller) == {}
    days = {"min_days": 2, "target_days": 10, "max_days": 15}
    admin = sign_in(make_staff(Role.ADMIN))
    path = "/v1/contact-cadences/gold"
    assert admin.put(path, json=days, headers={"If-Match": '"0"'}).status_code == 200

    assert "overdue" in points(proposed(field.caller)[gold.id])


def test_everything_that_speaks_for_it_is_told(field, gold):
    visit = planned(field.caller, gold, starts_at=field.now + timedelta(minutes=5), id="v-gold")
    with transaction():
        db.session.add_all(
            [
                Promise(
                    visit_id="v-gold",
                    customer_id=gold.id,
                    owner_id=field.owner.id,
                    text="Bring the table.",
                    due_on=date(2026, 3, 1),
                    created_at=field.now,
                ),
                FollowUp(
                    visit_id="v-gold",
                    customer_id=gold.id,
                    owner_id=field.owner.id,
                    text="Look at the branch.",
                    due_on=date(2026, 3, 9),
                    created_at=field.now,
                ),
                Anniversary(
                    customer_id=gold.id,
                    kind=AnniversaryKind.BIRTHDAY,
                    calendar=Calendar.LUNAR,
                    month=1,
                    day=20,
                    is_leap_month=False,
                    created_at=field.now,
                ),
                LifeEvent(
                    customer_id=gold.id,
                    kind=LifeEventKind.NEW_HOME,
                    happened_on=date(2026, 3, 2),
                    noted_on=date(2026, 3, 2),
                    created_at=field.now,
                ),
            ]
        )
        gold.contract_end_on = date(2026, 3, 30)
        db.session.merge(gold)
    assert step(field.caller, visit, "cancellation", by="us", reason="x").status_code == 200

    [item] = [i for i in proposed(field.caller).values() if i["customer_id"] == gold.id]

    told = {r["code"]: r for r in item["reasons"]}
    assert points(item) == {
        "promise": 30,
        "contract_ending": 25,
        "birthday": 16,
        "life_event": 12,
        "tier": 12,
        "follow_up": 10,
    }
    assert item["score"] == 105
    assert (told["promise"]["days"], told["promise"]["label"]) == (-3, "Bring the table.")
    # The 20th of the first lunar month of 2026.
    assert (told["birthday"]["on"], told["birthday"]["days"]) == ("2026-03-08", 4)


def test_nobody_drops_in_for_a_day_of_grief(field, gold):
    add(heard(gold, field.now - 80 * DAY))
    mourned = {"customer_id": gold.id, "label": "父亲忌日", "created_at": field.now}
    with transaction():
        db.session.add_all(
            [
                Anniversary(kind=AnniversaryKind.OTHER, month=3, day=8, **mourned),
                LifeEvent(
                    kind=LifeEventKind.OTHER,
                    happened_on=date(2026, 3, 2),
                    noted_on=date(2026, 3, 2),
                    **mourned,
                ),
            ]
        )

    assert points(proposed(field.caller)[gold.id]).keys() == {"overdue", "tier"}


def test_only_who_is_served_and_gets_no_visit_anyhow(field, gold):
    gone = make_customer(field.owner, tier=Tier.GOLD, status=Status.CLOSED)
    for customer in (gold, gone):
        add(heard(customer, field.now - 80 * DAY))
    assert set(proposed(field.caller)) == {gold.id}

    planned(field.caller, gold, starts_at=field.tomorrow + 3 * DAY)

    assert proposed(field.caller) == {}


def test_moments_are_those_that_the_governor_allows(field, gold):
    add(heard(gold, field.now - 80 * DAY))
    call = {"customer_id": gold.id, "channel": "call", "category": "service"}
    at = "2026-03-03T06:00:00Z"  # 14:00: two contacts are at least 24 hours apart
    assert field.caller.post("/v1/contact-reservations", json={**call, "at": at}).status_code == 201

    item = proposed(field.caller)[gold.id]

    assert item["openings"] == [
        {"first_at": "2026-03-04T06:00:00Z", "last_at": "2026-03-04T09:45:00Z"}
    ]
    assert item["blocked_by"] == ["gap_too_short"]
    assert item["next_allowed_at"] == "2026-03-04T06:00:00Z"
    for opening in item["openings"]:
        for name in ("first_at", "last_at"):
            query = {"channel": "visit", "at": opening[name]}
            path = f"/v1/customers/{gold.id}/contact-budget"
            assert field.caller.get(path, query_string=query).json["verdict"] != "blocked"


def test_who_wants_quiet_is_not_proposed_but_may_be_asked_for(field, gold):
    add(heard(gold, field.now - 80 * DAY))
    hold = {"kind": "leave_alone", "customer_id": gold.id, "reason": "x"}
    until = {"until_at": (field.now + 9 * DAY).isoformat()}
    assert field.caller.post("/v1/contact-holds", json={**hold, **until}).status_code == 201

    assert proposed(field.caller) == {}
    item = proposed(field.caller, only_allowed="false")[gold.id]
    assert (item["is_allowed"], item["openings"]) == (False, [])
    assert item["blocked_by"] == ["leave_alone"]
    assert item["next_allowed_at"] == "2026-03-12T02:00:00Z"


def test_it_names_the_usual_place(field, gold):
    add(heard(gold, field.now - 80 * DAY))
    add(Place(customer_id=gold.id, address="示范路 9 号", created_at=field.now))

    assert proposed(field.caller)[gold.id]["place"]["address"] == "示范路 9 号"


def test_one_who_was_just_met_is_left_in_peace(field, gold):
    add(heard(gold, field.now - 80 * DAY))
    visit = made(field.caller, planned(field.caller, gold, starts_at=field.now + DAY / 24 / 60))
    step(
        field.caller,
        visit,
        "record",
        **a_record(
            visit, objectives=[{"id": o["id"], "outcome": "met"} for o in visit["objectives"]]
        ),
    )

    assert proposed(field.caller, on="2026-03-20", only_allowed="false") == {}


def test_a_manager_names_whose_portfolio_and_reads_masked_names(field, gold, sign_in):
    add(heard(gold, field.now - 80 * DAY))
    manager = make_staff(Role.MANAGER, make_team())
    with transaction():
        gold.team_id = manager.team_id
        db.session.merge(gold)
    caller = sign_in(make_staff(Role.ADMIN))

    assert propose(caller).status_code == 422
    item = proposed(caller, owner_id=field.owner.id)[gold.id]
    assert item["name"] == f"{gold.name[0]}**"


def test_another_teams_manager_finds_nobody(field, gold, sign_in):
    add(heard(gold, field.now - 80 * DAY))
    stranger = sign_in(make_staff(Role.MANAGER, make_team()))
    colleague = sign_in(make_staff())

    assert propose(stranger, owner_id=field.owner.id).status_code == 404
    assert propose(colleague, owner_id=field.owner.id).status_code == 404
    assert proposed(colleague) == {}


@pytest.mark.parametrize("on", ["2026-03-02", "2028-01-01", "2026-02-30", "x"])
def test_only_days_ahead_and_within_reach(field, on):
    assert propose(field.caller, on).status_code == 422


def test_an_empty_portfolio_and_a_day_off_are_answered(app, sign_in, at):
    at(datetime(2028, 2, 28, 20, tzinfo=UTC))  # in Shanghai the 29th has begun
    reply = propose(sign_in(make_staff()), on="2028-02-29")
    sunday = propose(sign_in(make_staff()), on="2028-03-05")

    assert (reply.status_code, reply.json["items"]) == (200, [])
    assert (sunday.json["is_workday"], sunday.json["items"]) == (False, [])


@pytest.mark.parametrize("size", [2, 300])
def test_a_portfolio_of_any_size_takes_the_same_statements(field, sign_in, count_statements, size):
    team = make_team()
    owner = make_staff(team=team)
    with transaction():
        db.session.add_all(
            Customer(
                id=f"many-{n}",
                name=f"虚构{n}",
                team_id=team.id,
                owner_id=owner.id,
                tier=Tier.GOLD,
                created_at=field.now - 90 * DAY,
            )
            for n in range(size)
        )
    caller = sign_in(owner)
    proposed(caller)  # what a process reads once
    db.session.remove()

    with count_statements() as statements:
        items = proposed(caller, limit=200)

    assert len(items) == min(size, 200)
    assert statements.count <= 20
