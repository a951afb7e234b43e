"""A server that is put back to an older state, and an app that learns more than it knew."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.mobile.factories import a_promise, a_visit
from tests.mobile.newer_tables import LEARNT

pytestmark = pytest.mark.heavy


def test_what_phones_sent_after_the_backup_comes_back_from_them(own_district):
    district = own_district
    actor, (customer_id, other_id) = district.manager(2)
    first, second = (district.phone(actor).sync() for _ in range(2))
    before = first.create("visits", **a_visit(customer_id))
    first.create("profiles", id=customer_id, remarks="Before", employer="North Mill")
    district.assert_converged(first, second)
    district.back_up()
    restored_to = datetime.now(UTC)
    first.edit("profiles", customer_id, remarks="After")
    first.remove("visits", before["id"])
    promise = first.create("promises", **a_promise(customer_id))
    second.create("visits", **a_visit(other_id))
    district.assert_converged(first, second)
    first.create("promises", **a_promise(other_id, text="Never sent."))

    district.put_back()
    told = ("--restored-to", restored_to.isoformat(), "--by", "an operator", "--yes")
    district.command("sync", "new-epoch", *told)

    district.assert_converged(first, second)
    assert second.rows("profiles")[customer_id]["remarks"] == "After"
    assert second.rows("profiles")[customer_id]["employer"] == "North Mill"
    assert [v["customer_id"] for v in first.rows("visits").values()] == [other_id]
    assert len(second.rows("promises")) == 2
    assert promise["id"] in second.rows("promises")
    assert first.refusals()["issues"] == []


def test_an_app_that_learns_more_gets_what_was_there_already(newer_district):
    district = newer_district
    actor, (customer_id,) = district.manager(1)
    old = district.phone(actor, lacks=LEARNT).sync()
    new = district.phone(actor, learns=[]).sync()
    new.create("promises", **a_promise(customer_id))
    new.create("profiles", id=customer_id, remarks="Likes tea.", employer="North Mill")
    new.sync()
    old.sync().edit("profiles", customer_id, remarks="Likes coffee.")
    old.sync()

    old.open(lacks=None, learns=LEARNT)

    district.assert_converged(new, old)
    assert old.rows("profiles")[customer_id]["employer"] == "North Mill"
    assert new.rows("profiles")[customer_id]["remarks"] == "Likes coffee."
    assert len(old.rows("promises")) == 1
