"""Whom a brief tells of is held in one call: the order of the locks holds within a call only."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from crm_api.customers import locks
from crm_api.kit import held
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction
from crm_api.preparation.briefs import queries
from crm_api.preparation.briefs.service import freezing
from tests.factories.customers import make_customer
from tests.factories.visits import planned
from tests.preparation.test_brief import DAY, acknowledge, brief_of


@pytest.fixture
def group(field):
    """A group, its key person, and who is the same person: made first, so locked first."""
    twin = make_customer(field.owner)
    group = make_customer(field.owner, kind="group")
    person = make_customer(field.owner)
    link(field, group, person, kind="key_person", influence="great")
    link(field, person, twin, kind="same_person")
    visit = planned(field.caller, group, starts_at=field.tomorrow)
    return SimpleNamespace(id=group.id, person=person, twin=twin, visit=visit)


def link(field, one, other, **relation):
    body = {"other_id": other.id, **relation}
    reply = field.caller.post(f"/v1/customers/{one.id}/relations", json=body)
    assert reply.status_code == 201, reply.json


@pytest.fixture
def calls(monkeypatch):
    """The customers that were locked, call by call."""
    calls, note = [], held.note_held

    def noting(taken):
        if ids := {one for kind, one in taken if kind == locks.CUSTOMER}:
            calls.append(ids)
        note(taken)

    monkeypatch.setattr(held, "note_held", noting)
    return calls


def test_who_acknowledges_holds_all_in_one_call(field, group, calls):
    digest = brief_of(field, group.visit)["digest"]
    calls.clear()

    assert acknowledge(field, group.visit, digest).status_code == 200

    assert calls == [{group.id, group.person.id, group.twin.id}]


def test_who_freezes_holds_all_in_one_call(field, group, calls):
    assert field.caller.post(f"/v1/visits/{group.visit['id']}/briefs").status_code == 201

    assert calls == [{group.id, group.person.id}]


def test_the_night_holds_all_in_one_call(field, group, calls):
    with transaction(read_only=True):
        prepared = freezing.compose_next(None, now=field.now, until=field.now + 2 * DAY)
    with transaction():
        assert freezing.keep_prepared(prepared, now=field.now) == 1

    assert calls == [{group.id, group.person.id}]


@pytest.mark.parametrize("act", ["freeze", "acknowledge"])
def test_who_came_to_be_told_of_meanwhile_has_it_asked_again(field, group, monkeypatch, act):
    path = f"/v1/visits/{group.visit['id']}/brief"
    digest, told_of = brief_of(field, group.visit)["digest"], queries.told_of
    seen = []

    def told(customer_id):
        seen.append(customer_id)
        return told_of(customer_id) | ({new_id()} if len(seen) > 1 else set())

    monkeypatch.setattr(queries, "told_of", told)
    if act == "freeze":
        reply = field.caller.post(f"{path}s")
    else:
        reply = field.caller.put(f"{path}/acknowledgement", json={"digest": digest})

    assert (reply.status_code, len(seen)) == (503, 2)
