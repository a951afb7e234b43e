"""Status, tiers, ownership, and what was before."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from crm_api.accounts.models import Role, Standing
from crm_api.audit.models import AuditEntry
from crm_api.customers import queries
from crm_api.customers.models import TierThreshold
from crm_api.customers.policies.tiers import (
    DEFAULTS,
    tier_of_group,
    tier_of_individual,
    tier_on_joining,
)
from crm_api.customers.terms import Tier
from crm_api.kit.clock import now
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def owner(team):
    return make_staff(team=team)


@pytest.fixture
def manager(sign_in, team):
    return sign_in(make_staff(Role.MANAGER, team))


def path_of(customer):
    return f"/v1/customers/{customer.id}"


def test_a_death_is_a_fact_for_the_governor(sign_in, owner):
    customer = make_customer(owner)
    told = {"status": "deceased", "reason": "the family called"}

    first = sign_in(owner).put(f"{path_of(customer)}/status", json=told)
    again = sign_in(owner).put(f"{path_of(customer)}/status", json=told)

    assert first.status_code == again.status_code == 200
    assert again.json == first.json
    with transaction(read_only=True):
        assert queries.governed_facts([customer.id])[customer.id].status == "deceased"
    history = sign_in(owner).get(f"{path_of(customer)}/changes?aspect=status").json["items"]
    assert [(h["before"], h["after"], h["reason"], h["by_id"]) for h in history] == [
        ({"status": "active"}, {"status": "deceased"}, "the family called", owner.id)
    ]


def test_a_change_needs_a_reason(sign_in, owner):
    customer = make_customer(owner)

    reply = sign_in(owner).put(f"{path_of(customer)}/status", json={"status": "closed"})

    assert reply.json["errors"][0]["pointer"] == "/reason"


@pytest.mark.parametrize(
    "verb", ["UPDATE customer_changes SET reason = ''", "DELETE FROM customer_changes"]
)
def test_the_history_cannot_be_edited(sign_in, owner, verb):
    customer = make_customer(owner)
    sign_in(owner).put(f"{path_of(customer)}/status", json={"status": "closed", "reason": "x"})

    with pytest.raises(DatabaseError, match="append-only"), transaction():
        db.session.execute(sa.text(verb))


def test_a_manager_hands_a_customer_over(sign_in, team, owner, manager):
    customer, heir = make_customer(owner), make_staff(team=make_team(parent=team))

    given = manager.put(
        f"{path_of(customer)}/owner", json={"owner_id": heir.id, "reason": "new district"}
    )

    assert (given.json["owner_id"], given.json["team_id"]) == (heir.id, heir.team_id)
    assert sign_in(owner).get(path_of(customer)).status_code == 404
    assert sign_in(heir).get(path_of(customer)).status_code == 200
    history = sign_in(heir).get(f"{path_of(customer)}/changes?aspect=ownership").json["items"]
    assert history[0]["before"] == {"owner_id": owner.id, "team_id": owner.team_id}
    with transaction(read_only=True):
        trail = db.session.scalars(
            sa.select(AuditEntry.action).where(AuditEntry.subject_id == customer.id)
        ).all()
    assert trail == ["customer.transferred"]


def test_a_customer_goes_to_account_managers_at_work_in_the_teams_only(owner, manager, team):
    customer = make_customer(owner)
    unfit = [
        make_staff(),
        make_staff(Role.MANAGER, team),
        make_staff(team=team, status=Standing.DEACTIVATED),
    ]

    for somebody in unfit:
        reply = manager.put(
            f"{path_of(customer)}/owner", json={"owner_id": somebody.id, "reason": "x"}
        )
        assert (reply.status_code, reply.json["errors"][0]["pointer"]) == (422, "/owner_id")


def test_a_tier_is_set_by_hand_with_its_reason(owner, manager):
    customer = make_customer(owner)

    reply = manager.put(f"{path_of(customer)}/tier", json={"tier": "gold", "reason": "loyal"})

    assert (reply.json["tier"], reply.json["own_tier"]) == ("gold", "gold")
    (change,) = manager.get(f"{path_of(customer)}/changes?aspect=tier").json["items"]
    assert (change["after"], change["reason"]) == ({"tier": "gold"}, "loyal")


@pytest.mark.parametrize(
    ("monthly_fen", "tier"),
    [
        ([8_000, 8_000, 8_000], Tier.VIP),
        ([7_999, 8_000, 8_000], Tier.QUASI_HIGH_END),
        ([8_000, 8_000], Tier.QUASI_HIGH_END),
        ([7_999], Tier.STANDARD),
        ([0, 15_000, 15_000, 15_000], Tier.SILVER),
        ([99_999, 100_000, 100_000], Tier.DIAMOND),
        ([100_000, 100_000, 100_000], Tier.SUPREME),
        ([100_000, 100_000, 100_000, 0], Tier.QUASI_HIGH_END),
    ],
)
def test_three_months_in_a_row_earn_a_tier(monthly_fen, tier):
    assert tier_of_individual(monthly_fen, by=DEFAULTS) is tier


@pytest.mark.parametrize(
    ("revenue", "lines", "tier"),
    [
        (99_999, 9, Tier.STANDARD),
        (100_000, 0, Tier.VIP),
        (0, 10, Tier.VIP),
        (300_000, 100, Tier.GOLD),
        (3_000_000, 1, Tier.DIAMOND),
        (0, 1_000, Tier.SUPREME),
    ],
)
def test_a_group_counts_by_revenue_or_lines_whichever_gives_more(revenue, lines, tier):
    assert tier_of_group(monthly_revenue_fen=revenue, mobile_lines=lines, by=DEFAULTS) is tier


def test_a_plan_of_eighty_is_high_end_on_joining():
    assert tier_on_joining(8_000, by=DEFAULTS) is Tier.VIP
    assert tier_on_joining(7_999, by=DEFAULTS) is Tier.STANDARD
    assert tier_on_joining(None, by=DEFAULTS) is Tier.STANDARD


def test_stored_thresholds_take_the_place_of_the_defaults(owner, manager):
    with transaction():
        row = TierThreshold(tier=Tier.SILVER, individual_fen=9_000, group_fen=1, group_lines=1)
        db.session.add(row)
    customer = make_customer(owner)

    reply = manager.post(f"{path_of(customer)}/tier-assessments", json={"monthly_fen": [9_000] * 3})

    assert reply.json["tier"] == "silver"


@pytest.mark.parametrize(
    ("kind", "measure"),
    [
        ("individual", {"monthly_revenue_fen": 1, "mobile_lines": 1}),
        ("group", {"monthly_fen": [1]}),
        ("group", {"mobile_lines": 1}),
        ("individual", {}),
    ],
)
def test_the_measure_suits_the_kind(owner, manager, kind, measure):
    customer = make_customer(owner, kind=kind)

    reply = manager.post(f"{path_of(customer)}/tier-assessments", json=measure)

    assert (reply.status_code, reply.json["code"]) == (422, "wrong_measure")


def link(caller, group, person, influence="great"):
    body = {
        "other_id": person.id,
        "kind": "key_person",
        "role": "head of purchasing",
        "influence": influence,
    }
    return caller.post(f"{path_of(group)}/relations", json=body)


def tier_of(caller, customer):
    return caller.get(path_of(customer)).json["tier"]


def test_a_key_person_of_great_influence_follows_the_group(owner, manager):
    group = make_customer(owner, kind="group", tier=Tier.GOLD)
    person = make_customer(owner, tier=Tier.SUPREME)

    linked = link(manager, group, person)
    assert tier_of(manager, person) == "gold"

    manager.post(
        f"{path_of(group)}/tier-assessments",
        json={"monthly_revenue_fen": 10_000_000, "mobile_lines": 1},
    )
    assert tier_of(manager, person) == "supreme"

    manager.put(f"{path_of(group)}/tier", json={"tier": "vip", "reason": "lost lines"})
    assert tier_of(manager, person) == "vip"

    by_hand = manager.put(f"{path_of(person)}/tier", json={"tier": "gold", "reason": "x"})
    assert (by_hand.status_code, by_hand.json["code"]) == (409, "tier_follows_group")

    manager.delete(f"{path_of(group)}/relations/{linked.json['id']}")
    assert tier_of(manager, person) == "supreme"


def test_bills_do_not_part_a_key_person_from_the_group(owner, manager):
    group = make_customer(owner, kind="group", tier=Tier.GOLD)
    person = make_customer(owner)
    link(manager, group, person)

    reply = manager.post(f"{path_of(person)}/tier-assessments", json={"monthly_fen": [100_000] * 3})

    assert (reply.json["tier"], reply.json["own_tier"]) == ("gold", "supreme")


def test_with_little_influence_the_own_tier_stays_until_influence_grows(owner, manager):
    group = make_customer(owner, kind="group", tier=Tier.GOLD)
    person = make_customer(owner)

    relation = link(manager, group, person, influence="medium").json
    assert tier_of(manager, person) == "standard"

    grown = manager.patch(
        f"{path_of(person)}/relations/{relation['id']}",
        json={"influence": "great"},
        headers={"If-Match": '"1"'},
    )
    assert grown.status_code == 200, grown.json
    assert tier_of(manager, person) == "gold"


def test_of_two_groups_the_higher_is_followed(owner, manager):
    person = make_customer(owner)
    for tier in (Tier.DIAMOND, Tier.VIP):
        link(manager, make_customer(owner, kind="group", tier=tier), person)

    assert tier_of(manager, person) == "diamond"


def test_the_clock_of_a_change_is_the_requests(owner, manager, at):
    moment = at(now().replace(microsecond=0))
    customer = make_customer(owner)

    manager.put(f"{path_of(customer)}/tier", json={"tier": "gold", "reason": "x"})

    (change,) = manager.get(f"{path_of(customer)}/changes").json["items"]
    assert change["changed_at"] == moment.isoformat().replace("+00:00", "Z")


def test_a_customer_given_to_its_owner_changes_nothing(owner, manager):
    customer = make_customer(owner)
    same = {"owner_id": owner.id, "reason": "by mistake"}

    reply = manager.put(f"{path_of(customer)}/owner", json=same)

    assert (reply.status_code, reply.json["version"]) == (200, 1)
    assert manager.get(f"{path_of(customer)}/changes").json["items"] == []
