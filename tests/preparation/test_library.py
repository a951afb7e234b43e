"""What is said at the door: proposed by staff, approved by a second person, retired."""

from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.preparation.library.models import LibraryVersion
from tests.factories.accounts import make_staff
from tests.visits.test_races import PHONES, at_once

ENTRIES = "/v1/library-entries"


@pytest.fixture
def desk(app, sign_in, at, moment):
    at(moment)
    author, approver = make_staff(), make_staff(Role.MANAGER)
    return SimpleNamespace(
        author=author,
        approver=approver,
        author_calls=sign_in(author),
        approver_calls=sign_in(approver),
    )


def an_entry(**changes):
    return {
        "id": "e-1",
        "name": "投诉：先听",
        "kind": "soothing_words",
        "situation": "complaint",
        "text": "先听客户说完。",
        "do": ["给出日期"],
        **changes,
    }


def propose(caller, **changes):
    reply = caller.post(ENTRIES, json=an_entry(**changes))
    assert reply.status_code == 201, reply.json
    return reply.json


def settle(caller, step, number=1, /, **content):
    return caller.put(f"{ENTRIES}/e-1/versions/{number}/{step}", json=content or None)


def standing(reply):
    assert reply.status_code in (200, 201), reply.json
    return [v["status"] for v in reply.json["versions"]]


def test_a_second_person_approves(desk):
    first = propose(desk.author_calls)
    again = desk.author_calls.post(ENTRIES, json=an_entry())
    clash = desk.author_calls.post(ENTRIES, json=an_entry(text="打断客户。"))
    named = desk.author_calls.post(ENTRIES, json=an_entry(id="e-2"))

    approved = settle(desk.approver_calls, "approval")
    repeated = settle(desk.approver_calls, "approval")

    assert (again.status_code, again.json) == (201, first)
    assert clash.json["code"] == "id_taken"
    assert (named.json["code"], named.json["entry_id"]) == ("library_name_taken", "e-1")
    assert standing(approved) == ["approved"]
    assert repeated.json == approved.json
    assert settle(desk.author_calls, "approval").status_code == 403


def test_nobody_approves_the_own_words(desk):
    propose(desk.approver_calls)

    reply = settle(desk.approver_calls, "approval")

    assert (reply.status_code, reply.json["code"]) == (403, "own_library_proposal")
    own = desk.approver_calls.get("/v1/library-proposals").json["items"]
    assert [(p["entry"]["id"], p["is_own"]) for p in own] == [("e-1", True)]


def test_new_words_take_the_place_of_the_old_once_approved(desk):
    propose(desk.author_calls)
    settle(desk.approver_calls, "approval")
    better = {"text": "先听，再复述。"}
    drafted = desk.author_calls.post(f"{ENTRIES}/e-1/versions", json=better)

    assert standing(drafted) == ["approved", "proposed"]
    assert standing(settle(desk.approver_calls, "approval", 2)) == ["retired", "approved"]
    late = settle(desk.approver_calls, "approval", 1)
    assert (late.status_code, late.json["code"]) == (409, "library_version_settled")


def test_proposals_are_sent_back_and_taken_back(desk, sign_in):
    propose(desk.author_calls)
    colleague = sign_in(make_staff())
    foreign = settle(colleague, "withdrawal", reason="x")
    rejected = settle(desk.approver_calls, "rejection", reason="语气太硬")
    again = settle(desk.approver_calls, "rejection", reason="语气太硬")
    desk.author_calls.post(f"{ENTRIES}/e-1/versions", json={"text": "请您慢慢说。"})
    taken = settle(desk.author_calls, "withdrawal", 2, reason="再想想")

    assert (foreign.status_code, foreign.json["code"]) == (403, "not_your_library_proposal")
    assert (standing(rejected), again.json) == (["rejected"], rejected.json)
    assert standing(taken) == ["rejected", "withdrawn"]
    late = settle(desk.author_calls, "withdrawal", 1, reason="x")
    assert late.json["code"] == "library_version_settled"
    assert settle(desk.approver_calls, "approval", 9).status_code == 404


def test_what_is_retired_takes_no_new_words(desk):
    propose(desk.author_calls)
    settle(desk.approver_calls, "approval")
    gone = desk.approver_calls.put(f"{ENTRIES}/e-1/retirement", json={"reason": "过时"})
    again = desk.approver_calls.put(f"{ENTRIES}/e-1/retirement", json={"reason": "过时"})

    assert (standing(gone), again.json) == (["retired"], gone.json)
    fresh = desk.author_calls.post(f"{ENTRIES}/e-1/versions", json={"text": "x"})
    assert fresh.json["code"] == "library_entry_retired"
    assert desk.author_calls.get(f"{ENTRIES}?is_retired=false").json["items"] == []


def test_lists_are_filtered(desk):
    propose(desk.author_calls)
    propose(
        desk.author_calls, id="e-2", name="寒暄", kind="opener", situation="any", style="direct"
    )

    def listed(**query):
        found = desk.author_calls.get(ENTRIES, query_string=query).json["items"]
        return sorted(e["id"] for e in found)

    assert listed(kind="opener") == listed(style="direct") == listed(q="寒") == ["e-2"]
    assert listed(situation="complaint", status="proposed") == ["e-1"]
    assert listed(status="approved") == []
    first = desk.author_calls.get(f"{ENTRIES}?limit=1").json
    assert listed(limit=1, cursor=first["next_cursor"]) != [first["items"][0]["id"]]


def test_nobody_is_told_to_say_what_is_forbidden(desk):
    propose(desk.author_calls)
    ban = {"word": "全网最低", "reason": "广告法"}
    desk.approver_calls.post("/v1/forbidden-words", json=ban)

    said = desk.author_calls.post(
        ENTRIES, json=an_entry(id="e-2", name="资费", do=["说我们全 网 最低"])
    )
    warned = propose(
        desk.author_calls, id="e-3", name="不说", kind="topic_to_avoid", text="不说“全网最低”"
    )

    assert (said.status_code, said.json["words"]) == (422, ["全网最低"])
    assert warned["versions"][0]["status"] == "proposed"
    desk.approver_calls.post("/v1/forbidden-words", json={"word": "听客户", "reason": "试"})
    late = settle(desk.approver_calls, "approval")
    assert (late.status_code, late.json["code"]) == (422, "library_forbidden_words")
    waiting = desk.approver_calls.get("/v1/library-proposals").json["items"]
    assert {p["entry"]["id"]: p["forbidden_words"] for p in waiting} == {
        "e-1": ["听客户"],
        "e-3": [],
    }


def test_one_of_many_approvals_counts(app, desk):
    propose(desk.author_calls)
    for text in ("一", "二", "三"):
        desk.author_calls.post(f"{ENTRIES}/e-1/versions", json={"text": text})

    replies = at_once(app, desk.approver, lambda c, n: settle(c, "approval", n % 4 + 1))

    assert len(replies) == PHONES
    assert {r.status_code for r in replies} <= {200, 409}
    db.session.rollback()
    in_use = sa.select(sa.func.count()).where(LibraryVersion.status == "approved")
    assert db.session.scalar(in_use) == 1


def test_what_was_approved_stays_as_it_was_read(desk):
    propose(desk.author_calls)
    settle(desk.approver_calls, "approval")

    change = sa.update(LibraryVersion).values(text="Other words.")
    with pytest.raises(sa.exc.DBAPIError, match="stay as they were made"), transaction():
        db.session.execute(change)


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "x" * 2001},
        {"text": "a\u0000b"},
        {"kind": "joke"},
        {"do": ["x"] * 11},
        {"do": "x"},
        {"style": "loud"},
        {"name": " "},
    ],
)
def test_what_is_malformed_is_refused(desk, wrong):
    reply = desk.author_calls.post(ENTRIES, json=an_entry(**wrong))

    assert reply.status_code in (400, 422), reply.json
