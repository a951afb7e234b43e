"""A brief names key persons only to who may see them, also once somebody changed hands."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role, Team
from crm_api.customers.models import Customer, Relation
from crm_api.customers.service import transfer_customer
from crm_api.kit import clock, following
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.preparation.briefs.service import briefs, freezing
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.factories.visits import planned
from tests.support.feeds import assert_feeds_true, run
from tests.support.phones import Phone
from tests.support.statements import counting

DAY = timedelta(days=1)


@pytest.fixture
def group(field):
    """A group with a key person whom the same account manager looks after, and a brief of both."""
    group = make_customer(field.owner, kind="group", name="虚构集团")
    person = make_customer(field.owner, name="虚构甲")
    link = {"kind": "key_person", "other_id": person.id, "influence": "great"}
    assert field.caller.post(f"/v1/customers/{group.id}/relations", json=link).status_code == 201
    visit = planned(field.caller, group, starts_at=field.tomorrow)
    briefs = f"/v1/visits/{visit['id']}/briefs"
    digest = field.caller.post(briefs).json["digest"]
    return SimpleNamespace(id=group.id, person=person, briefs=briefs, digest=digest)


@pytest.fixture
def phone(field, group):
    phone = Phone(field.caller)
    [brief] = phone.pull()["changes"]["briefs"]["updated"]
    assert "虚构甲" in brief["content"]
    return phone


def hand_over(customer_id, to=None):
    new, admin = to or make_staff(), make_staff(Role.ADMIN)
    with transaction():
        move(customer_id, to=new, by=admin)
    return new


def move(customer_id, *, to, by):
    now = clock.now()
    transfer_customer(customer_id, owner_id=to.id, reason="Moved.", by=by, now=now)


def prepare(app, *only):
    assert "visits" in run(app, "preparation", "prepare-briefs", *only)


def test_who_is_handed_over_leaves_the_briefs_of_others_at_once(field, group, phone, app):
    hand_over(group.person.id)

    changes = phone.pull()["changes"]["briefs"]

    assert (len(changes["deleted"]), changes["updated"]) == (1, [])
    assert_feeds_true(app)
    prepare(app)
    [brief] = phone.pull()["changes"]["briefs"]["updated"]
    assert "虚构集团" in brief["content"]
    assert "虚构甲" not in brief["content"]
    assert_feeds_true(app)


def test_within_a_minute_there_is_another_brief_of_what_lost_its_own(field, group, phone, app):
    other = planned(field.caller, make_customer(field.owner), starts_at=field.tomorrow + DAY)
    hand_over(group.person.id)

    prepare(app, "--withdrawn")
    again = run(app, "preparation", "prepare-briefs", "--withdrawn")

    [brief] = phone.pull()["changes"]["briefs"]["updated"]
    assert "虚构集团" in brief["content"]
    assert "虚构甲" not in brief["content"]
    assert brief["visit_id"] != other["id"]
    assert "Prepared 0 visits" in again
    assert_feeds_true(app)


def test_a_group_that_leaves_with_all_its_people_has_its_brief_again(field, group, app, sign_in):
    new = hand_over(group.id)
    hand_over(group.person.id, to=new)

    prepare(app, "--withdrawn")

    [brief] = Phone(sign_in(new)).pull()["changes"]["briefs"]["updated"]
    assert "虚构甲" in brief["content"]
    assert_feeds_true(app)


def test_who_asks_before_the_night_has_it_at_once(field, group, phone, app):
    hand_over(group.person.id)
    phone.pull()

    assert field.caller.post(group.briefs).status_code == 201

    [brief] = phone.pull()["changes"]["briefs"]["updated"]
    assert "虚构甲" not in brief["content"]
    assert_feeds_true(app)


def test_who_comes_back_is_told_of_as_before(field, group, phone, app):
    hand_over(group.person.id)
    [former] = phone.pull()["changes"]["briefs"]["deleted"]
    hand_over(group.person.id, to=field.owner)

    prepare(app)

    [brief] = phone.pull()["changes"]["briefs"]["updated"]
    assert (brief["id"], brief["digest"]) == (former, group.digest)
    assert "虚构甲" in brief["content"]
    assert_feeds_true(app)


def test_who_was_a_key_person_once_takes_along_what_is_still_said(field, group, phone):
    relations = Relation.__table__
    with transaction():
        db.session.execute(sa.delete(relations).where(relations.c.customer_id == group.id))

    hand_over(group.person.id)

    assert len(phone.pull()["changes"]["briefs"]["deleted"]) == 1


def test_whoever_else_is_handed_over_leaves_a_brief_as_it_is(field, group, phone):
    hand_over(field.customer.id)

    changes = phone.pull()["changes"]["briefs"]

    assert (changes["deleted"], changes["updated"]) == ([], [])


def test_a_brief_goes_as_well_where_the_team_changes_alone(field, group, phone, sign_in, app):
    path = f"{group.briefs}/{group.digest}"
    manager = sign_in(make_staff(Role.MANAGER, team_of(field.owner)))
    before = manager.get(path).status_code
    with transaction():
        db.session.get(Customer, group.person.id).team_id = make_team().id

    assert (before, manager.get(path).status_code) == (200, 404)
    assert len(phone.pull()["changes"]["briefs"]["deleted"]) == 1
    assert_feeds_true(app)


def team_of(actor):
    with transaction(read_only=True):
        return db.session.get(Team, actor.team_id)


def test_two_who_leave_at_once_are_both_told_of_no_more(field, group, phone, app):
    """Each transaction sees the other's person where that was: none may compose what it sees."""
    person = make_customer(field.owner, name="虚构乙")
    link = {"kind": "key_person", "other_id": person.id, "influence": "great"}
    assert field.caller.post(f"/v1/customers/{group.id}/relations", json=link).status_code == 201
    assert field.caller.post(group.briefs).status_code == 201
    assert "虚构乙" in phone.pull()["changes"]["briefs"]["updated"][0]["content"]
    followed = threading.Event()

    def leave_first():
        with app.app_context(), transaction():
            move(one, to=first, by=admin)
            following.tell_now()
            followed.set()
            time.sleep(0.5)  # the other comes meanwhile

    first, second, admin = make_staff(), make_staff(), make_staff(Role.ADMIN)
    one, other = group.person.id, person.id
    db.session.rollback()
    leaving = threading.Thread(target=leave_first)
    leaving.start()
    assert followed.wait(10)
    with transaction():
        move(other, to=second, by=admin)
    leaving.join(20)

    changes = phone.pull()["changes"]["briefs"]
    assert (len(changes["deleted"]), changes["updated"]) == (1, [])
    assert_feeds_true(app)


class NotNow(Exception):
    """Roll it back."""


def test_what_follows_costs_the_same_however_many_briefs_name_them(field, group):
    costs, new, admin = [], make_staff(), make_staff(Role.ADMIN)
    for _ in range(3):
        with contextlib.suppress(NotNow), transaction():
            move(group.person.id, to=new, by=admin)
            db.session.flush()
            with counting() as statements:
                following.tell_now()
            costs.append(statements.count)
            raise NotNow
        another = make_customer(field.owner, kind="group")
        link = {"kind": "key_person", "other_id": group.person.id, "influence": "great"}
        path = f"/v1/customers/{another.id}/relations"
        assert field.caller.post(path, json=link).status_code == 201
        visit = planned(field.caller, another, starts_at=field.tomorrow + (1 + len(costs)) * DAY)
        assert field.caller.post(f"/v1/visits/{visit['id']}/briefs").status_code == 201

    assert costs[0] == costs[1] == costs[2]


def test_a_groups_new_owner_is_told_of_none_of_the_former_ones(field, group, phone, sign_in, app):
    new = hand_over(group.id)

    theirs = Phone(sign_in(new), "their-phone")
    at_first = theirs.pull()["changes"]["briefs"]["updated"]
    prepare(app)
    [brief] = theirs.pull()["changes"]["briefs"]["updated"]

    assert at_first == []
    assert "虚构集团" in brief["content"]
    assert "虚构甲" not in brief["content"]
    assert len(phone.pull()["changes"]["briefs"]["deleted"]) == 1
    assert_feeds_true(app)


def test_what_was_read_then_is_read_by_those_alone_who_may_see_whom_it_names(
    field, group, sign_in, at
):
    path, known = f"{group.briefs}/{group.digest}", {"known_digest": group.digest}
    now = group.briefs.removesuffix("s")
    before = field.caller.get(path).status_code
    at(field.now + timedelta(minutes=1))
    hand_over(group.person.id)

    told = field.caller.get(now, query_string=known)

    assert (before, field.caller.get(path).status_code) == (200, 404)
    assert field.caller.get(f"{now}/page", query_string={"digest": group.digest}).status_code == 404
    assert (told.status_code, told.json["has_changed"], told.json["changes"]) == (200, True, None)
    assert "虚构甲" not in told.text
    assert "虚构甲" in sign_in(make_staff(Role.ADMIN)).get(path).text


def test_who_goes_along_with_the_group_is_told_of_again(field, group, phone, sign_in, app):
    """Both come to the same account manager: what was composed may be read by that one."""
    new, admin = make_staff(), sign_in(make_staff(Role.ADMIN))
    shares = [{"receiver_id": new.id, "customer_ids": None}]
    body = {"giver_id": field.owner.id, "reason": "The district grew", "shares": shares}
    assert admin.post("/v1/handovers", json=body).status_code == 202
    run(app, "customers", "hand-over")

    theirs = Phone(sign_in(new), "their-phone")
    [brief] = theirs.pull()["changes"]["briefs"]["updated"]

    assert "虚构甲" in brief["content"]
    assert theirs.caller.get(f"{group.briefs}/{group.digest}").status_code == 200
    assert field.caller.get(f"{group.briefs}/{group.digest}").status_code == 404


def test_what_the_night_composed_is_not_kept_where_one_it_names_has_left(field, group, phone):
    path = f"/v1/customers/{group.id}"
    renamed = {"json": {"name": "虚构新集团"}, "headers": {"If-Match": '"1"'}}
    assert field.caller.patch(path, **renamed).status_code == 200
    with transaction(read_only=True):
        prepared = freezing.compose_next(None, now=field.now, until=field.now + 2 * DAY)
    hand_over(group.person.id)

    with transaction():
        new = freezing.keep_prepared(prepared, now=field.now)

    assert (len(prepared), new) == (1, 0)
    changes = phone.pull()["changes"]["briefs"]
    assert (len(changes["deleted"]), changes["updated"]) == (1, [])


def test_who_is_handed_over_while_a_brief_is_composed_leaves_it_as_well(
    app, field, group, phone, monkeypatch
):
    new, admin, compose = make_staff(), make_staff(Role.ADMIN), briefs.composed
    learnt = {"json": {"interests": ["登山"]}, "headers": {"If-Match": '"0"'}}
    path = f"/v1/customers/{group.id}/extended-profile"
    assert field.caller.patch(path, **learnt).status_code == 200

    def move():
        with app.app_context(), transaction():
            reason, now = "Moved.", clock.now()
            transfer_customer(group.person.id, owner_id=new.id, reason=reason, by=admin, now=now)

    moving = threading.Thread(target=move)

    def compose_slowly(visit, *, now):
        composed = compose(visit, now=now)
        moving.start()
        moving.join(1)  # it waits for us
        return composed

    monkeypatch.setattr(briefs, "composed", compose_slowly)
    assert field.caller.post(group.briefs).status_code == 201
    moving.join(20)

    changes = phone.pull()["changes"]["briefs"]
    assert (len(changes["deleted"]), changes["updated"]) == (2, [])  # what came meanwhile as well
