"""Many customers changed alike: settled, watched, cancelled, told row by row."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role, Staff, Standing
from crm_api.customers.bulk import service
from crm_api.customers.models import Customer, CustomerChange, DoNotDisturbWish
from crm_api.customers.terms import Aspect, Tier
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer

PATH = "/v1/bulk-edits"
STATUS = {"kind": "status", "status": "suspended"}


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def owner(team):
    return make_staff(team=team)


@pytest.fixture
def lead(team, sign_in):
    return sign_in(make_staff(Role.MANAGER, team))


@pytest.fixture
def small_chunks(monkeypatch):
    """Let a chunk be two rows, so that few customers make several."""
    for module in ("accepting", "working"):
        monkeypatch.setattr(f"crm_api.customers.bulk.service.{module}.ROWS_IN_CHUNK", 2)


def work(app, *options):
    result = app.test_cli_runner().invoke(args=["customers", "work-bulk-jobs", *options])
    db.session.rollback()
    db.session.expire_all()
    assert result.exit_code == 0, result.output
    return result.output


def _accept(caller, edit, chosen, **more):
    body = {"customers": chosen, "edit": edit, "reason": "A campaign.", **more}
    reply = caller.post(PATH, json=body)
    assert reply.status_code == 202, reply.json
    return reply.json


def _of(customers):
    return {"ids": [customer.id for customer in customers]}


def _job(caller, job):
    return caller.get(f"/v1/bulk-jobs/{job['id']}").json


def _outcomes(caller, job, **filters):
    reply = caller.get(f"/v1/bulk-jobs/{job['id']}/rows", query_string=filters)
    assert reply.status_code == 200, reply.json
    return {row["customer_id"]: row["code"] or row["outcome"] for row in reply.json["items"]}


def _fresh(customer):
    return db.session.get(Customer, customer.id, populate_existing=True)


def test_it_is_accepted_done_in_chunks_and_told_row_by_row(app, small_chunks, lead, owner):
    customers = [make_customer(owner) for _ in range(4)]
    customers.append(make_customer(owner, status="suspended"))

    job = _accept(lead, STATUS, {"criteria": {"owner_ids": [owner.id]}})

    assert (job["status"], job["rows"], job["done"]) == ("working", 5, 0)
    assert _fresh(customers[0]).status == "active"
    assert work(app, "--chunks", "1") == "Worked off 2 rows.\n"
    assert (_job(lead, job)["done"], _job(lead, job)["changed"]) == (2, 2)
    assert work(app) == "Worked off 3 rows.\n"
    shown = _job(lead, job)
    assert [shown[n] for n in ("status", "changed", "unchanged", "refused")] == [
        "finished",
        4,
        1,
        0,
    ]
    assert {_fresh(c).status for c in customers} == {"suspended"}
    assert _outcomes(lead, job, outcome="unchanged") == {customers[-1].id: "unchanged"}
    reasons = db.session.scalars(sa.select(CustomerChange.reason)).all()
    assert reasons == ["A campaign."] * 4


def test_who_is_meant_is_settled_when_it_is_accepted(app, lead, owner):
    one = make_customer(owner, tier="gold")
    body = {"name": "金卡", "criteria": {"tiers": ["gold"]}}
    segment = lead.post("/v1/segments", json=body).json

    job = _accept(lead, STATUS, {"segment_id": segment["id"]})
    late = make_customer(owner, tier="gold")
    work(app)

    assert job["selection"] == {"segment_id": segment["id"], "segment_version": 1}
    assert _outcomes(lead, job) == {one.id: "changed"}
    assert _fresh(late).status == "active"


def test_key_persons_follow_their_group_and_nobody_else(app, lead, owner):
    group = make_customer(owner, kind="group")
    person, plain = make_customer(owner), make_customer(owner)
    link = {"kind": "key_person", "other_id": person.id, "influence": "great"}
    assert lead.post(f"/v1/customers/{group.id}/relations", json=link).status_code == 201

    job = _accept(lead, {"kind": "tier", "tier": "gold"}, _of([group, person, plain]))
    work(app)

    assert _outcomes(lead, job) == {
        group.id: "changed",
        person.id: "tier_follows_group",
        plain.id: "changed",
    }
    assert [_fresh(c).tier for c in (group, person, plain)] == [Tier.GOLD] * 3
    assert _fresh(person).own_tier is Tier.STANDARD
    noted = sa.select(sa.func.count()).where(CustomerChange.aspect == Aspect.TIER)
    assert db.session.scalar(noted) == 3


def test_tags_are_added_and_taken(app, lead, owner, monkeypatch):
    one, two = make_customer(owner), make_customer(owner)
    a, b = (lead.post("/v1/tags", json={"name": n}).json["id"] for n in "ab")
    lead.put(f"/v1/customers/{one.id}/tags/{a}")
    monkeypatch.setattr("crm_api.customers.bulk.service.editing.MOST_TAGS", 1)

    added = _accept(lead, {"kind": "add_tags", "tags": [b]}, _of([one, two]))
    again = _accept(lead, {"kind": "add_tags", "tags": [b]}, _of([two]))
    taken = _accept(lead, {"kind": "remove_tags", "tags": [b]}, _of([one, two]))
    work(app)

    assert _outcomes(lead, added) == {one.id: "too_many_tags", two.id: "changed"}
    assert _outcomes(lead, again) == {two.id: "unchanged"}
    assert _outcomes(lead, taken) == {one.id: "unchanged", two.id: "changed"}


def test_a_tag_that_went_meanwhile_stops_nobody_else(app, lead, owner):
    one = make_customer(owner)
    tag = lead.post("/v1/tags", json={"name": "a"}).json["id"]
    job = _accept(lead, {"kind": "add_tags", "tags": [tag]}, _of([one]))
    other = _accept(lead, STATUS, _of([one]))
    assert lead.delete(f"/v1/tags/{tag}").status_code == 204

    work(app)

    assert _outcomes(lead, job) == {one.id: "not_found"}
    assert _outcomes(lead, other) == {one.id: "changed"}


def test_wishes_and_plans_are_changed_alike(app, lead, owner):
    customers = [make_customer(owner, plan_name="旧") for _ in range(2)]
    wish = {"channels": ["sms"], "quiet_from": "12:00:00", "quiet_until": "14:00:00"}
    plan = {"plan_name": "新", "contract_end_on": "2027-02-28"}

    for edit in ({"kind": "wish", "wish": wish}, {"kind": "plan", "plan": plan}):
        jobs = [_accept(lead, edit, _of(customers)) for _ in range(2)]
        work(app)
        assert set(_outcomes(lead, jobs[0]).values()) == {"changed"}
        assert set(_outcomes(lead, jobs[1]).values()) == {"unchanged"}

    assert db.session.scalar(sa.select(sa.func.count()).select_from(DoNotDisturbWish)) == 2
    assert _fresh(customers[0]).contract_end_on.isoformat() == "2027-02-28"
    told = lead.get(f"/v1/customers/{customers[0].id}/field-sources").json["items"]
    of = {item["field"]: (item["origin"], item["record_id"]) for item in told}
    assert of == dict.fromkeys(("plan_name", "contract_end_on"), ("bulk_edit", jobs[0]["id"]))


def test_a_cancelled_job_touches_nobody_any_more(app, small_chunks, lead, owner):
    customers = [make_customer(owner) for _ in range(4)]
    job = _accept(lead, STATUS, _of(customers))
    work(app, "--chunks", "1")

    for _ in range(2):
        reply = lead.put(f"/v1/bulk-jobs/{job['id']}/cancellation")
        assert (reply.status_code, reply.json["status"]) == (200, "cancelled")
    assert work(app) == "Worked off 0 rows.\n"

    assert sorted(_outcomes(lead, job).values()) == ["changed"] * 2 + ["waiting"] * 2
    done = _accept(lead, STATUS, _of(customers))
    work(app)
    over = lead.put(f"/v1/bulk-jobs/{done['id']}/cancellation")
    assert (over.status_code, over.json["code"]) == (409, "bulk_job_over")


def test_whoever_asked_must_still_see_them_and_be_at_work(app, lead, owner, sign_in):
    one, given_away = make_customer(owner), make_customer(owner)
    caller = sign_in(owner)
    job = _accept(caller, STATUS, _of([one, given_away]))
    other = make_staff(team=make_team())
    with transaction():
        db.session.get(Customer, given_away.id).owner_id = other.id
    work(app)
    assert _outcomes(caller, job) == {one.id: "changed", given_away.id: "not_found"}

    job = _accept(caller, {"kind": "status", "status": "closed"}, _of([one]))
    with transaction():
        db.session.get(Staff, owner.id).status = Standing.DEACTIVATED
    work(app)

    job = service.get_progress(job["id"], visible_to=make_staff(Role.ADMIN))
    assert (job.status, job.refused, job.changed) == ("finished", 1, 0)


def test_others_may_not_name_see_or_cancel(app, lead, owner, sign_in):
    one = make_customer(owner)
    job = _accept(lead, STATUS, _of([one]))
    stranger = sign_in(make_staff(Role.MANAGER, make_team()))
    body = {"customers": _of([one]), "edit": STATUS, "reason": "x"}

    assert stranger.post(PATH, json=body).status_code == 404
    assert stranger.get(f"/v1/bulk-jobs/{job['id']}").status_code == 404
    assert stranger.put(f"/v1/bulk-jobs/{job['id']}/cancellation").status_code == 404
    assert stranger.get("/v1/bulk-jobs").json["items"] == []
    everybody = _accept(stranger, STATUS, {"criteria": {}})
    assert everybody["rows"] == 0
    tier = {**body, "edit": {"kind": "tier", "tier": "gold"}}
    assert sign_in(owner).post(PATH, json=tier).json["code"] == "needs_leader"


def test_the_same_id_again_is_the_same_job(app, lead, owner):
    one = make_customer(owner)
    first = _accept(lead, STATUS, _of([one]), id="job-of-a-phone")

    assert _accept(lead, STATUS, _of([one]), id="job-of-a-phone") == first
    other = {"customers": _of([one]), "edit": STATUS, "reason": "y", "id": "job-of-a-phone"}
    assert lead.post(PATH, json=other).json["code"] == "id_taken"


@pytest.mark.parametrize(
    "body",
    [
        {"edit": {"kind": "owner"}},
        {"edit": {"kind": "tier"}},
        {"edit": {"kind": "tier", "tier": "gold", "status": "closed"}},
        {"edit": {"kind": "add_tags", "tags": []}},
        {"edit": {"kind": "plan", "plan": {}}},
        {"edit": {"kind": "wish", "wish": {"id": "x"}}},
        {"edit": {"kind": "wish", "wish": {"quiet_from": "12:00:00"}}},
        {"customers": {}},
        {"customers": {"ids": []}},
        {"customers": {"ids": ["a"], "criteria": {}}},
        {"customers": {"ids": ["\u0000"]}},
        {"reason": ""},
    ],
)
def test_what_cannot_be_is_refused(lead, body):
    whole = {"customers": {"criteria": {}}, "edit": STATUS, "reason": "x", **body}

    assert lead.post(PATH, json=whole).status_code in (400, 422)


def test_one_job_takes_so_many_and_no_more(lead, owner, monkeypatch):
    monkeypatch.setattr("crm_api.customers.bulk.service.accepting.MOST_ROWS", {None: 1})
    customers = [make_customer(owner) for _ in range(2)]

    reply = lead.post(PATH, json={"customers": _of(customers), "edit": STATUS, "reason": "x"})

    assert (reply.status_code, reply.json["code"]) == (422, "too_many_customers")


def test_a_chunk_costs_an_update_for_each_and_nothing_else(app, lead, owner, count_statements):
    counts = []
    for many in (22, 32):
        customers = [make_customer(owner) for _ in range(many)]
        _accept(lead, {"kind": "tier", "tier": "gold"}, _of(customers))
        db.session.remove()
        with count_statements() as statements:
            work(app)
        counts.append(statements.count)

    assert counts[1] - counts[0] <= 10


def test_two_workers_do_each_row_once(app, small_chunks, backend, lead, owner):
    customers = [make_customer(owner) for _ in range(12)]
    job = _accept(lead, STATUS, _of(customers))

    def run():
        with app.app_context():
            while True:
                with transaction():
                    chunk = service.work_chunk(job_id=job["id"], now=clock.now())
                if chunk is None:
                    break
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    work(app)
    shown = _job(lead, job)
    assert (shown["status"], shown["changed"]) == ("finished", 12)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CustomerChange)) == 12
