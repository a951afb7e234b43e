"""Tags, and filters saved under a name."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm_api.accounts.models import Role
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer


class District:
    """A branch with two teams beneath, each with an account manager; and another branch."""

    def __init__(self, sign_in):
        city = make_team("city")
        east, west = make_team("east", city), make_team("west", city)
        self.city, self.east, self.west = city, east, west
        self.lead = sign_in(make_staff(Role.MANAGER, city))
        self.east_lead = sign_in(make_staff(Role.MANAGER, east))
        self.east_manager = make_staff(team=east)
        self.east_caller = sign_in(self.east_manager)
        self.west_manager = make_staff(team=west)
        self.west_caller = sign_in(self.west_manager)
        self.stranger = sign_in(make_staff(Role.MANAGER, make_team("elsewhere")))


@pytest.fixture
def district(app, sign_in):
    return District(sign_in)


def _tag(caller, name="爱登山", **content):
    reply = caller.post("/v1/tags", json={"name": name, **content})
    assert reply.status_code == 201, reply.json
    return reply.json


def _segment(caller, criteria=None, **content):
    body = {"name": "客群", "criteria": criteria or {}, **content}
    reply = caller.post("/v1/segments", json=body)
    assert reply.status_code == 201, reply.json
    return reply.json


def _names(reply):
    assert reply.status_code == 200, reply.json
    return [item["name"] for item in reply.json["items"]]


def _members(caller, segment):
    names = _names(caller.get(f"/v1/segments/{segment['id']}/customers"))
    return [name.removesuffix("**") for name in names]  # as leaders read them


def test_a_teams_tag_reaches_all_beneath_and_nobody_else(district):
    tag = _tag(district.east_lead)
    everybodys = _tag(district.lead, "老客户")

    assert _names(district.east_caller.get("/v1/tags")) == ["爱登山", "老客户"]
    assert _names(district.west_caller.get("/v1/tags")) == ["老客户"]
    assert _names(district.lead.get("/v1/tags")) == ["爱登山", "老客户"]
    assert _names(district.stranger.get("/v1/tags")) == []
    assert district.west_caller.get(f"/v1/tags/{tag['id']}").status_code == 404
    # What a team above made is theirs to mend.
    mend = {"json": {"name": "x"}, "headers": {"If-Match": '"1"'}}
    assert district.east_lead.patch(f"/v1/tags/{everybodys['id']}", **mend).status_code == 404


def test_one_word_is_one_tag(district):
    _tag(district.east_lead, "VIP 客")

    again = district.east_lead.post("/v1/tags", json={"name": "ｖｉｐ客"})
    nothing = district.east_lead.post("/v1/tags", json={"name": "…·-"})

    assert (again.status_code, again.json["code"]) == (409, "tag_known")
    assert nothing.status_code in (201, 422)
    assert district.east_lead.post("/v1/tags", json={"name": "· -"}).status_code == 422


def test_customers_bear_tags_and_are_found_by_them(district):
    tag = _tag(district.lead)
    one = make_customer(district.east_manager, name="甲")
    make_customer(district.east_manager, name="乙")
    place = f"/v1/customers/{one.id}/tags/{tag['id']}"

    for _ in range(2):
        assert district.east_caller.put(place).status_code == 200

    assert _names(district.east_caller.get(f"/v1/customers?tag_id={tag['id']}")) == ["甲"]
    assert _names(district.east_caller.get(f"/v1/customers/{one.id}/tags")) == ["爱登山"]
    assert district.west_caller.put(place).status_code == 404
    assert district.lead.delete(f"/v1/tags/{tag['id']}").json["code"] == "tag_in_use"
    for _ in range(2):
        assert district.east_caller.delete(place).status_code == 204
    assert district.lead.delete(f"/v1/tags/{tag['id']}").status_code == 204


def test_a_customer_bears_a_number_of_tags_that_says_something(district, monkeypatch):
    monkeypatch.setattr("crm_api.customers.tags.service.MOST_TAGS", 1)
    first, second = _tag(district.lead, "一"), _tag(district.lead, "二")
    one = make_customer(district.east_manager)

    replies = [
        district.east_caller.put(f"/v1/customers/{one.id}/tags/{tag['id']}")
        for tag in (first, second)
    ]

    assert [r.status_code for r in replies] == [200, 409]
    assert _names(district.east_caller.get(f"/v1/customers/{one.id}/tags")) == ["一"]


def test_a_segment_follows_its_filter(district):
    gold = make_customer(district.east_manager, name="甲", tier="gold")
    make_customer(district.east_manager, name="乙", tier="vip")
    make_customer(district.west_manager, name="丙", tier="gold")
    segment = _segment(district.east_caller, {"tiers": ["gold", "diamond"]})
    tag = _tag(district.lead)

    assert _members(district.east_caller, segment) == ["甲"]
    assert _members(district.lead, segment) == ["甲"]  # of its team, whoever asks

    change = {"criteria": {"tiers": ["gold"], "no_tags": [tag["id"]]}}
    path = f"/v1/segments/{segment['id']}"
    assert district.east_caller.patch(path, json=change).status_code == 428
    changed = district.east_caller.patch(path, json=change, headers={"If-Match": '"1"'})
    assert changed.json["version"] == 2
    assert _members(district.east_caller, segment) == ["甲"]
    district.east_caller.put(f"/v1/customers/{gold.id}/tags/{tag['id']}")
    assert _members(district.east_caller, segment) == []
    versions = district.east_caller.get(f"{path}/versions").json["items"]
    assert [(v["number"], v["criteria"].get("tiers")) for v in versions] == [
        (2, ["gold"]),
        (1, ["diamond", "gold"]),
    ]


def test_what_a_segment_may_ask(district, moment, at):
    at(moment)
    today = date(2026, 3, 3)
    lead, owner = district.lead, district.east_manager
    a, b = _tag(lead, "一")["id"], _tag(lead, "二")["id"]
    one = make_customer(
        owner,
        name="甲",
        birth_on=date(1980, 3, 5),
        joined_on=date(2020, 1, 1),
        contract_end_on=today + timedelta(days=30),
        plan_name="畅享",
        plan_monthly_fen=9900,
        gender="female",
    )
    two = make_customer(district.west_manager, name="乙", phone=None, status="suspended")
    for customer, tag in ((one, a), (one, b), (two, b)):
        assert lead.put(f"/v1/customers/{customer.id}/tags/{tag}").status_code == 200
    wanted = {
        "甲": [
            {"any_tags": [a]},
            {"all_tags": [a, b]},
            {"owner_ids": [owner.id]},
            {"team_id": district.east.id},
            {"has_phone": True},
            {"statuses": ["active"]},
            {"genders": ["female"]},
            {"age_from": 45, "age_until": 45},
            {"birthday_within_days": 2},
            {"joined_from": "2020-01-01", "joined_until": "2020-01-01"},
            {"contract_ends_within_days": 30},
            {"contract_end_from": "2026-04-02", "contract_end_until": "2026-04-02"},
            {"plan_names": ["畅享"]},
            {"plan_monthly_fen_from": 9900, "plan_monthly_fen_until": 9900},
        ],
        "乙": [{"no_tags": [a]}, {"has_phone": False}, {"statuses": ["suspended"]}],
        "甲乙": [{}, {"any_tags": [a, b]}, {"kinds": ["individual"]}, {"has_owner": True}],
        "": [
            {"birthday_within_days": 1},
            {"age_from": 46},
            {"contract_ends_within_days": 29},
            {"has_owner": False},
            {"tiers": ["gold"]},
        ],
    }

    for names, asked in wanted.items():
        for criteria in asked:
            segment = _segment(lead, criteria)
            assert "".join(_members(lead, segment)) == names, criteria


@pytest.mark.parametrize(
    "criteria",
    [
        {"tiers": []},
        {"tiers": ["gold", "gold"]},
        {"tiers": ["platinum"]},
        {"age_from": 50, "age_until": 40},
        {"birthday_within_days": 62},
        {"joined_from": "2020-02-30"},
        {"any_tags": ["\u0000"]},
        {"any_tags": [7]},
        {"unknown": 1},
        [],
        None,
        "x" * 100_000,
    ],
)
def test_a_filter_that_cannot_be_is_refused(district, criteria):
    body = {"name": "x", "criteria": criteria}

    assert district.east_caller.post("/v1/segments", json=body).status_code in (400, 422)


def test_a_segment_may_not_name_a_tag_of_others(district):
    tag = _tag(district.stranger)
    body = {"name": "x", "criteria": {"any_tags": [tag["id"]]}}

    assert district.east_caller.post("/v1/segments", json=body).status_code == 404


def test_a_tag_that_a_segment_names_stays(district):
    tag = _tag(district.lead)
    segment = _segment(district.east_caller, {"any_tags": [tag["id"]]})

    assert district.lead.delete(f"/v1/tags/{tag['id']}").json["code"] == "tag_in_use"
    assert district.east_caller.delete(f"/v1/segments/{segment['id']}").status_code == 204
    assert district.lead.delete(f"/v1/tags/{tag['id']}").status_code == 204


def test_whose_a_segment_is(district):
    shared = _segment(district.lead, name="共用")
    private = _segment(district.east_caller, name="自用", is_shared=False)
    change = {"json": {"name": "新名"}, "headers": {"If-Match": '"1"'}}

    assert _names(district.east_caller.get("/v1/segments")) == ["共用", "自用"]
    assert _names(district.west_caller.get("/v1/segments")) == ["共用"]
    assert _names(district.east_lead.get("/v1/segments")) == ["共用", "自用"]
    assert _names(district.stranger.get("/v1/segments")) == []
    path = f"/v1/segments/{shared['id']}"
    assert district.east_caller.patch(path, **change).json["code"] == "not_your_segment"
    assert district.east_lead.delete(path).json["code"] == "not_your_segment"
    assert district.stranger.get(path).status_code == 404
    path = f"/v1/segments/{private['id']}"
    assert district.west_caller.get(f"{path}/customers").status_code == 404
    assert district.lead.patch(path, **change).status_code == 200  # who leads its team


def test_the_same_id_again_is_the_same_segment(district):
    content = {"id": "segment-of-a-phone", "name": "x", "criteria": {"tiers": ["gold", "vip"]}}
    first = _segment(district.east_caller, **content)

    assert _segment(district.east_caller, **content) == first
    other = district.west_caller.post("/v1/segments", json=content)
    assert (other.status_code, other.json["code"]) == (409, "id_taken")


def test_pages_of_members_cost_the_same_for_few_and_many(district, count_statements):
    tag = _tag(district.lead)
    for n in range(20):
        make_customer(district.east_manager, name=f"雨{n}")
    segment = _segment(district.lead, {"no_tags": [tag["id"]], "birthday_within_days": 61})
    path, counts = f"/v1/segments/{segment['id']}/customers", []

    for limit in (1, 20):
        with count_statements() as statements:
            district.lead.get(f"{path}?limit={limit}")
        counts.append(statements.count)

    assert counts[0] == counts[1] <= 4
