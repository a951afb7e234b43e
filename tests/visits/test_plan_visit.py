"""Planning a visit."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency.models import SlotSubject, StoredDecision
from crm_api.contact_frequency.terms import SlotState
from crm_api.customers.models import Relation
from crm_api.customers.terms import Kind, RelationKind, Tier
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken
from crm_api.kit.transactions import transaction
from crm_api.visits.models import Visit
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.factories.visits import contacts, plan, planned

DAY = timedelta(days=1)


def test_it_reserves_its_slot(field, slot_of):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow, tools=["gift", "form"])

    slot = slot_of(visit)
    assert (visit["status"], visit["booking"]) == ("planned", "reserved")
    assert visit["tools"] == ["gift", "form"]
    assert visit["objectives"][0]["text"] == "Learn who decides."
    assert not visit["is_brief_acknowledged"]
    assert (slot.state, slot.effective_at) == (SlotState.RESERVED, field.tomorrow)
    assert slot.visit_id == visit["id"]
    assert visit["warnings"] == []
    assert contacts(field.caller, field.customer) == []


def test_against_the_caps_it_is_refused_with_the_next_moment(field):
    planned(field.caller, field.customer, starts_at=field.tomorrow)

    reply = plan(
        field.caller, field.customer, starts_at=field.tomorrow + timedelta(hours=3), objectives=[]
    )

    assert (reply.status_code, reply.json["code"]) == (409, "contact_blocked")
    assert "gap_too_short" in [r["code"] for r in reply.json["decision"]["reasons"]]
    assert reply.json["next_allowed_at"] == (field.tomorrow + DAY).isoformat().replace(
        "+00:00", "Z"
    )
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 1
    refused = sa.select(sa.func.count()).where(StoredDecision.verdict == "blocked")
    assert db.session.scalar(refused) == 1


def test_the_moment_it_names_is_allowed(field):
    planned(field.caller, field.customer, starts_at=field.tomorrow)
    late = field.tomorrow + timedelta(hours=3)
    refused = plan(field.caller, field.customer, starts_at=late, objectives=[])

    reply = field.caller.post(
        "/v1/visits",
        json={
            "customer_id": field.customer.id,
            "place": "示范路 8 号",
            "starts_at": refused.json["next_allowed_at"],
            "ends_at": (field.tomorrow + DAY + timedelta(hours=1)).isoformat(),
        },
    )

    assert reply.status_code == 201


def test_told_twice_it_is_one_visit(field):
    first = planned(field.caller, field.customer, starts_at=field.tomorrow, id="from-the-phone")
    again = plan(field.caller, field.customer, starts_at=field.tomorrow, id="from-the-phone")

    assert (again.status_code, again.json) == (201, first)


def test_an_id_belongs_to_one_content(field):
    planned(field.caller, field.customer, starts_at=field.tomorrow, id="from-the-phone")

    reply = plan(
        field.caller, field.customer, starts_at=field.tomorrow + 3 * DAY, id="from-the-phone"
    )

    assert (reply.status_code, reply.json["code"]) == (409, IdTaken.code)


@pytest.mark.parametrize("ids", [["taken"], ["new", "new"]])
def test_an_objectives_id_belongs_to_one_objective(field, ids):
    other = make_customer(field.owner)
    planned(
        field.caller, other, starts_at=field.tomorrow, objectives=[{"id": "taken", "text": "A."}]
    )

    objectives = [{"id": one, "text": "B."} for one in ids]
    reply = plan(field.caller, field.customer, starts_at=field.tomorrow, objectives=objectives)

    assert (reply.status_code, reply.json["code"]) == (409, IdTaken.code)


def test_somebody_elses_id_tells_nothing(field, sign_in):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    stranger = make_staff()
    other = make_customer(stranger)

    reply = plan(sign_in(stranger), other, starts_at=field.tomorrow, id=visit["id"])

    assert (reply.status_code, reply.json["code"]) == (409, IdTaken.code)
    assert field.customer.id not in reply.text


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"ends_at": "2026-03-04T02:00:00Z"}, "/ends_at"),
        ({"ends_at": "2026-03-05T02:00:00Z"}, "/ends_at"),
        ({"purpose": "fun"}, "/purpose"),
        ({"place": " "}, "/place"),
    ],
)
def test_nonsense_is_malformed(field, changes, pointer):
    reply = plan(field.caller, field.customer, starts_at=field.tomorrow, **changes)

    assert reply.status_code == 422
    assert [e["pointer"] for e in reply.json["errors"]] == [pointer]


def test_nobody_plans_the_past(field):
    reply = plan(field.caller, field.customer, starts_at=field.now - DAY)

    assert (reply.status_code, reply.json["errors"][0]["pointer"]) == (422, "/starts_at")


def test_a_key_person_met_counts_for_the_group_too(field, slot_of):
    group = make_customer(field.owner, kind=Kind.GROUP, tier=Tier.GOLD)
    _key_person(group, field.customer, now=field.now)

    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)

    assert _touched(slot_of(visit)) == {field.customer.id, group.id}


def test_a_groups_visit_counts_for_each_person_met(field, slot_of):
    group = make_customer(field.owner, kind=Kind.GROUP, tier=Tier.GOLD)
    _key_person(group, field.customer, now=field.now)
    persons = [
        {"customer_id": field.customer.id, "name": "王示例", "role": "采购"},
        {"name": "前台"},
    ]

    visit = planned(field.caller, group, starts_at=field.tomorrow, persons=persons)

    assert _touched(slot_of(visit)) == {field.customer.id, group.id}
    blocked = plan(
        field.caller, field.customer, starts_at=field.tomorrow + timedelta(hours=2), objectives=[]
    )
    assert blocked.json["code"] == "contact_blocked"


def test_nobody_meets_somebody_elses_customer(field):
    other = make_customer()

    mine = plan(
        field.caller,
        field.customer,
        starts_at=field.tomorrow,
        persons=[{"customer_id": other.id, "name": "王示例"}],
    )
    theirs = plan(field.caller, other, starts_at=field.tomorrow)

    assert (mine.status_code, theirs.status_code) == (404, 404)


def test_unannounced_means_now(field):
    reply = plan(field.caller, field.customer, starts_at=field.tomorrow, is_unannounced=True)

    assert reply.status_code == 422


def test_unannounced_it_reserves_nothing(field):
    visit = planned(field.caller, field.customer, starts_at=field.now, is_unannounced=True)

    assert (visit["booking"], visit["slot_id"], visit["is_unannounced"]) == ("none", None, True)


@pytest.mark.parametrize(
    ("came_at", "is_same_week"),
    [
        (timedelta(days=-1, hours=-9, minutes=-30), True),  # Monday 00:30 here, Sunday in UTC
        (timedelta(days=-1, hours=-10, minutes=-30), False),  # Sunday 23:30
    ],
)
def test_a_second_visit_in_a_local_week_is_warned_of(field, at, came_at, is_same_week):
    at(field.now + came_at)
    first = planned(
        field.caller, field.customer, starts_at=field.now + came_at, is_unannounced=True
    )
    assert field.caller.put(f"/v1/visits/{first['id']}/check-in", json={}).status_code == 200
    at(field.now)

    second = planned(field.caller, field.customer, starts_at=field.tomorrow, objectives=[])

    codes = [(w["policy_key"], w["strength"]) for w in second["warnings"]]
    assert codes == ([("visit_week", "soft")] if is_same_week else [])


def _key_person(group, person, *, now):
    with transaction():
        db.session.add(
            Relation(
                customer_id=group.id,
                other_id=person.id,
                kind=RelationKind.KEY_PERSON,
                created_at=now,
            )
        )


def _touched(slot):
    subjects = sa.select(SlotSubject.subject_id).where(
        SlotSubject.slot_id == slot.id, SlotSubject.subject_kind == "customer"
    )
    return set(db.session.scalars(subjects))
