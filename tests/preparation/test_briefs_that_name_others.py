"""A brief names key persons only to who may see them, also once somebody changed hands."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest

from crm_api.accounts.models import Role
from crm_api.customers.service import transfer_customer
from crm_api.kit import clock
from crm_api.kit.transactions import transaction
from crm_api.preparation.briefs.service import briefs, freezing
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.factories.visits import planned
from tests.support.feeds import assert_feeds_true, run
from tests.support.phones import Phone

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


def hand_over(customer_id):
    new, admin = make_staff(), make_staff(Role.ADMIN)
    with transaction():
        transfer_customer(customer_id, owner_id=new.id, reason="Moved.", by=admin, now=clock.now())
    return new


def test_who_is_handed_over_leaves_the_briefs_of_others_at_once(field, group, phone, app):
    hand_over(group.person.id)

    changes = phone.pull()["changes"]["briefs"]

    assert len(changes["deleted"]) == 1
    [brief] = changes["updated"]
    assert "虚构集团" in brief["content"]
    assert "虚构甲" not in brief["content"]
    assert_feeds_true(app)


def test_a_groups_new_owner_is_told_of_none_of_the_former_ones(field, group, phone, sign_in, app):
    new = hand_over(group.id)

    [brief] = Phone(sign_in(new), "their-phone").pull()["changes"]["briefs"]["updated"]

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
    [brief] = phone.pull()["changes"]["briefs"]["updated"]
    assert "虚构甲" not in brief["content"]


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

    [brief] = phone.pull()["changes"]["briefs"]["updated"]
    assert "登山" in brief["content"]
    assert "虚构甲" not in brief["content"]
