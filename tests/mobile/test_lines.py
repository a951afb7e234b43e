"""Lines that break, requests that come twice or late, apps that are killed: nothing is lost."""

from __future__ import annotations

import pytest

from tests.mobile.factories import a_contact, a_promise, a_visit
from tests.mobile.phones import Node

pytestmark = pytest.mark.heavy


@pytest.fixture
def pair(district):
    actor, (customer_id,) = district.manager(1)
    first, second = (district.phone(actor).sync() for _ in range(2))
    return first, second, customer_id


def enter(phone, customer_id):
    """Work as people do: a contact, a promise, a visit, a word in the profile."""
    phone.create("contacts", **a_contact(customer_id))
    phone.create("promises", **a_promise(customer_id))
    phone.create("visits", **a_visit(customer_id))
    known = phone.rows("profiles")
    if customer_id in known:
        phone.edit("profiles", customer_id, remarks="Edited")
    else:
        phone.create("profiles", id=customer_id, remarks="Created", interests=["tea"])


def assert_entered_once(phone):
    assert [len(phone.rows(t)) for t in ("contacts", "promises", "visits", "profiles")] == [1] * 4
    assert phone.refusals() == {"toMend": [], "issues": [], "drafts": []}


@pytest.mark.parametrize("at", ["push", "pull"])
@pytest.mark.parametrize("kind", ["unsent", "lost", "twice", "delayed"])
def test_a_broken_line_neither_loses_nor_doubles(district, pair, kind, at):
    first, second, customer_id = pair
    enter(first, customer_id)
    first.breaks(kind, at)

    if kind == "twice":
        first.sync()
    else:
        first.fails_to_sync()
    first.sync()
    first.deliver_late()

    district.assert_converged(first, second)
    assert_entered_once(second)


def test_a_late_repeat_does_not_undo_a_newer_edit(district, pair):
    first, second, customer_id = pair
    enter(first, customer_id)
    district.assert_converged(first, second)
    first.edit("profiles", customer_id, remarks="First")
    first.breaks("delayed", "push").fails_to_sync()
    first.sync()
    second.sync().edit("profiles", customer_id, remarks="Newer")
    second.sync()

    first.deliver_late()

    district.assert_converged(first, second)
    assert first.rows("profiles")[customer_id]["remarks"] == "Newer"


def test_saying_the_same_again_is_an_edit_of_its_own(district, pair):
    first, second, customer_id = pair
    enter(first, customer_id)
    district.assert_converged(first, second)
    for phone, word in ((first, "Tea"), (second, "Coffee"), (first, "Tea")):
        phone.sync().edit("profiles", customer_id, remarks=word)
        phone.sync()

    district.assert_converged(first, second)
    assert second.rows("profiles")[customer_id]["remarks"] == "Tea"


@pytest.mark.parametrize("at", ["push", "pull"])
def test_a_killed_app_goes_on_where_it_was(district, pair, at):
    first, second, customer_id = pair
    first.node = Node()
    first.open()
    enter(first, customer_id)
    first.dies_in_sync(at)
    first.node = district.node

    first.open()

    district.assert_converged(first, second)
    assert_entered_once(second)


def test_a_first_pull_of_many_pages_that_breaks_begins_anew(district):
    actor, customer_ids = district.manager(12)
    phone = district.phone(actor, pageSize=5)
    phone.breaks("lost", "pull", after=1).fails_to_sync()
    assert phone.rows("customers") == {}

    phone.sync()

    assert set(phone.rows("customers")) == set(customer_ids)
    district.assert_converged(phone)
