"""What was offered and what was sensed, each with its end."""

from __future__ import annotations

import pytest

from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, planned, step


@pytest.fixture
def visit(field, at):
    """A visit just made."""
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow)
    return made(field.caller, visit)


def an_offer(field, **changes):
    return {"id": "offer-1", "customer_id": field.customer.id, "text": "畅享 198", **changes}


def test_a_visit_leaves_offers_and_opportunities(field, visit):
    offers = [
        {"id": "o-1", "text": "畅享 198", "monthly_fen": 19800, "valid_until": "2026-04-01"},
        {"id": "o-2", "text": "企业宽带", "answer": "declined", "why": "刚签了别家"},
    ]
    sensed = [{"id": "s-1", "text": "五月开分店", "worth_fen": 50000, "expected_on": "2026-05-01"}]
    content = a_record(visit, offers=offers, opportunities=sensed)

    reply = step(field.caller, visit, "record", **content)
    again = step(field.caller, visit, "record", **content)

    assert reply.status_code == 200, reply.json
    assert again.json == reply.json == field.caller.get(f"/v1/visits/{visit['id']}").json
    states = {o["id"]: (o["state"], o["settled_why"]) for o in reply.json["offers"]}
    assert states == {"o-1": ("made", None), "o-2": ("declined", "刚签了别家")}
    assert [(o["id"], o["state"]) for o in reply.json["opportunities"]] == [("s-1", "open")]
    listed = field.caller.get(f"/v1/offers?visit_id={visit['id']}&state=made").json["items"]
    assert [o["id"] for o in listed] == ["o-1"]
    found = field.caller.get(f"/v1/opportunities?customer_id={field.customer.id}").json["items"]
    assert [o["id"] for o in found] == ["s-1"]


def test_an_offer_is_answered_once(field):
    made_offer = field.caller.post("/v1/offers", json=an_offer(field))
    repeated = field.caller.post("/v1/offers", json=an_offer(field))
    clash = field.caller.post("/v1/offers", json=an_offer(field, text="another"))
    answer = {"answer": "accepted", "why": "今天就办"}

    first = field.caller.put("/v1/offers/offer-1/answer", json=answer)
    again = field.caller.put("/v1/offers/offer-1/answer", json=answer)
    other = field.caller.put("/v1/offers/offer-1/answer", json={"answer": "declined"})

    assert (made_offer.status_code, repeated.json) == (201, made_offer.json)
    assert (clash.status_code, clash.json["code"]) == (409, "id_taken")
    assert (first.json["state"], first.json["settled_by_id"]) == ("accepted", field.owner.id)
    assert (again.status_code, again.json) == (200, first.json)
    assert (other.status_code, other.json["code"]) == (409, "offer_answered")


def test_an_opportunity_is_mended_while_it_is_open(field):
    sensed = {"id": "s-1", "customer_id": field.customer.id, "text": "五月开分店"}
    assert field.caller.post("/v1/opportunities", json=sensed).status_code == 201
    url, won = "/v1/opportunities/s-1", {"outcome": "won", "why": "签了"}

    unread = field.caller.patch(url, json={"worth_fen": 1})
    mended = field.caller.patch(url, json={"worth_fen": 900}, headers={"If-Match": '"1"'})
    stale = field.caller.patch(url, json={"worth_fen": 5}, headers={"If-Match": '"1"'})
    ended = field.caller.put(f"{url}/outcome", json=won)
    again = field.caller.put(f"{url}/outcome", json=won)
    lost = field.caller.put(f"{url}/outcome", json={"outcome": "lost"})
    late = field.caller.patch(url, json={"worth_fen": 1}, headers={"If-Match": '"3"'})

    assert (unread.status_code, stale.status_code) == (428, 412)
    assert (mended.json["worth_fen"], ended.json["state"]) == (900, "won")
    assert again.json == ended.json
    assert [r.json["code"] for r in (lost, late)] == ["opportunity_ended"] * 2


def test_an_offer_belongs_to_the_visit_of_its_customer(field, visit):
    other = make_customer(field.owner)

    elsewhere = an_offer(field, customer_id=other.id, visit_id=visit["id"])
    wrong = field.caller.post("/v1/offers", json=elsewhere)
    early = field.caller.post("/v1/offers", json=an_offer(field, made_at="2027-01-01T00:00:00Z"))
    open_answer = field.caller.post("/v1/offers", json=an_offer(field, monthly_fen=-1))

    assert [r.status_code for r in (wrong, early, open_answer)] == [422, 422, 422]


def test_taken_ids_leave_nothing_recorded(field, visit):
    field.caller.post("/v1/offers", json=an_offer(field))
    content = a_record(visit, offers=[{"id": "offer-1", "text": "another"}])

    reply = step(field.caller, visit, "record", **content)

    assert (reply.status_code, reply.json["code"]) == (409, "id_taken")
    assert field.caller.get(f"/v1/visits/{visit['id']}").json["status"] == "checked_out"


def test_another_teams_user_finds_none_of_it(field, sign_in):
    field.caller.post("/v1/offers", json=an_offer(field))
    stranger = sign_in(make_staff())

    refused = (
        stranger.post("/v1/offers", json=an_offer(field, id="offer-2")),
        stranger.get("/v1/offers/offer-1"),
        stranger.put("/v1/offers/offer-1/answer", json={"answer": "accepted"}),
    )

    assert [r.status_code for r in refused] == [404, 404, 404]
    assert stranger.get("/v1/offers").json["items"] == []


def test_lists_cost_the_same_for_many(field, count_statements):
    costs = []
    for number in range(12):
        field.caller.post("/v1/offers", json=an_offer(field, id=f"offer-{number}"))
        with count_statements() as statements:
            field.caller.get("/v1/offers")
        costs.append(statements.count)

    assert len(set(costs)) == 1
