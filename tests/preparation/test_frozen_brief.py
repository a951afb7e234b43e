"""A brief is frozen as it was read, compared, acknowledged before the door, printed."""

import base64
import hashlib
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.touches import touching
from crm_api.kit.transactions import transaction
from crm_api.preparation.briefs.policies.page import LABELS
from crm_api.preparation.library.terms import Situation
from crm_api.preparation.models import Brief
from crm_api.visits.policies.learning import CONFIRMABLE
from tests.factories.accounts import make_staff, make_team
from tests.factories.visits import planned, step
from tests.preparation.test_brief import acknowledge, brief_of, extended
from tests.visits.test_races import PHONES, at_once

HOUR = timedelta(hours=1)
BRIEF = "/v1/visits/v-1/brief"


@pytest.fixture
def visit(field):
    return planned(field.caller, field.customer, starts_at=field.tomorrow, id="v-1")


def freeze(field):
    reply = field.caller.post("/v1/visits/v-1/briefs")
    assert reply.status_code == 201, reply.json
    return reply.json


def promise(field, **changes):
    content = {"id": "p-1", "customer_id": field.customer.id, "text": "x", "due_on": "2026-03-06"}
    assert field.caller.post("/v1/promises", json={**content, **changes}).status_code == 201


def test_what_changed_since_it_was_fetched_is_told_part_by_part(field, visit):
    promise(field)
    extended(field, interests=["钓鱼"])
    first = freeze(field)
    field.caller.put("/v1/promises/p-1/keeping", json={"how": "Sent."})
    promise(field, id="p-2", text="y")

    brief = brief_of(field, visit, known_digest=first["digest"])

    changes = {c["section"]: c for c in brief["changes"]}
    assert set(changes) == {"open_promises", "settled_promises", "openers"}
    promises = changes["open_promises"]
    assert [p["id"] for p in promises["removed"]] == ["p-1"]
    assert [p["id"] for p in promises["added"]] == ["p-2"]
    assert brief_of(field, visit, known_digest="0" * 64)["changes"] is None
    assert brief_of(field, visit, known_digest=brief["digest"])["changes"] is None
    kept = freeze(field)
    assert brief_of(field, visit, known_digest=kept["digest"])["changes"] == []


def test_of_one_record_the_fields_are_told(field, visit):
    first = freeze(field)
    moved = {"starts_at": "2026-03-05T02:00:00Z", "ends_at": "2026-03-05T03:00:00Z"}
    assert step(field.caller, visit, "schedule", **moved).status_code == 200

    changes = brief_of(field, visit, known_digest=first["digest"])["changes"]

    assert {c["section"] for c in changes} == {"visit"}
    added = [a for a in changes[0]["added"] if a["field"] == "starts_at"]
    assert added == [{"field": "starts_at", "value": "2026-03-05T02:00:00Z"}]


def test_frozen_briefs_are_listed_and_read_as_they_were(field, visit, at):
    first = freeze(field)
    at(field.now + HOUR)
    freeze(field)  # nothing changed: the same
    extended(field, interests=["钓鱼"])
    second = freeze(field)

    listed = field.caller.get("/v1/visits/v-1/briefs").json["items"]
    old = field.caller.get(f"/v1/visits/v-1/briefs/{first['digest']}").json

    assert [b["digest"] for b in listed] == [second["digest"], first["digest"]]
    assert old["profile"]["interests"] == []
    assert (old["by_id"], old["is_acknowledged"]) == (field.owner.id, False)
    assert field.caller.get(f"/v1/visits/v-1/briefs/{'0' * 64}").status_code == 404


def test_many_phones_freeze_one(app, field, visit):
    replies = at_once(app, field.owner, lambda c, _: c.post("/v1/visits/v-1/briefs"))

    assert [r.status_code for r in replies] == [201] * PHONES
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Brief)) == 1


def test_an_offline_phone_acknowledges_what_it_froze(field, visit, at):
    digest = freeze(field)["digest"]
    extended(field, interests=["钓鱼"])
    at(field.tomorrow)
    read_at = (field.now + HOUR).isoformat()

    reply = field.caller.put(f"{BRIEF}/acknowledgement", json={"digest": digest, "at": read_at})

    assert reply.status_code == 200, reply.json
    assert reply.json["acknowledged_at"] == "2026-03-03T03:00:00Z"
    assert "profile" in reply.json["changed_since_acknowledged"]


@pytest.mark.parametrize("minutes", [-1, 24 * 60 + 10])
def test_nobody_read_it_before_it_was_made_or_will_have(field, visit, at, minutes):
    digest = freeze(field)["digest"]
    at(field.tomorrow)
    read_at = (field.now + timedelta(minutes=minutes)).isoformat()

    reply = field.caller.put(f"{BRIEF}/acknowledgement", json={"digest": digest, "at": read_at})

    assert (reply.status_code, reply.json["errors"][0]["pointer"]) == (422, "/at")


def test_what_is_read_after_the_door_is_flagged(field, visit, at):
    def listed(**query):
        return [v["id"] for v in field.caller.get("/v1/visits", query_string=query).json["items"]]

    at(field.tomorrow)
    step(field.caller, visit, "check-in")
    at(field.tomorrow + HOUR)
    acknowledge(field, visit, brief_of(field, visit)["digest"])

    seen = field.caller.get("/v1/visits/v-1").json
    assert (seen["is_brief_acknowledged"], seen["brief_acknowledged_at"] is None) == (False, False)
    assert listed(is_brief_acknowledged="false") == ["v-1"]
    assert listed(is_brief_acknowledged="true") == []


def test_what_was_read_in_time_stands(field, visit, at):
    acknowledge(field, visit, freeze(field)["digest"])
    at(field.tomorrow)
    step(field.caller, visit, "check-in")
    at(field.tomorrow + HOUR)
    extended(field, interests=["钓鱼"])
    acknowledge(field, visit, brief_of(field, visit)["digest"])

    assert field.caller.get("/v1/visits/v-1").json["is_brief_acknowledged"]
    found = field.caller.get("/v1/visits?is_brief_acknowledged=true").json["items"]
    assert [v["id"] for v in found] == ["v-1"]


def test_a_frozen_brief_stays_and_may_only_be_emptied(field, visit):
    freeze(field)

    for change in ({"content": {"profile": {}}}, {"digest": "0" * 64}):
        with pytest.raises(sa.exc.DBAPIError, match="stay as they were made"), transaction():
            db.session.execute(touching(sa.update(Brief).values(**change)))
    with transaction():
        db.session.execute(touching(sa.update(Brief).values(content={})))
    listed = field.caller.get("/v1/visits/v-1/briefs").json["items"]
    assert len(listed) == 1
    digest = listed[0]["digest"]
    assert field.caller.get(f"/v1/visits/v-1/briefs/{digest}").status_code == 404
    assert field.caller.get(f"{BRIEF}/page?digest={digest}").status_code == 404
    assert brief_of(field, visit, known_digest=digest)["has_changed"] is False


def test_it_prints_without_running_or_loading_anything(field, visit):
    with transaction():
        db.session.get(Customer, field.customer.id).name = "<script>alert(1)</script>&"
    promise(field, text="Bring <b>the</b> table_1.")

    reply = field.caller.get(f"{BRIEF}/page")

    assert reply.status_code == 200
    assert reply.mimetype == "text/html"
    page = reply.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;" in page
    assert "Bring &lt;b&gt;the&lt;/b&gt; table_1." in page
    assert re.search(r"<script|<img|<link|https?://|\son\w+=|style=", page) is None
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert field.customer.phone not in page
    assert reply.headers["Cache-Control"] == "no-store"


def test_a_frozen_one_prints_as_it_was_in_either_language(field, visit):
    digest = freeze(field)["digest"]
    promise(field, text="Something new.")

    old = field.caller.get(f"{BRIEF}/page?digest={digest}&lang=en").text
    new = field.caller.get(f"{BRIEF}/page").text

    assert "Something new." not in old
    assert digest in old
    assert "2026-03-04 10:00 \u2013 11:00" in old  # the house's local time
    assert "Facts to confirm" in old
    assert re.search("[\u3000-\u303f\uff00-\uffef]", old) is None  # no Chinese punctuation
    assert "待核实的信息" in new
    assert "首次走访" in new
    assert field.caller.get(f"{BRIEF}/page?lang=fr").status_code == 422
    assert field.caller.get(f"{BRIEF}/page?digest={'0' * 64}").status_code == 404


def test_everything_has_its_word_in_chinese():
    assert set(LABELS["zh"]["titles"]) == set(LABELS["en"]["titles"])
    assert {*Situation, *CONFIRMABLE} <= set(LABELS["zh"]["words"])


def test_another_teams_brief_does_not_exist(field, visit, sign_in):
    digest = freeze(field)["digest"]
    stranger = sign_in(make_staff(Role.MANAGER, make_team()))

    for reply in (
        stranger.get(f"{BRIEF}/page"),
        stranger.get(f"{BRIEF}/page?digest={digest}"),
        stranger.post("/v1/visits/v-1/briefs"),
        stranger.get("/v1/visits/v-1/briefs"),
        stranger.get(f"/v1/visits/v-1/briefs/{digest}"),
        stranger.put(f"{BRIEF}/acknowledgement", json={"digest": digest}),
    ):
        assert (reply.status_code, reply.json["code"]) == (404, "not_found")
