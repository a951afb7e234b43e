"""Briefs are ready before anybody asks, so that phones have them where there is no line."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.customers.service import transfer_customer
from crm_api.kit.db import db
from crm_api.preparation.briefs.service import freezing
from crm_api.preparation.models import Brief
from crm_api.visits.models import Visit
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.factories.visits import planned
from tests.support.feeds import assert_feeds_true
from tests.support.phones import Phone


@pytest.fixture
def prepare(app):
    def prepare(*arguments):
        result = app.test_cli_runner().invoke(args=["preparation", "prepare-briefs", *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    return prepare


def kept():
    return db.session.scalars(sa.select(Brief).order_by(Brief.created_at, Brief.id)).all()


def test_those_of_the_coming_days_are_frozen_once_until_they_say_something_new(field, prepare, app):
    far = make_customer(field.owner)
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    planned(field.caller, far, starts_at=field.tomorrow.replace(day=23), objectives=[])
    phone = Phone(field.caller)

    outputs = [prepare(), prepare()]
    [brief] = phone.pull()["changes"]["briefs"]["updated"]
    path = f"/v1/customers/{field.customer.id}/extended-profile"
    learnt = {"json": {"employer": "示范贸易"}, "headers": {"If-Match": '"0"'}}
    assert field.caller.patch(path, **learnt).status_code == 200
    outputs.append(prepare())
    later = phone.pull()["changes"]["briefs"]

    new = [output.split("; ")[1].split()[0] for output in outputs]
    assert new == ["1", "0", "1"]
    assert (brief["visit_id"], kept()[0].by_id) == (visit["id"], field.owner.id)
    assert later["deleted"] == [brief["id"]]
    assert "示范贸易" in later["updated"][0]["content"]
    assert_feeds_true(app)


def test_what_is_as_it_was_before_is_told_again(field, prepare, app, at):
    planned(field.caller, field.customer, starts_at=field.tomorrow)
    phone = Phone(field.caller)
    path = f"/v1/customers/{field.customer.id}/extended-profile"
    told = []
    for minute, interests in enumerate((["登山"], ["登山", "钓鱼"], ["登山"])):
        at(field.now + timedelta(minutes=minute))
        said = {"json": {"interests": interests}, "headers": {"If-Match": f'"{minute}"'}}
        assert field.caller.patch(path, **said).status_code == 200
        prepare(), prepare()
        told.append(phone.pull()["changes"]["briefs"])

    [first], [second], [third] = (changes["updated"] for changes in told)
    assert "钓鱼" in second["content"]
    assert third == first
    assert told[2]["deleted"] == [second["id"]]
    assert_feeds_true(app)


def test_what_was_composed_for_another_owner_is_not_kept(field, prepare, monkeypatch):
    planned(field.caller, field.customer, starts_at=field.tomorrow)
    admin, keep = make_staff(Role.ADMIN), freezing.keep_prepared

    def hand_over_and_keep(prepared, *, now):
        new = make_staff()
        transfer_customer(field.customer.id, owner_id=new.id, reason="Moved.", by=admin, now=now)
        return keep(prepared, now=now)

    monkeypatch.setattr(freezing, "keep_prepared", hand_over_and_keep)
    said = prepare()

    assert said == "Prepared 1 visits; 0 briefs say something new.\n"
    assert kept() == []


def test_visits_that_were_made_or_lie_further_ahead_are_left(field, prepare):
    for days, owner in enumerate((field.customer, make_customer(field.owner)), 1):
        planned(field.caller, owner, starts_at=field.tomorrow.replace(day=3 + days), objectives=[])

    assert prepare("--days", "1").startswith("Prepared 0 visits")
    assert prepare("--days", "2").startswith("Prepared 1 visits")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 2


def test_no_more_is_composed_at_once_than_others_wait_for(field, prepare, monkeypatch):
    monkeypatch.setattr("crm_api.preparation.briefs.service.freezing.CHUNK", 2)
    for _ in range(5):
        planned(field.caller, make_customer(field.owner), starts_at=field.tomorrow, objectives=[])

    assert prepare() == "Prepared 5 visits; 5 briefs say something new.\n"
    assert len(kept()) == 5
