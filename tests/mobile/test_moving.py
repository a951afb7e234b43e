"""Customers that change hands while their account managers' phones are offline."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from tests.mobile.factories import a_promise, a_visit
from tests.story.caller import Patient, ok

pytestmark = pytest.mark.heavy

WRITTEN_EACH = 10


@pytest.fixture
def two(district):
    """Two account managers with a phone each, and a customer of the first."""
    former, (customer_id,) = district.manager(1)
    heir, _none = district.manager()
    theirs, mine = district.phone(former).sync(), district.phone(heir).sync()
    theirs.create("profiles", id=customer_id, remarks="Likes tea.")
    theirs.create("promises", **a_promise(customer_id))
    theirs.create("visits", **a_visit(customer_id))
    theirs.sync()
    return theirs, mine, customer_id


def test_a_customer_moves_with_all_that_hangs_on_it(district, two):
    theirs, mine, customer_id = two

    district.hand_over(customer_id, mine.actor)

    district.assert_converged(theirs)
    district.assert_converged(mine)
    for table in ("customers", "profiles", "promises", "visits"):
        assert (len(theirs.rows(table)), len(mine.rows(table))) == (0, 1), table


def test_work_done_offline_during_a_hand_over_is_not_lost(district, two):
    theirs, mine, customer_id = two
    (visit_id,) = theirs.rows("visits")
    theirs.edit("profiles", customer_id, remarks="Moves house in May.")
    theirs.create("visit_notes", visit_id=visit_id, text="Rang before the hand-over.")
    made = theirs.create("visits", **a_visit(customer_id, days_ahead=-0.2))
    district.hand_over(customer_id, mine.actor)

    district.assert_converged(theirs)
    district.assert_converged(mine)

    assert theirs.rows("profiles") == {}
    issues = theirs.refusals()["issues"]
    assert any("Moves house in May." in issue["content"] for issue in issues)
    notes = [note["text"] for note in mine.rows("visit_notes").values()]
    assert notes == ["Rang before the hand-over."]
    assert made["id"] in mine.rows("visits")


def test_what_is_typed_while_a_sync_takes_its_record_is_kept_as_a_draft(district, two):
    theirs, mine, customer_id = two

    def meanwhile():
        theirs.edit("profiles", customer_id, remarks="Only here.")
        district.hand_over(customer_id, mine.actor)

    theirs.sync_paused_at("pull", meanwhile)

    district.assert_converged(theirs)
    (draft,) = theirs.refusals()["drafts"]
    assert draft["row"]["remarks"] == "Only here."


def test_who_stands_in_has_the_customers_for_as_long(district, two):
    theirs, mine, customer_id = two
    lead = district.online(district.lead)
    cover = lead.post(
        "/v1/covers",
        {
            "absent_id": theirs.actor.id,
            "stand_in_id": mine.actor.id,
            "ends_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
            "reason": "Leave",
        },
    )
    mine.sync()
    assert set(mine.rows("customers")) == {customer_id}
    mine.edit("profiles", customer_id, employer="North Mill")
    district.assert_converged(mine)
    district.assert_converged(theirs)
    assert theirs.rows("profiles")[customer_id]["employer"] == "North Mill"

    lead.put(f"/v1/covers/{cover['id']}/end", {})

    district.assert_converged(mine)
    district.assert_converged(theirs)
    assert mine.rows("customers") == {}


def test_a_merged_customer_leaves_and_its_records_go_to_the_survivor(district):
    actor, (survivor, merged) = district.manager(2)
    phone = district.phone(actor).sync()
    phone.create("promises", **a_promise(merged))
    phone.sync()
    phone.create("promises", **a_promise(merged, text="Entered offline."))
    lead = district.online(district.lead)
    pair = {"survivor_id": survivor, "merged_id": merged}
    shown = lead.post("/v1/customer-merge-previews", pair)
    versions = {name: shown[name] for name in ("survivor_version", "merged_version")}

    lead.post("/v1/customer-merges", {**pair, **versions, "reason": "One person."})

    district.assert_converged(phone)
    assert set(phone.rows("customers")) == {survivor}
    stand = [p["text"] for p in phone.rows("promises").values() if p["customer_id"] == survivor]
    kept = [issue["content"] for issue in phone.refusals()["issues"]]
    assert "Bring the brochure." in stand
    assert "Entered offline." in stand or any("Entered offline." in content for content in kept)


def test_a_bulk_job_larger_than_a_page_reaches_the_phone_whole(district):
    actor, customer_ids = district.manager(45)
    phone = district.phone(actor, pageSize=10).sync()
    district.online(district.lead).post(
        "/v1/bulk-edits",
        {
            "customers": {"ids": customer_ids},
            "edit": {"kind": "status", "status": "suspended"},
            "reason": "A campaign.",
        },
    )

    district.command("customers", "work-bulk-jobs")

    district.assert_converged(phone)
    assert {c["status"] for c in phone.rows("customers").values()} == {"suspended"}


def test_a_phone_that_slept_past_the_tombstones_is_filled_anew(district, two):
    theirs, mine, customer_id = two
    theirs.edit("profiles", customer_id, remarks="Written on the day of the hand-over.")
    visit = theirs.create("visits", **a_visit(customer_id, days_ahead=-0.2))
    district.hand_over(customer_id, mine.actor)
    long_ago = datetime.now(UTC) - timedelta(days=200)
    district.sql(
        "UPDATE sync_feed_rows SET changed_at = :at WHERE subscriber_id = :whose",
        at=long_ago.isoformat(" ") if "sqlite" in district.database_url else long_ago,
        whose=theirs.actor.id,
    )

    district.command("sync", "purge-feeds")

    district.assert_converged(theirs)
    district.assert_converged(mine)
    assert theirs.rows("customers") == {}
    assert visit["id"] in mine.rows("visits")
    assert any("day of the hand-over" in i["content"] for i in theirs.refusals()["issues"])


def test_constant_pulls_between_overlapping_writers_miss_nothing(district):
    actor, customer_ids = district.manager(4)
    phone, watching = (district.phone(actor).sync() for _ in range(2))

    def write(customer_id):
        at_work = Patient(phone.url, phone.token)
        for _ in range(WRITTEN_EACH):
            ok(at_work.post("/v1/promises", a_promise(customer_id)))

    writers = [threading.Thread(target=write, args=(c,)) for c in customer_ids]
    for writer in writers:
        writer.start()
    pulls = 0
    while any(writer.is_alive() for writer in writers):
        phone.sync()
        pulls += 1
    for writer in writers:
        writer.join()

    assert pulls > 1
    district.assert_converged(phone, watching)
    assert len(phone.rows("promises")) == WRITTEN_EACH * len(customer_ids)
