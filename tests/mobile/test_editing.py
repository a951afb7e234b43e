"""Two people's phones, and two phones of one: who edits what, and what everybody sees then."""

from __future__ import annotations

import pytest

from tests.mobile.district import DAY, HOUR, now_ms
from tests.mobile.factories import a_contact, a_promise, a_visit

pytestmark = pytest.mark.heavy


@pytest.fixture
def pair(district):
    """Two phones of one account manager, with one customer whose profile both know."""
    actor, (customer_id,) = district.manager(1)
    online = district.online(actor)
    online.patch(f"/v1/customers/{customer_id}/extended-profile", {"remarks": "Likes tea."})
    first, second = (district.phone(actor).sync() for _ in range(2))
    return first, second, customer_id


def test_edits_of_different_columns_all_stand(district, pair):
    first, second, customer_id = pair
    first.edit("profiles", customer_id, employer="North Mill")
    second.edit("profiles", customer_id, title="Director")
    district.online(first.actor).patch(
        f"/v1/customers/{customer_id}/extended-profile", {"remarks": "Likes coffee."}
    )

    district.assert_converged(first, second)

    profile = first.rows("profiles")[customer_id]
    assert (profile["employer"], profile["title"]) == ("North Mill", "Director")
    assert profile["remarks"] == "Likes coffee."


def test_of_edits_of_one_column_the_last_synced_stands(district, pair):
    first, second, customer_id = pair
    second.edit("profiles", customer_id, employer="The elder edit, synced last")
    first.edit("profiles", customer_id, employer="The younger edit, synced first")
    first.sync()
    second.sync()

    district.assert_converged(first, second)

    assert first.rows("profiles")[customer_id]["employer"] == "The elder edit, synced last"


def test_a_deletion_beats_an_edit(district, pair):
    first, second, customer_id = pair
    visit = first.create("visits", **a_visit(customer_id))
    first.sync()
    second.sync()
    first.remove("visits", visit["id"])
    second.edit("visits", visit["id"], place="Moved to the town hall")
    first.sync()

    district.assert_converged(first, second)

    assert visit["id"] not in second.rows("visits")
    (issue,) = second.refusals()["issues"]
    assert (issue["table_name"], issue["record_id"]) == ("visits", visit["id"])
    assert "Moved to the town hall" in issue["content"]


def test_an_issue_that_was_settled_leaves_all_phones(district, pair):
    first, second, _customer_id = pair
    foreign = district.manager(1)[1][0]
    first.create("promises", **a_promise(foreign, text="To a stranger"))
    district.assert_converged(first, second)
    (issue,) = second.refusals()["issues"]

    second.edit("sync_issues", issue["id"], settled_at=now_ms(), settled_how="Noted anew.")

    district.assert_converged(first, second)
    assert first.refusals()["issues"] == []


def test_what_happened_is_dated_right_whatever_the_phones_clock_says(district):
    actor, (customer_id,) = district.manager(1)
    ahead, behind = (district.phone(actor, daysAhead=days).sync() for days in (3, -3))
    mine = ahead.create("contacts", **a_contact(customer_id, occurred_at=now_ms() + 3 * DAY - HOUR))
    ahead.create("promises", **a_promise(customer_id))
    other = a_contact(customer_id, occurred_at=now_ms() - 3 * DAY - HOUR)
    theirs = behind.create("contacts", **other)

    district.assert_converged(ahead, behind)

    for contact_id in (mine["id"], theirs["id"]):
        occurred_at = ahead.rows("contacts")[contact_id]["occurred_at"]
        assert abs(occurred_at - (now_ms() - HOUR)) < HOUR / 2
    assert ahead.refusals()["issues"] == []


def test_a_field_to_mend_stays_on_the_phone_until_it_is_mended(district, pair):
    first, second, customer_id = pair
    first.edit("profiles", customer_id, preferred_channel="pigeon", title="Director")
    first.sync()
    (refusal,) = first.refusals()["toMend"]
    assert (refusal["table"], refusal["id"]) == ("profiles", customer_id)
    assert first.unsent() == [("profiles", customer_id)]

    first.edit("profiles", customer_id, preferred_channel="call")

    district.assert_converged(first, second)
    assert first.refusals() == {"toMend": [], "issues": [], "drafts": []}
    assert second.rows("profiles")[customer_id]["title"] == "Director"


def test_a_phone_that_lies_about_what_is_the_servers_is_put_right(district, pair):
    first, second, customer_id = pair
    visit = first.create("visits", **a_visit(customer_id, status="recorded", version=99))
    first.edit("customers", customer_id, owner_id="somebody", tier="supreme", balance_fen=1)

    district.assert_converged(first, second)

    assert first.rows("visits")[visit["id"]]["status"] == "planned"
    customer = first.rows("customers")[customer_id]
    assert (customer["owner_id"], customer["tier"]) == (first.actor.id, "standard")


def test_a_phone_that_lies_about_its_scope_changes_nothing_and_is_told(district, pair):
    first, second, customer_id = pair
    stranger, (foreign,) = district.manager(1)
    theirs = district.phone(stranger).sync()
    promise = theirs.create("promises", **a_promise(foreign))
    theirs.sync()
    row = {**theirs.rows("promises")[promise["id"]], "customer_id": customer_id}

    told = district.push(
        first,
        {
            "customers": {"deleted": [customer_id, foreign]},
            "profiles": {"updated": [{"id": foreign, "remarks": "x", "_changed": "remarks"}]},
            "promises": {"updated": [{**row, "text": "Forged", "_changed": "text,customer_id"}]},
            "visits": {"created": [{"id": "v1", **a_visit(foreign), "tools": "[]"}]},
        },
    )

    assert told.status_code == 200, told.text
    assert len({r["issue_id"] for r in told.json()["rejections"]}) == 5
    assert not any(told.json()["experimentalRejectedIds"].values())
    district.assert_converged(first, second)
    district.assert_converged(theirs)
    assert theirs.rows("promises")[promise["id"]]["text"] == "Bring the brochure."
    assert len(second.refusals()["issues"]) == 5
