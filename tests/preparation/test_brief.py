"""The brief before a visit."""

from datetime import UTC, date, datetime, timedelta

import pytest

from crm_api.calendars.terms import Calendar
from crm_api.customers.models import (
    Anniversary,
    DoNotDisturbWish,
    ExtendedProfile,
    LifeEvent,
)
from crm_api.customers.terms import AnniversaryKind, CommunicationStyle, Kind, LifeEventKind
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.preparation.models import Brief
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, planned, step

DAY = timedelta(days=1)


@pytest.fixture
def visit(field):
    return planned(field.caller, field.customer, starts_at=field.tomorrow, id="v-1")


def brief_of(field, visit, **query):
    reply = field.caller.get(f"/v1/visits/{visit['id']}/brief", query_string=query)
    assert reply.status_code == 200, reply.json
    return reply.json


def add(*rows):
    with transaction():
        db.session.add_all(rows)


def extended(field, **changes):
    facts = {
        "interests": [],
        "traits": [],
        "small_requests": [],
        "remarks": "",
        "employer": "",
        "title": "",
        "created_at": field.now,
        **changes,
    }
    add(ExtendedProfile(id=field.customer.id, **facts))


def test_it_says_who_and_what_for(field, visit):
    extended(
        field,
        interests=["钓鱼"],
        small_requests=["发票寄到公司"],
        communication_style=CommunicationStyle.ANALYTICAL,
    )

    brief = brief_of(field, visit)

    assert brief["profile"]["name"] == field.customer.name
    assert brief["profile"]["phone"] == f"+86****{field.customer.phone[-4:]}"
    assert field.customer.phone not in str(brief)
    assert brief["visit"]["objectives"] == ["Learn who decides."]
    assert [(o["about"], o["topic"]) for o in brief["openers"][:2]] == [
        ("small_request", "发票寄到公司"),
        ("interest", "钓鱼"),
    ]
    assert brief["last_visit"] is None
    assert not brief["has_changed"]


def test_it_asks_after_what_nobody_knows_or_confirmed(field, visit, at):
    extended(field, employer="示范贸易")

    fresh = {f["field"]: f["why"] for f in brief_of(field, visit)["facts_to_confirm"]}
    at(field.now + 181 * DAY)
    old = {f["field"]: f["why"] for f in brief_of(field, visit)["facts_to_confirm"]}

    assert "employer" not in fresh
    assert fresh["title"] == "unknown"
    assert (old["employer"], old["phone"]) == ("stale", "stale")


def test_a_confirmed_fact_is_fresh_again(field, visit, at):
    extended(field, employer="示范贸易")
    at(field.now + 170 * DAY)
    later = planned(
        field.caller,
        field.customer,
        starts_at=field.now + 170 * DAY,
        is_unannounced=True,
        objectives=[],
    )
    out = made(field.caller, later)
    step(field.caller, out, "record", **a_record(out, confirmed_facts=["employer"]))
    at(field.now + 185 * DAY)

    asked = [f["field"] for f in brief_of(field, visit)["facts_to_confirm"]]

    assert "phone" in asked
    assert "employer" not in asked


def test_it_tells_what_the_last_visit_left(field, at):
    first = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow)
    out = made(field.caller, first)
    answers = [{"id": out["objectives"][0]["id"], "outcome": "not_met", "note": "She was out."}]
    step(
        field.caller,
        out,
        "record",
        **a_record(
            out,
            objectives=answers,
            leave_alone=None,
            next_touch={
                "text": "Bring the contract.",
                "due_on": "2026-03-12",
                "next_visit_id": "v-2",
                "contact": {"channel": "visit", "at": (field.tomorrow + 8 * DAY).isoformat()},
            },
            promises=[{"text": "Send the table.", "due_on": "2026-03-06"}],
            went_badly="Spoke too long of prices.",
        ),
    )

    brief = brief_of(field, {"id": "v-2"})

    unmet = brief["last_visit"]["unmet_objectives"]
    assert [(o["text"], o["outcome"]) for o in unmet] == [("Learn who decides.", "not_met")]
    assert [p["text"] for p in brief["open_promises"]] == ["Send the table."]
    assert [t["text"] for t in brief["open_follow_ups"]] == ["Bring the contract."]
    first = brief["openers"][0]
    assert (first["about"], first["topic"]) == ("promise", "Send the table.")
    assert [(a["why"], a["topic"]) for a in brief["topics_to_avoid"]] == [
        ("went_badly_last_time", "Spoke too long of prices.")
    ]
    assert [c["summary"] for c in brief["recent_contacts"]] == [
        "They are content and open a second branch."
    ]


def test_it_knows_what_is_coming_by_sun_and_moon(field, at):
    group = make_customer(field.owner, kind=Kind.GROUP, contract_end_on=date(2026, 4, 20))
    add(
        _day(group, AnniversaryKind.FOUNDING, Calendar.SOLAR, month=3, day=20),
        _day(group, AnniversaryKind.OTHER, Calendar.LUNAR, month=2, day=2),
        _day(group, AnniversaryKind.OTHER, Calendar.SOLAR, month=9, day=1),
    )
    visit = planned(field.caller, group, starts_at=field.tomorrow)

    dates = brief_of(field, visit)["coming_dates"]

    told = [(d["on"], d["kind"]) for d in dates if d["kind"] != "festival"]
    # The second day of the second month (龙抬头) of 2026 is 20 March.
    assert told == [
        ("2026-03-20", "founding"),
        ("2026-03-20", "other"),
        ("2026-04-20", "contract_end"),
    ]
    festivals = {d["label"]: d["is_solemn"] for d in dates if d["kind"] == "festival"}
    assert festivals["清明节"]


def test_it_knows_what_will_happen_once(field, visit):
    noted = {
        "customer_id": field.customer.id,
        "created_at": field.now,
        "noted_on": date(2026, 3, 2),
    }
    add(
        LifeEvent(kind=LifeEventKind.NEW_HOME, label="", happened_on=date(2026, 3, 20), **noted),
        LifeEvent(kind=LifeEventKind.PROMOTION, label="", happened_on=date(2026, 2, 1), **noted),
    )

    dates = brief_of(field, visit)["coming_dates"]

    told = [(d["on"], d["kind"], d["whose"]) for d in dates if d["kind"] != "festival"]
    assert told == [("2026-03-20", "new_home", field.customer.name)]


def test_wishes_are_topics_to_avoid(field, visit):
    add(
        DoNotDisturbWish(
            customer_id=field.customer.id,
            categories=["marketing"],
            channels=None,
            note="No offers at the office.",
            created_at=field.now,
        )
    )

    brief = brief_of(field, visit)

    assert [(a["why"], a["topic"]) for a in brief["topics_to_avoid"]] == [
        ("wish", "marketing: No offers at the office.")
    ]
    assert brief["wishes"][0]["categories"] == ["marketing"]


def test_it_tells_what_the_caps_leave(field, visit, at):
    at(field.now + timedelta(hours=1))
    budget = {b["channel"]: b for b in brief_of(field, visit)["contact_budget"]}

    assert set(budget) == {"visit", "call", "sms", "wechat", "email"}
    assert budget["call"]["verdict"] == "blocked"  # the visit is within 24 hours
    assert budget["call"]["next_allowed_at"]


def test_what_passes_with_time_alone_is_no_change(field, visit, at):
    first = brief_of(field, visit)
    at(field.now + timedelta(minutes=20))

    again = brief_of(field, visit, known_digest=first["digest"])

    assert again["digest"] == first["digest"]
    assert not again["has_changed"]


def test_a_new_fact_changes_the_digest(field, visit):
    first = brief_of(field, visit)
    extended(field, interests=["钓鱼"])

    again = brief_of(field, visit, known_digest=first["digest"])

    assert again["digest"] != first["digest"]
    assert again["has_changed"]


def acknowledge(field, visit, digest):
    return field.caller.put(
        f"/v1/visits/{visit['id']}/brief/acknowledgement", json={"digest": digest}
    )


def test_it_is_frozen_as_it_was_read(field, visit, at):
    digest = brief_of(field, visit)["digest"]

    reply = acknowledge(field, visit, digest)
    at(field.now + timedelta(hours=1))
    again = acknowledge(field, visit, digest)

    assert reply.status_code == 200, reply.json
    assert reply.json["acknowledged_digest"] == digest
    assert reply.json["acknowledged_at"] == again.json["acknowledged_at"]
    assert field.caller.get("/v1/visits/v-1").json["is_brief_acknowledged"]
    db.session.rollback()
    frozen = db.session.query(Brief).one()
    assert (frozen.digest, frozen.by_id) == (digest, field.owner.id)
    assert frozen.content["profile"]["name"] == field.customer.name


def test_what_changed_since_is_named(field, visit):
    acknowledge(field, visit, brief_of(field, visit)["digest"])
    extended(field, interests=["钓鱼"])

    brief = brief_of(field, visit)

    assert brief["changed_since_acknowledged"] == ["facts_to_confirm", "openers", "profile"]


def test_nobody_acknowledges_what_has_changed(field, visit):
    digest = brief_of(field, visit)["digest"]
    extended(field, interests=["钓鱼"])

    reply = acknowledge(field, visit, digest)

    assert (reply.status_code, reply.json["code"]) == (409, "brief_changed")
    assert reply.json["current_digest"] == brief_of(field, visit)["digest"]


def test_a_missing_acknowledgement_is_a_flag_and_no_refusal(field, visit, at):
    at(datetime(2026, 3, 4, 2, tzinfo=UTC))

    reply = step(field.caller, visit, "check-in")

    assert (reply.status_code, reply.json["is_brief_acknowledged"]) == (200, False)


def _day(customer, kind, calendar, *, month, day):
    return Anniversary(
        customer_id=customer.id,
        kind=kind,
        calendar=calendar,
        month=month,
        day=day,
        created_at=customer.created_at,
    )
