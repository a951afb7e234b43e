"""What people find on their lists: what is stuck, what matches nothing, what wants an answer."""

import pytest

from crm_api.accounts.models import Role
from crm_api.care.terms import MessageState
from tests.care_gateway.factories import later, make_message, stored
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer

STUCK = "/v1/stuck-care-messages"
UNMATCHED = "/v1/unmatched-delivery-reports"
REPLIES = "/v1/care-replies"


def ids(reply):
    assert reply.status_code == 200, reply.text
    return [item["id"] for item in reply.json["items"]]


@pytest.fixture
def team(app, now):
    return make_team()


@pytest.fixture
def manager(team, sign_in):
    return sign_in(make_staff(Role.MANAGER, team))


def uncertain(gateway, team):
    """Make a message of this team that its gateway cannot vouch for."""
    message = make_message(make_customer(make_staff(team=team)))
    [begun] = gateway.begun()
    gateway.ack(begun, "unknown", error="modem fell off", provider_id="p-9")
    return message


def test_the_uncertain_stand_on_a_list_with_what_is_known_of_them(gateway, team, manager):
    message = uncertain(gateway, team)

    [item] = manager.get(STUCK).json["items"]

    named = ("id", "state", "reason", "team_id", "gateway_id", "gateway_name", "worker")
    assert {name: item[name] for name in named} == {
        "id": message.id,
        "state": "uncertain",
        "reason": "gateway_unsure",
        "team_id": team.id,
        "gateway_id": gateway.id,
        "gateway_name": gateway.identity.name,
        "worker": "w1",
    }
    assert (item["provider_id"], item["error"]) == ("p-9", "modem fell off")
    assert item["begun_at"] == "2026-03-02T02:00:00Z"
    assert message.number not in str(item)


def test_a_manager_narrows_the_list_by_age_gateway_and_team(
    gateway, other_gateway, team, manager, at
):
    below = make_team(parent=team)
    old = uncertain(gateway, team)
    at(later(hours=1))
    young = uncertain(other_gateway, below)

    assert ids(manager.get(STUCK)) == [old.id, young.id]
    assert ids(manager.get(f"{STUCK}?due_before=2026-03-02T02:30:00Z")) == [old.id]
    assert ids(manager.get(f"{STUCK}?gateway_id={other_gateway.id}")) == [young.id]
    assert ids(manager.get(f"{STUCK}?team_id={below.id}")) == [young.id]
    assert ids(manager.get(f"{STUCK}?state=dead")) == []


def test_poison_is_on_the_list_of_the_dead(app, gateway, team, manager):
    dead = make_message(make_customer(make_staff(team=team)), idle_leases=10)
    app.test_cli_runner().invoke(args=["care-gateway", "sweep"])

    [item] = manager.get(f"{STUCK}?state=dead").json["items"]

    assert (item["id"], item["reason"], item["idle_leases"]) == (dead.id, "poison", 10)
    assert item["gateway_name"] is None


def test_what_is_settled_leaves_the_list_of_its_own_team(gateway, team, manager, sign_in):
    message = uncertain(gateway, team)
    stranger = sign_in(make_staff(Role.MANAGER))

    assert ids(stranger.get(STUCK)) == []
    assert stranger.get(f"{STUCK}?team_id={team.id}").status_code == 404
    body = {"outcome": "not_sent", "note": "the modem's own log says so"}
    manager.put(f"/v1/care-messages/{message.id}/settlement", json=body)

    assert ids(manager.get(STUCK)) == []


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (Role.ACCOUNT_MANAGER, STUCK),
        (Role.ACCOUNT_MANAGER, UNMATCHED),
        (Role.MANAGER, UNMATCHED),
    ],
)
def test_who_has_no_business_there(now, sign_in, role, path):
    assert sign_in(make_staff(role)).get(path).status_code == 403


def test_reports_that_match_nothing_are_listed_until_they_do(gateway, other_gateway, sign_in):
    admin = sign_in(make_staff(Role.ADMIN))
    make_message()
    [begun] = gateway.begun()
    gateway.report("delivered", report_id="r-1", provider_id="p-1", raw="stat:DELIVRD")
    other_gateway.report("delivered", report_id="r-1", provider_id="p-1")

    own = f"{UNMATCHED}?gateway_id={gateway.id}"
    [item] = admin.get(own).json["items"]
    assert (item["report_id"], item["provider_id"], item["raw"]) == ("r-1", "p-1", "stat:DELIVRD")
    assert len(ids(admin.get(UNMATCHED))) == 2
    assert ids(admin.get(f"{UNMATCHED}&stored_before=2026-03-02T02:00:00Z".replace("&", "?"))) == []
    gateway.ack(begun, provider_id="p-1")

    assert ids(admin.get(own)) == []
    assert stored(begun).state is MessageState.DELIVERED
    assert len(ids(admin.get(UNMATCHED))) == 1  # the other gateway's is not helped by that


def test_a_reply_reaches_the_list_of_whoever_looks_after_the_customer(gateway, sign_in):
    mine, theirs = make_staff(), make_staff()
    customer = make_customer(mine)
    gateway.bring("谢谢，同祝安康", number=customer.phone)

    [item] = sign_in(mine).get(f"{REPLIES}?unanswered=true").json["items"]

    assert (item["text"], item["customer_ids"]) == ("谢谢，同祝安康", [customer.id])
    assert ids(sign_in(theirs).get(REPLIES)) == []


def test_a_number_of_two_customers_concerns_both_who_look_after_them(gateway, sign_in):
    one, other = make_staff(), make_staff()
    first = make_customer(one)
    second = make_customer(other, phone=first.phone)

    gateway.bring("何时来？", number=first.phone)

    seen = [sign_in(who).get(REPLIES).json["items"] for who in (one, other)]
    assert [item["customer_ids"] for [item] in seen] == [[first.id], [second.id]]
    contacts = [
        sign_in(who).get(f"/v1/customers/{c.id}/contacts").json["items"]
        for who, c in ((one, first), (other, second))
    ]
    assert [len(found) for found in contacts] == [1, 1]


def test_a_second_number_of_a_customer_is_theirs_too(gateway, sign_in):
    owner = make_staff()
    customer, caller = make_customer(owner), sign_in(owner)
    number = {"number": "13912345678"}
    assert caller.post(f"/v1/customers/{customer.id}/phones", json=number).status_code == 201

    gateway.bring("谢谢", number="+8613912345678")

    [item] = caller.get(REPLIES).json["items"]
    assert item["customer_ids"] == [customer.id]


def test_whoever_gets_the_number_later_does_not_read_what_was_written_before(gateway, sign_in):
    former = make_customer()
    gateway.bring("我搬家了", number=former.phone)
    later_owner = make_staff()
    make_customer(later_owner, phone=former.phone)

    assert ids(sign_in(later_owner).get(REPLIES)) == []


def test_a_reply_is_unanswered_until_somebody_sees_to_it(gateway, sign_in):
    owner = make_staff()
    customer, caller = make_customer(owner), sign_in(owner)
    for text in ("何时来？", "帮助", "START"):
        gateway.bring(text, number=customer.phone)
    waiting = caller.get(f"{REPLIES}?unanswered=true").json["items"]
    assert [item["action"] for item in waiting] == ["none", "help"]
    path = f"{REPLIES}/{waiting[0]['id']}/answer"

    first, again = caller.put(path), caller.put(path)

    assert (first.status_code, again.json) == (200, first.json)
    assert first.json["answered_by_id"] == owner.id
    assert ids(caller.get(f"{REPLIES}?unanswered=true")) == [waiting[1]["id"]]
    assert sign_in(make_staff()).put(path).status_code == 404


def test_replies_are_narrowed_by_action_and_customer(gateway, sign_in):
    owner = make_staff()
    one, other, caller = make_customer(owner), make_customer(owner), sign_in(owner)
    gateway.bring("TD", number=one.phone)
    gateway.bring("帮助", number=other.phone)

    assert [i["action"] for i in caller.get(f"{REPLIES}?action=help").json["items"]] == ["help"]
    [own] = caller.get(f"{REPLIES}?customer_id={one.id}").json["items"]
    assert own["action"] == "opt_out"
