"""What all may learn: retrospectives and case cards, without a word of whose they were."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_api.accounts.models import Role, Team
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, planned, step

LOOKED_BACK = {"went_well": "听完再说", "went_badly": "忘了带资料", "next_time": "先打 13912345678"}


@pytest.fixture
def team(field):
    return db.session.get(Team, field.owner.team_id)


@pytest.fixture
def manager(sign_in, team):
    return sign_in(make_staff(Role.MANAGER, team))


@pytest.fixture
def visit(field, at):
    """A visit just made."""
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow)
    return made(field.caller, visit)


def a_card(visit, customer, **changes):
    return {
        "id": "card-1",
        "visit_id": visit["id"],
        "title": f"{customer.name}的烦恼",
        "situation": "客户在示范路 8 号，电话 13912345678。",
        "action": "先听完，再算账。",
        "result": "当天解决。",
        "lesson": "少说多听。",
        **changes,
    }


@pytest.fixture
def card(field, visit):
    """A case that the account manager proposed."""
    reply = field.caller.post("/v1/case-cards", json=a_card(visit, field.customer))
    assert reply.status_code == 201, reply.json
    return reply.json


def share(caller, card, **changes):
    return caller.put("/v1/case-cards/card-1/sharing", json={"digest": card["digest"], **changes})


def test_a_card_is_stripped_before_it_is_kept(field, card, visit):
    assert card["title"] == "【姓名】的烦恼"
    assert card["situation"] == "客户在【姓名】,电话 【电话】。"
    assert (card["status"], "customer_id" in card, "visit_id" in card) == ("proposed", False, False)
    again = field.caller.post("/v1/case-cards", json=a_card(visit, field.customer))
    clash = field.caller.post("/v1/case-cards", json=a_card(visit, field.customer, lesson="x"))
    assert (again.status_code, again.json) == (201, card)
    assert (clash.status_code, clash.json["code"]) == (409, "id_taken")


def test_where_they_live_and_work_goes_as_well(field, visit):
    path = f"/v1/customers/{field.customer.id}"
    field.caller.post(f"{path}/places", json={"address": "老槐树旁红房子"})
    step(field.caller, visit, "record", **a_record(visit, amendments={"employer": "示范纺织"}))
    told = {"situation": "老槐树旁红房子，示范纺织的客户。"}

    card = field.caller.post("/v1/case-cards", json=a_card(visit, field.customer, **told)).json

    assert card["situation"] == "【姓名】,【姓名】的客户。"


def test_a_second_person_shares_exactly_what_was_read(field, sign_in, team, manager, card):
    colleague = sign_in(make_staff(team=team))
    before = colleague.get("/v1/case-cards/card-1")
    mended = field.caller.patch(
        "/v1/case-cards/card-1", json={"lesson": "多听。"}, headers={"If-Match": '"1"'}
    )
    old = share(manager, card)
    new = share(manager, mended.json)
    again = share(manager, mended.json)
    late = field.caller.patch(
        "/v1/case-cards/card-1", json={"lesson": "x"}, headers={"If-Match": '"3"'}
    )

    assert (before.status_code, mended.status_code) == (404, 200)
    assert (old.status_code, old.json["code"]) == (409, "case_card_read_otherwise")
    assert (new.json["status"], again.json) == ("shared", new.json)
    assert (late.status_code, late.json["code"]) == (409, "case_card_decided")
    assert colleague.get("/v1/case-cards/card-1").json == new.json
    assert [c["id"] for c in colleague.get("/v1/case-cards?status=shared").json["items"]] == [
        "card-1"
    ]


def test_nobody_shares_their_own(visit, field, sign_in, team, manager):
    boss = sign_in(make_staff(Role.MANAGER, team))
    own = boss.post("/v1/case-cards", json=a_card(visit, field.customer)).json

    alone = share(boss, own)
    declined = manager.put("/v1/case-cards/card-1/refusal", json={"reason": "太细"})
    again = manager.put("/v1/case-cards/card-1/refusal", json={"reason": "太细"})

    assert (alone.status_code, alone.json["code"]) == (403, "own_case_card")
    assert (declined.json["status"], again.json) == ("declined", declined.json)


def test_a_name_that_became_known_since_stops_it(field, manager, visit):
    told = a_card(visit, field.customer, lesson="赵小例很满意。")
    card = field.caller.post("/v1/case-cards", json=told).json
    assert card["lesson"] == "赵小例很满意。"
    make_customer(field.owner, name="赵小例")

    reply = share(manager, card)

    assert (reply.status_code, reply.json["code"]) == (409, "case_card_holds_personal_data")
    assert reply.json["findings"] == [{"field": "lesson", "kind": "name"}]
    assert manager.get("/v1/case-cards/card-1").json["status"] == "proposed"
    unchanged = {"lesson": "赵小例很满意。"}
    mended = field.caller.patch(
        "/v1/case-cards/card-1", json=unchanged, headers={"If-Match": '"1"'}
    )
    assert mended.json["lesson"] == "【姓名】很满意。"
    assert share(manager, mended.json).json["status"] == "shared"


def test_it_is_shared_with_a_team_and_no_further(field, sign_in, manager, card):
    stranger = make_staff(Role.MANAGER, make_team())
    away = sign_in(stranger)

    refused = (
        away.get("/v1/case-cards/card-1"),
        share(away, card),
        share(manager, card, team_id=stranger.team_id),
        away.put("/v1/case-cards/card-1/withdrawal"),
    )
    shared = share(manager, card)
    others = manager.put("/v1/case-cards/card-1/withdrawal")
    withdrawn = field.caller.put("/v1/case-cards/card-1/withdrawal")

    assert [r.status_code for r in refused] == [404] * 4
    assert (shared.json["status"], others.status_code) == ("shared", 404)
    assert withdrawn.json["status"] == "withdrawn"
    assert away.get("/v1/case-cards").json["items"] == []
    assert manager.get("/v1/case-cards/card-1").status_code == 404
    assert manager.get("/v1/case-cards").json["items"] == []
    assert field.caller.get("/v1/case-cards/card-1").status_code == 200


def test_names_handed_over_since_are_taken_out_as_well(field, sign_in, team, visit):
    words = {**LOOKED_BACK, "went_well": "与钱演示一样满意"}
    step(field.caller, visit, "record", **a_record(visit, **words))
    successor = make_staff(team=team)
    with transaction():
        other = make_customer(successor)
        other.name = "钱演示"
        db.session.get(Customer, field.customer.id).owner_id = successor.id
    span = {"from": field.now.isoformat(), "to": (field.now + timedelta(days=3)).isoformat()}

    [lesson] = sign_in(successor).get("/v1/lessons", query_string=span).json["items"]

    assert lesson["went_well"] == "与【姓名】一样满意"


def test_the_team_hears_of_a_retrospective_without_personal_data(field, sign_in, team, visit):
    content = a_record(visit, **{**LOOKED_BACK, "went_well": f"{field.customer.name}很满意"})
    reply = step(field.caller, visit, "record", **content)
    colleague, stranger = sign_in(make_staff(team=team)), sign_in(make_staff())
    span = {"from": field.now.isoformat(), "to": (field.now + timedelta(days=3)).isoformat()}

    heard = colleague.get("/v1/lessons", query_string=span).json["items"]

    assert reply.json["record"]["shared_at"] is not None
    [lesson] = heard
    assert (lesson["went_well"], lesson["next_time"]) == ("【姓名】很满意", "先打 【电话】")
    assert lesson["by_name"] == field.owner.name
    assert stranger.get("/v1/lessons", query_string=span).json["items"] == []
    kept = step(field.caller, visit, "retrospective/sharing", is_shared=False)
    assert (kept.status_code, kept.json["record"]["shared_at"]) == (200, None)
    assert colleague.get("/v1/lessons", query_string=span).json["items"] == []


def test_what_was_kept_to_oneself_or_never_said_is_not_shared(field, visit):
    early = step(field.caller, visit, "retrospective/sharing", is_shared=True)
    content = a_record(visit, **LOOKED_BACK, share_retrospective=False)
    kept = step(field.caller, visit, "record", **content)
    told = step(field.caller, visit, "retrospective/sharing", is_shared=True)

    assert (early.status_code, early.json["code"]) == (409, "nothing_to_share")
    assert (kept.json["record"]["shared_at"], told.status_code) == (None, 200)
    assert told.json["record"]["shared_at"] is not None


def test_lessons_cost_the_same_for_many(field, at, count_statements):
    costs, span = [], {"from": "2026-03-01T00:00:00Z", "to": "2026-05-01T00:00:00Z"}
    for day in range(1, 4):
        starts_at = field.now + timedelta(days=day)
        customer = make_customer(field.owner)
        visit = planned(field.caller, customer, starts_at=starts_at)
        at(starts_at)
        step(field.caller, made(field.caller, visit), "record", **a_record(visit, **LOOKED_BACK))
        with count_statements() as statements:
            assert len(field.caller.get("/v1/lessons", query_string=span).json["items"]) == day
        costs.append(statements.count)

    assert len(set(costs)) == 1
