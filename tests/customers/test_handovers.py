"""Portfolios that change hands: seen beforehand, on a day, with all that is open, and back."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.app.rooms import load_models
from crm_api.customers.handovers.policies import deal
from crm_api.customers.models import Customer
from crm_api.customers.terms import Status, Tier
from crm_api.kit.db import db
from crm_api.kit.succession import Fate, columns_referring_to, fate_of
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, planned, step

DAY = timedelta(days=1)
REASON = "The district grew"


@pytest.fixture
def now(at, moment):
    keep_default_policies(moment - 30 * DAY)
    return at(moment)


@pytest.fixture
def team(app, now):
    return make_team()


@pytest.fixture
def manager(sign_in, team):
    return sign_in(make_staff(Role.MANAGER, team))


@pytest.fixture
def giver(team):
    return make_staff(team=team)


@pytest.fixture
def receiver(team):
    return make_staff(team=make_team(parent=team))


@pytest.fixture
def trio(manager, giver, receiver):
    return manager, giver, receiver


def share(receiver, *customers):
    named = [customer.id for customer in customers] or None
    return {"receiver_id": receiver.id, "customer_ids": named}


def wanted(giver, *shares, at=None):
    body = {"giver_id": giver.id, "reason": REASON, "shares": list(shares)}
    return body | ({"takes_effect_at": at.isoformat()} if at else {})


def hand_over(caller, giver, *shares, at=None):
    reply = caller.post("/v1/handovers", json=wanted(giver, *shares, at=at))
    assert reply.status_code == 202, reply.text
    return reply.json


def undo(caller, handover):
    return caller.put(f"/v1/handovers/{handover['id']}/undo", json={"reason": "A mistake"})


def sweep(app):
    result = app.test_cli_runner().invoke(args=["customers", "hand-over"])
    assert result.exit_code == 0, result.output
    return result.output


def counts(handover):
    return {name: number for name, number in handover["customers"].items() if number}


def owners(*customers):
    db.session.rollback()
    sought = sa.select(Customer.id, Customer.owner_id)
    found = dict(db.session.execute(sought).all())
    db.session.rollback()
    return [found[customer.id] for customer in customers]


def naming(staff):
    """Every row of a metadata's moving columns that names somebody, by table."""
    load_models()
    moving = [c for c in columns_referring_to("staff") if fate_of(c) is Fate.MOVES]
    found = {}
    for column in moving:
        ids = db.session.scalars(sa.select(column.table.c.id).where(column == staff.id))
        found[column.table.name] = sorted(ids)
    db.session.rollback()
    return found


def busy(caller, customer, moment):
    """A visit made that left a promise and a task, and one to come."""
    visit = made(caller, planned(caller, customer, starts_at=moment))
    due = (moment + 9 * DAY).date().isoformat()
    record = a_record(
        visit,
        promises=[{"text": "Bring the offer.", "due_on": due}],
        follow_ups=[{"text": "Ask again.", "due_on": due}],
        next_touch={
            "text": "Call",
            "due_on": due,
            "contact": {"channel": "call", "at": (moment + 9 * DAY).isoformat()},
        },
    )
    del record["leave_alone"]
    assert step(caller, visit, "record", **record).status_code == 200
    return visit, planned(caller, customer, starts_at=moment + 20 * DAY, objectives=[])


def test_all_that_is_open_goes_along_and_what_was_done_stays(sign_in, trio, now):
    manager, giver, receiver = trio
    customer = make_customer(giver)
    done, ahead = busy(sign_in(giver), customer, now)
    before = naming(giver)

    preview = manager.post("/v1/handover-previews", json=wanted(giver, share(receiver)))
    assert preview.status_code == 200, preview.text
    [shown] = preview.json["shares"]
    assert shown["customers"] == shown["tiers"]["standard"] == 1
    assert {n: c for n, c in shown["goes_along"].items() if c} == {
        "open_visits": 1,
        "open_promises": 1,
        "open_follow_ups": 2,
        "planned_calls": 1,
    }
    assert naming(giver) == before

    handover = hand_over(manager, giver, share(receiver))

    assert (handover["state"], counts(handover)) == ("done", {"handed_over": 1})
    assert naming(giver) == {**{name: [] for name in before}, "visits": [done["id"]]}
    moved = naming(receiver)
    assert moved["visits"] == [ahead["id"]]
    caller = sign_in(receiver)
    seen = caller.get(f"/v1/visits/{ahead['id']}")
    assert (seen.json["owner_id"], seen.json["version"]) == (receiver.id, ahead["version"] + 1)
    assert caller.get(f"/v1/customers/{customer.id}").json["team_id"] == receiver.team_id
    assert sign_in(giver).get(f"/v1/customers/{customer.id}").status_code == 404
    [change] = caller.get(f"/v1/customers/{customer.id}/changes?aspect=ownership").json["items"]
    assert (change["after"]["owner_id"], change["reason"]) == (receiver.id, REASON)


def test_an_undo_gives_back_exactly_what_went_and_what_was_begun_since(sign_in, at, trio, now):
    manager, giver, receiver = trio
    customer, kept = make_customer(giver), make_customer(giver)
    busy(sign_in(giver), customer, now)
    before = naming(giver)
    handover = hand_over(manager, giver, share(receiver))
    at(now + DAY)
    fresh = planned(sign_in(receiver), customer, starts_at=now + 40 * DAY, objectives=[])
    third = make_staff(team=make_team())
    with transaction():
        db.session.get(Customer, kept.id).owner_id = third.id

    turned = undo(manager, handover)

    assert turned.status_code == 200, turned.text
    assert (turned.json["state"], counts(turned.json)) == ("undone", {"returned": 1, "kept": 1})
    assert undo(manager, handover).json == turned.json
    assert owners(customer, kept) == [giver.id, third.id]
    after = naming(giver)
    assert after["visits"] == sorted([*before["visits"], fresh["id"]])
    assert {**after, "visits": None} == {**before, "visits": None}
    shown = sign_in(giver).get(f"/v1/customers/{customer.id}")
    assert shown.json["team_id"] == giver.team_id


def test_what_was_the_receivers_before_stays_so_after_an_undo(sign_in, trio, now):
    manager, giver, receiver = trio
    customer = make_customer(giver)
    visit = planned(sign_in(giver), customer, starts_at=now + DAY)
    with transaction():
        statement = "UPDATE visits SET owner_id = :owner, created_at = :at"
        moments = {"at": (now - DAY).replace(tzinfo=None).isoformat(" ") + ".000000"}
        if db.engine.dialect.name == "postgresql":
            moments = {"at": now - DAY}
        db.session.execute(sa.text(statement), {"owner": receiver.id, **moments})
    undo(manager, hand_over(manager, giver, share(receiver)))

    assert owners(customer) == [giver.id]
    assert sign_in(giver).get(f"/v1/visits/{visit['id']}").json["owner_id"] == receiver.id


def test_on_its_day_and_no_earlier(app, sign_in, at, trio, now):
    manager, giver, receiver = trio
    named, other = make_customer(giver), make_customer(giver, status=Status.CLOSED)
    second = make_staff(team=make_team())
    body = wanted(giver, share(receiver, named), share(second), at=now + DAY)
    refused = manager.post("/v1/handovers", json=body)
    assert refused.json["errors"][0]["pointer"] == "/shares/1/receiver_id"

    admin = sign_in(make_staff(Role.ADMIN))
    handover = hand_over(admin, giver, share(receiver, named), share(second), at=now + DAY)
    path = f"/v1/handovers/{handover['id']}"
    at(now + DAY - timedelta(seconds=1))
    sweep(app)
    assert (handover["state"], owners(named, other)) == ("planned", [giver.id] * 2)

    late = make_customer(giver)
    at(now + DAY)
    assert "1 handovers, 3 customers" in sweep(app)
    assert owners(named, other, late) == [receiver.id, second.id, second.id]
    done = admin.get(path).json
    assert (done["state"], counts(done)) == ("done", {"handed_over": 3})
    assert "0 handovers" in sweep(app)
    listed = manager.get(f"{path}/customers").json["items"]
    assert [item["customer_id"] for item in listed] == [named.id]


def test_called_off_it_does_not_take_effect(app, at, trio, now):
    manager, giver, receiver = trio
    customer = make_customer(giver)
    handover = hand_over(manager, giver, share(receiver), at=now + DAY)
    path = f"/v1/handovers/{handover['id']}/cancellation"
    early = undo(manager, handover)
    assert (early.status_code, early.json["code"]) == (409, "handover_out_of_order")

    off = manager.put(path, json={"reason": "Stays"})
    assert off.json["state"] == "called_off"
    assert manager.put(path, json={"reason": "Again"}).json == off.json
    at(now + 2 * DAY)
    sweep(app)

    assert owners(customer) == [giver.id]
    done = hand_over(manager, giver, share(receiver))
    late = manager.put(f"/v1/handovers/{done['id']}/cancellation", json={"reason": "x"})
    assert (late.status_code, late.json["code"]) == (409, "handover_out_of_order")


def test_what_changed_meanwhile_is_told_for_each(app, sign_in, at, trio, now):
    manager, giver, receiver = trio
    gone = make_staff(team=receiver_team(receiver))
    customers = [make_customer(giver) for _ in range(3)]
    handover = hand_over(
        manager, giver, share(receiver, *customers[:2]), share(gone, customers[2]), at=now + DAY
    )
    give = {"owner_id": receiver.id, "reason": "x"}
    manager.put(f"/v1/customers/{customers[0].id}/owner", json=give)
    admin = sign_in(make_staff(Role.ADMIN))
    assert admin.put(f"/v1/staff/{gone.id}/deactivation").status_code == 200
    at(now + DAY)

    sweep(app)

    done = manager.get(f"/v1/handovers/{handover['id']}").json
    assert counts(done) == {"handed_over": 1, "passed_over": 1, "receiver_gone": 1}
    assert owners(*customers) == [receiver.id, receiver.id, giver.id]


def receiver_team(receiver):
    from crm_api.accounts.models import Team

    team = db.session.get(Team, receiver.team_id)
    db.session.rollback()
    return team


def test_the_window_of_an_undo_ends(at, sign_in, trio, now):
    manager, giver, receiver = trio
    customer = make_customer(giver)
    handover = hand_over(manager, giver, share(receiver))
    at(now + 7 * DAY)

    late = undo(manager, handover)

    assert (late.status_code, late.json["code"]) == (409, "undo_too_late")
    at(now + DAY)
    admin = sign_in(make_staff(Role.ADMIN))
    assert admin.put(f"/v1/staff/{giver.id}/deactivation").status_code == 200
    gone = undo(manager, handover)
    assert (gone.status_code, gone.json["code"]) == (409, "giver_gone")
    assert owners(customer) == [receiver.id]


def test_a_leaver_hands_over_first_and_sees_what_is_left(sign_in, trio, now):
    manager, giver, receiver = trio
    make_customer(giver, status=Status.CLOSED)
    busy(sign_in(giver), make_customer(giver), now)
    planned_handover = hand_over(manager, giver, share(receiver), at=now + DAY)
    path = f"/v1/staff/{giver.id}/remains"

    left = manager.get(path).json

    assert left["customers"] == {"active": 1, "suspended": 0, "closed": 1, "deceased": 0}
    assert {n: c for n, c in left["open"].items() if c} == {
        "open_visits": 1,
        "open_promises": 1,
        "open_follow_ups": 2,
    }
    assert left["handover_ids"] == [planned_handover["id"]]
    assert manager.get(f"/v1/staff/{receiver.id}/remains").json["handover_ids"] == [
        planned_handover["id"]
    ]
    assert sign_in(make_staff(Role.MANAGER)).get(path).status_code == 404


def test_a_single_customer_takes_what_is_open_along(sign_in, trio, now):
    manager, giver, receiver = trio
    customer = make_customer(giver)
    _, ahead = busy(sign_in(giver), customer, now)

    manager.put(f"/v1/customers/{customer.id}/owner", json={"owner_id": receiver.id, "reason": "x"})

    assert naming(receiver)["visits"] == [ahead["id"]]


def test_what_cannot_be_right_is_refused(sign_in, trio, now):
    manager, giver, receiver = trio
    mine, foreign = make_customer(giver), make_customer()
    post = manager.post

    def refusal(body):
        reply = post("/v1/handovers", json=body)
        pointer = (reply.json.get("errors") or [{}])[0].get("pointer")
        return reply.status_code, pointer or reply.json["code"]

    assert refusal(wanted(giver, share(giver))) == (422, "/shares/0/receiver_id")
    assert refusal(wanted(giver, share(make_staff()))) == (422, "/shares/0/receiver_id")
    named = share(receiver, mine, foreign)
    assert refusal(wanted(giver, named)) == (422, "/shares/0/customer_ids/1")
    twice = share(receiver, mine, mine)
    assert refusal(wanted(giver, twice)) == (422, "/shares")
    assert refusal(wanted(giver, share(receiver), share(receiver))) == (422, "/shares")
    assert refusal(wanted(giver)) == (422, "/shares")
    past = wanted(giver, share(receiver), at=now - DAY)
    assert refusal(past) == (422, "/takes_effect_at")
    assert refusal(wanted(receiver, share(giver))) == (409, "nothing_to_hand_over")
    assert refusal(wanted(make_staff(), share(receiver))) == (404, "not_found")
    hand_over(manager, giver, share(receiver, mine), at=now + DAY)
    assert refusal(wanted(giver, named | {"customer_ids": [mine.id]})) == (409, "handover_clash")
    assert sign_in(giver).post("/v1/handovers", json=past).status_code == 403
    assert owners(mine) == [giver.id]


def test_the_rest_is_dealt_alike_and_who_are_one_person_stay_together():
    customers = [
        (f"c{n:02}", None, tier) for n, tier in enumerate([Tier.GOLD] * 4 + [Tier.VIP] * 5)
    ]
    customers += [("p1", "person", Tier.GOLD), ("p2", "person", Tier.STANDARD)]

    dealt = deal(customers, receivers=["a", "b"])

    assert dealt == deal(reversed(customers), receivers=["a", "b"])
    assert dealt["p1"] == dealt["p2"]
    for tier, most in ((Tier.GOLD, 3), (Tier.VIP, 3)):
        theirs = [dealt[one] for one, _, its in customers if its is tier]
        assert max(theirs.count("a"), theirs.count("b")) <= most
    assert abs(list(dealt.values()).count("a") * 2 - len(dealt)) <= 2


def test_a_large_portfolio_is_worked_off_in_pieces(app, monkeypatch, trio, now):
    manager, giver, receiver = trio
    for module in ("opening", "undoing", "working"):
        monkeypatch.setattr(f"crm_api.customers.handovers.service.{module}.AT_ONCE", 2)
    customers = [make_customer(giver) for _ in range(5)]

    handover = hand_over(manager, giver, share(receiver))
    assert (handover["state"], counts(handover)) == ("under_way", {"waiting": 5})
    sweep(app)
    assert owners(*customers) == [receiver.id] * 5

    assert undo(manager, handover).json["state"] == "undoing"
    sweep(app)
    done = manager.get(f"/v1/handovers/{handover['id']}").json
    assert (done["state"], counts(done)) == ("undone", {"returned": 5})
    assert owners(*customers) == [giver.id] * 5


def test_statements_do_not_grow_with_customers(trio, now, count_statements):
    manager, giver, receiver = trio

    def statements(path, **kwargs):
        with count_statements() as counted:
            reply = manager.open(*path, **kwargs)
        assert reply.status_code in (200, 202), reply.text
        return counted.count

    make_customer(giver)
    hand_over(manager, giver, share(receiver), at=now + DAY)
    first = make_staff(team=receiver_team(receiver))
    make_customer(first)
    body = {"json": wanted(first, share(receiver))}
    few = statements(("POST", "/v1/handover-previews"), **body)
    listed = statements(("GET", "/v1/handovers"))
    for _ in range(20):
        make_customer(first)
        other = make_staff(team=receiver_team(receiver))
        make_customer(other)
        hand_over(manager, other, share(receiver), at=now + DAY)

    assert statements(("POST", "/v1/handover-previews"), **body) == few
    assert statements(("GET", "/v1/handovers")) == listed


def test_two_sweeps_and_a_transfer_at_once_lose_nobody(app, sign_in, at, trio, now):
    manager, giver, receiver = trio
    customers = [make_customer(giver) for _ in range(12)]
    handover = hand_over(manager, giver, share(receiver), at=now + DAY)
    at(now + DAY)
    third, ids = make_staff(), [customer.id for customer in customers]
    caller = sign_in(make_staff(Role.ADMIN))

    def work():
        with app.app_context():
            from crm_api.customers.handovers.service import work_on
            from crm_api.kit import clock

            done = 0
            while done is not None:
                with transaction():
                    done = work_on(handover["id"], now=clock.now())
            db.session.remove()

    def transfer():
        for customer_id in reversed(ids):
            body = {"owner_id": third.id, "reason": "x"}
            assert caller.put(f"/v1/customers/{customer_id}/owner", json=body).status_code == 200

    threads = [threading.Thread(target=run) for run in (work, work, transfer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    done = manager.get(f"/v1/handovers/{handover['id']}").json
    assert done["state"] == "done"
    assert sum(done["customers"].values()) == 12
    assert done["customers"]["waiting"] == 0
    assert set(owners(*customers)) == {third.id}


def test_who_is_merged_leaves_what_is_open_to_the_survivors_owner(sign_in, trio, now):
    manager, giver, receiver = trio
    merged, survivor = make_customer(giver), make_customer(receiver)
    _, ahead = busy(sign_in(giver), merged, now)
    before = naming(giver)
    pair = {"survivor_id": survivor.id, "merged_id": merged.id}
    seen = manager.post("/v1/customer-merge-previews", json=pair).json
    versions = {name: seen[name] for name in ("survivor_version", "merged_version")}
    merge = manager.post("/v1/customer-merges", json={**pair, **versions, "reason": "x"})
    assert merge.status_code == 201, merge.text

    assert ahead["id"] in naming(receiver)["visits"]
    assert naming(giver)["promises"] == []
    preview = manager.post("/v1/handover-previews", json=wanted(receiver, share(giver)))
    assert preview.json["customers"] == 1

    hand_over(manager, receiver, share(giver))
    assert owners(merged, survivor) == [giver.id] * 2
    third = make_staff(team=receiver_team(receiver))
    hand_over(manager, giver, share(third))
    undone = manager.put(f"/v1/customer-merges/{merge.json['id']}/undo", json={"reason": "y"})
    assert undone.status_code == 200, undone.text
    assert naming(third)["visits"] == [ahead["id"]]
    assert naming(giver)["visits"] == [one for one in before["visits"] if one != ahead["id"]]
