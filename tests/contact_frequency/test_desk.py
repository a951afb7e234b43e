"""The policy desk: nobody changes a policy alone, unseen, or for yesterday."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crm_api.accounts.models import Role
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.errors import ContactBlocked
from crm_api.kit import clock as kit_clock
from crm_api.kit.db import db
from tests.contact_frequency.desk import a_rule, approve, changed, draft_of, policy_of, simulated
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def team(now):
    return make_team()


@pytest.fixture
def author(sign_in, team):
    return sign_in(make_staff(Role.MANAGER, team))


@pytest.fixture
def clerk(team):
    return make_staff(team=team)


@pytest.fixture
def mine(clerk):
    return make_customer(clerk)


@pytest.fixture
def admin(sign_in, now):
    return sign_in(make_staff(Role.ADMIN))


@pytest.fixture
def caller(sign_in, clerk):
    return sign_in(clerk)


def test_a_change_acts_at_once_when_a_second_person_approves_it(author, admin, caller, mine, now):
    reserve(make_plan(mine, now + HOUR))
    ahead = (now + 3 * DAY).isoformat()[:19] + "Z"
    budget = f"/v1/customers/{mine.id}/contact-budget?at={ahead}"

    draft = draft_of(author).json
    simulated(author, draft)
    assert caller.get(budget).json["verdict"] == "allowed"
    approved = approve(admin, draft).json

    verdict = caller.get(budget).json
    assert approved["state"] == "approved"
    assert verdict["verdict"] == "blocked"
    assert verdict["reasons"][0]["policy_version"] == 2
    assert policy_of(caller)["in_force"]["number"] == 2


def test_a_version_of_tomorrow_does_not_act_today(author, admin, caller, mine, at):
    now = kit_clock.now()
    reserve(make_plan(mine, now + HOUR))
    changed(author, admin, effective_from=(now + DAY).isoformat())
    asked = f"/v1/customers/{mine.id}/contact-budget?at={(now + 3 * DAY).isoformat()[:19]}Z"

    shown = policy_of(caller)
    assert (shown["in_force"]["number"], shown["next"]["number"]) == (1, 2)
    assert caller.get(asked).json["verdict"] == "allowed"
    at(now + DAY)
    assert caller.get(asked).json["verdict"] == "blocked"
    shown = policy_of(caller)
    assert (shown["in_force"]["number"], shown["next"]) == (2, None)


def test_no_draft_reaches_into_the_past(author, admin, now, at):
    late = draft_of(author, effective_from=(now - DAY).isoformat())
    soon = draft_of(author, effective_from=(now + HOUR).isoformat()).json
    simulated(author, soon)
    at(now + 2 * HOUR)

    too_late = approve(admin, soon)

    assert (late.status_code, late.json["code"]) == (422, "effective_in_past")
    assert (too_late.status_code, too_late.json["code"]) == (422, "effective_in_past")
    assert policy_of(admin)["newest_number"] == 1


def test_nobody_writes_versions_past_the_desk(admin):
    policy = policy_of(admin)
    body = {"rule": a_rule(), "reason": "x"}

    assert admin.post(f"/v1/frequency-policies/{policy['id']}/versions", json=body).status_code in (
        404,
        405,
    )
    assert admin.post("/v1/frequency-policies", json=body).status_code in (404, 405)


@pytest.mark.parametrize("role", [Role.ACCOUNT_MANAGER, Role.AUDITOR])
def test_only_managers_and_administrators_draft(sign_in, now, role):
    caller = sign_in(make_staff(role))

    assert draft_of(caller).json["code"] == "forbidden_role"


def test_an_author_never_approves_the_own_draft(sign_in, now):
    author = sign_in(make_staff(Role.ADMIN))
    draft = draft_of(author).json
    simulated(author, draft)

    reply = approve(author, draft)

    assert (reply.status_code, reply.json["code"]) == (403, "own_draft")
    assert policy_of(author)["newest_number"] == 1


@pytest.mark.parametrize("key", ["total_7_days", "total_7_days.gold"])
def test_what_is_for_everybody_takes_an_administrator(sign_in, author, team, admin, key):
    boss = sign_in(make_staff(Role.MANAGER, team))
    draft = draft_of(author, key).json
    simulated(author, draft)

    refused = approve(boss, draft)

    assert (refused.status_code, refused.json["code"]) == (403, "policy_out_of_reach")
    assert approve(admin, draft).status_code == 200


def for_customer(customer, **changes):
    return {
        "key": "total_7_days.customer.1",
        "scope_kind": "customer",
        "scope_id": customer.id,
        "loosens": "total_7_days",
        "rule": a_rule(limit=4),
        "reason": "asked for it",
        **changes,
    }


def test_one_customers_policy_is_between_two_managers(sign_in, author, team, mine, now):
    colleague = sign_in(make_staff(Role.MANAGER, team))
    stranger = sign_in(make_staff(Role.MANAGER))

    draft = author.post("/v1/policy-drafts", json=for_customer(mine)).json
    simulated(author, draft)

    assert approve(stranger, draft).status_code == 404
    assert approve(colleague, draft).status_code == 200
    for day in range(4):
        reserve(make_plan(mine, now + HOUR + day * DAY))
    assert [p["key"] for p in _customer_policies(author)] == ["total_7_days.customer.1"]
    assert _customer_policies(stranger) == []


def _customer_policies(caller):
    items = caller.get("/v1/frequency-policies?limit=200").json["items"]
    return [item for item in items if item["scope_kind"] == "customer"]


def test_a_strangers_customer_gets_no_policy_of_ours(author, now):
    reply = author.post("/v1/policy-drafts", json=for_customer(make_customer()))

    assert reply.status_code == 404


def test_the_ceiling_is_checked_at_draft_and_again_at_approval(author, admin, mine):
    too_much = author.post("/v1/policy-drafts", json=for_customer(mine, rule=a_rule(limit=5)))
    draft = author.post("/v1/policy-drafts", json=for_customer(mine)).json
    simulated(author, draft)
    broader = a_rule(limit=2, loosened_by=["tier", "customer"], ceiling=3)
    changed(author, admin, rule=broader)

    reply = approve(admin, draft)

    assert too_much.json["code"] == "policy_loosens_too_much"
    assert (reply.status_code, reply.json["code"]) == (409, "policy_loosens_too_much")
    assert _customer_policies(admin) == []


def test_a_narrower_policy_is_as_firm_as_the_broader(author, mine):
    """A warning in the place of a block would be no cap at all."""
    soft = for_customer(mine, rule=a_rule(limit=3, strength="soft"))

    assert author.post("/v1/policy-drafts", json=soft).json["code"] == "policy_loosens_too_much"


def test_a_key_is_taken_once(author, mine):
    reply = author.post("/v1/policy-drafts", json=for_customer(mine, key="gap_24_hours"))

    assert reply.json["code"] == "policy_exists"


LEGAL_HOURS = {
    "kind": "window",
    "strength": "legal",
    "categories": ["care", "payment"],
    "opens": "08:00",
    "closes": "21:00",
}


def test_a_legal_policy_is_between_two_administrators(sign_in, author, admin):
    tighter = {"rule": {**LEGAL_HOURS, "opens": "09:00"}, "key": "legal_hours"}
    second = sign_in(make_staff(Role.ADMIN))

    assert draft_of(author, **tighter).json["code"] == "policy_out_of_reach"
    approved = changed(admin, second, **tighter)
    assert approved["version_id"] is not None
    back = changed(second, admin, key="legal_hours", rule=LEGAL_HOURS)
    assert back["base_number"] == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"opens": "07:00"}, "/rule/opens"),
        ({"closes": "22:00"}, "/rule/closes"),
        ({"strength": "hard"}, "/rule/strength"),
        ({"categories": ["care"]}, "/rule/categories"),
        ({"channels": ["sms"]}, "/rule/channels"),
        ({"greetings_only": True}, "/rule/greetings_only"),
        ({"waived_by": "agreement"}, "/rule/waived_by"),
        ({"loosened_by": ["tier"]}, "/rule/loosened_by"),
        ({"kind": "min_gap", "seconds": 1}, "/rule/kind"),
    ],
)
def test_nobody_allows_what_the_law_does_not(admin, changes, field):
    reply = draft_of(admin, "legal_hours", rule={**LEGAL_HOURS, **changes})

    assert (reply.status_code, reply.json["code"]) == (422, "legal_policy_loosened")
    assert field in {error["pointer"] for error in reply.json["errors"]}


def test_a_legal_policy_is_never_retired(admin):
    reply = draft_of(admin, "legal_hours", rule=LEGAL_HOURS, is_retired=True)

    assert reply.json["code"] == "legal_policy_loosened"
    assert [error["pointer"] for error in reply.json["errors"]] == ["/is_retired"]


def test_nothing_is_approved_unseen(author, admin):
    draft = draft_of(author).json
    path = f"/v1/policy-drafts/{draft['id']}"

    unseen = approve(admin, draft)
    simulated(author, draft)
    body = {"rule": a_rule(limit=0), "reason": "quieter still"}
    revised = author.put(path, json=body, headers={"If-Match": f'"{draft["version"]}"'}).json
    stale = approve(admin, draft)
    other = approve(admin, revised)
    shown = author.get(f"{path}/simulation").json
    simulated(admin, revised)

    assert (unseen.status_code, unseen.json["code"]) == (409, "simulation_missing")
    assert stale.status_code == 412
    assert (other.status_code, other.json["code"]) == (409, "simulation_outdated")
    assert shown["is_current"] is False
    assert shown["content_digest"] == draft["content_digest"] != revised["content_digest"]
    assert approve(admin, revised).status_code == 200


def test_a_draft_is_its_authors_to_change(author, admin):
    draft = draft_of(author).json
    path, body = f"/v1/policy-drafts/{draft['id']}", {"rule": a_rule(limit=0), "reason": "none"}

    theirs = admin.put(path, json=body, headers={"If-Match": '"1"'})
    blind = author.put(path, json=body)
    first = author.put(path, json=body, headers={"If-Match": '"1"'})
    late = author.put(path, json={**body, "reason": "late"}, headers={"If-Match": '"1"'})

    assert (theirs.status_code, theirs.json["code"]) == (403, "not_your_draft")
    assert blind.status_code == 428
    assert first.json["rule"]["limit"] == 0
    assert (late.status_code, late.json["differs"]) == (412, ["reason"])


def test_what_is_settled_stays(author, admin):
    draft = draft_of(author).json
    path = f"/v1/policy-drafts/{draft['id']}"
    gone = author.put(f"{path}/discard", json={"reason": "no need"})
    again = author.put(f"{path}/discard", json={"reason": "no need"})
    done = changed(author, admin)
    body = {"rule": a_rule(), "reason": "x"}
    if_match = {"If-Match": f'"{gone.json["version"]}"'}

    assert gone.json["state"] == again.json["state"] == "discarded"
    assert author.put(path, json=body, headers=if_match).json["code"] == "draft_settled"
    assert author.put(f"{path}/simulation").json["code"] == "draft_settled"
    assert approve(admin, gone.json).json["code"] == "draft_settled"
    at_done = f"/v1/policy-drafts/{done['id']}"
    assert author.put(f"{at_done}/discard", json={"reason": "x"}).json["code"] == "draft_settled"
    assert approve(admin, done).json == done
    listed = author.get("/v1/policy-drafts?state=discarded").json["items"]
    assert [item["id"] for item in listed] == [draft["id"]]


@pytest.mark.parametrize(
    "change", ["UPDATE policy_drafts SET reason = 'x'", "DELETE FROM policy_drafts"]
)
def test_the_database_keeps_what_was_approved(author, admin, change):
    changed(author, admin)

    with pytest.raises(DBAPIError):
        db.session.execute(sa.text(change))
    db.session.rollback()


def test_two_changes_upon_one_version_do_not_both_take_effect(author, admin):
    """What the second one's approver saw is not what it would change any more."""
    first, second = draft_of(author).json, draft_of(author, rule=a_rule(limit=0)).json
    for draft in (first, second):
        simulated(author, draft)
    assert approve(admin, first).status_code == 200

    refused = approve(admin, second)
    path = f"/v1/policy-drafts/{second['id']}"
    body = {"rule": a_rule(limit=0), "reason": "still"}
    anew = author.put(path, json=body, headers={"If-Match": f'"{second["version"]}"'}).json
    unseen = approve(admin, anew)
    simulated(author, anew)

    assert (refused.status_code, refused.json["code"]) == (409, "draft_outdated")
    assert refused.json["newest_number"] == anew["base_number"] == 2
    assert unseen.json["code"] == "simulation_outdated"
    assert approve(admin, anew).status_code == 200


def test_the_history_tells_who_and_why_and_what(author, admin):
    changed(author, admin, reason="quieter spring")
    policy = policy_of(author)
    path = f"/v1/frequency-policies/{policy['id']}"
    back = author.post(f"{path}/rollbacks", json={"number": 1, "reason": "spring is over"}).json
    simulated(author, back)
    approve(admin, back, reason="so it is")

    third, second, first = author.get(f"{path}/versions").json["items"]

    assert [v["number"] for v in (third, second, first)] == [3, 2, 1]
    assert first["draft_id"] is None
    assert [c for c in first["changes"] if c["after"] is None] == []
    assert {c["before"] for c in first["changes"]} == {None}
    assert second["reason"] == "quieter spring"
    assert second["approved_because"] == "agreed"
    people = {second["by_id"], second["simulated_by_id"]}
    assert len(people) == 1
    assert second["approved_by_id"] not in people
    changes = {c["field"]: (c["before"], c["after"]) for c in second["changes"]}
    assert changes["limit"] == (2, 1)
    assert changes["loosened_by"] == (["customer", "tier"], [])
    assert third["restores_number"] == 1
    assert third["rule"] == first["rule"]
    assert {c["field"] for c in third["changes"]} == set(changes)
    assert back["changes"] == third["changes"]


def test_what_is_read_of_a_policy_may_be_sent_back(admin):
    policies = admin.get("/v1/frequency-policies?limit=200").json["items"]

    for policy in policies:
        rule = policy["in_force"]["rule"]
        draft = draft_of(admin, key=policy["key"], rule=rule)
        assert draft.status_code == 201, (policy["key"], draft.json)
        assert draft.json["rule"] == rule
        assert draft.json["changes"] == []


def test_a_rollback_needs_a_version_and_a_second_person(author):
    policy = policy_of(author)
    path = f"/v1/frequency-policies/{policy['id']}/rollbacks"

    assert author.post(path, json={"number": 9, "reason": "x"}).status_code == 404
    back = author.post(path, json={"number": 1, "reason": "x"}).json
    assert back["changes"] == []
    assert policy_of(author)["newest_number"] == 1


def test_none_is_not_no_cap(author, admin, mine, now):
    """Limit 0 refuses everybody; no limit is a policy that is retired; null is neither."""
    nothing = draft_of(author, rule=a_rule(limit=None))
    none = changed(author, admin, rule=a_rule(limit=0, categories=["service"]))
    with pytest.raises(ContactBlocked) as refused:
        reserve(make_plan(mine, now + HOUR))
    retired = changed(author, admin, rule=a_rule(limit=0), is_retired=True)

    assert nothing.status_code == 422
    assert none["rule"]["limit"] == 0
    assert {r.code for r in refused.value.decision.reasons} == {"never_allowed"}
    assert retired["is_retired"] is True
    assert policy_of(admin)["in_force"]["is_retired"] is True
    reserve(make_plan(mine, now + HOUR))


@pytest.mark.parametrize(
    "changes",
    [
        {"seconds": None},
        {"kind": "calendar", "period": None},
        {"kind": "window", "opens": "21:00", "closes": "08:00"},
        {"strength": "legal", "overridable_by": ["admin"]},
        {"channels": ["pigeon"]},
        {"channels": [{}]},
        {"opens": "8"},
        {"overridable_by": ["auditor"]},
        {"limit": -1},
    ],
)
def test_a_rule_nobody_could_judge_by_is_refused(author, changes):
    assert draft_of(author, rule=a_rule(**changes)).status_code == 422


def test_a_simulation_names_who_is_blocked_and_what_falls(author, admin, mine, now):
    """Each sees their own people's part, and has a row for each that is counted."""
    other_clerk = make_staff()
    others = make_customer(other_clerk, tier="gold")
    for customer, days in (
        (mine, (1, 3)),
        (others, (1, 3)),
        (mine, (-20, -18)),
        (others, (-9, -7)),
    ):
        for day in days:
            book = _log if day < 0 else reserve
            book(make_plan(customer, now + day * DAY + HOUR))
    draft = draft_of(author, "gap_24_hours", rule=_gap(days=9)).json

    seen = simulated(author, draft)
    whole = admin.get(f"/v1/policy-drafts/{draft['id']}/simulation").json

    assert _counts(seen) == {"refused": (1, 1), "fallen": (2, 1)}
    assert _counts(whole) == {"refused": (2, 2), "fallen": (4, 2)}
    assert {g["tier"] for g in seen["refused"]["groups"]} == {"standard"}
    assert seen["coverage"]["customers"] == 1
    assert whole["coverage"]["customers"] == 2
    assert seen["coverage"]["free_days_after"] < seen["coverage"]["free_days_before"]
    for caller, shown, people in ((author, seen, {mine.id}), (admin, whole, {mine.id, others.id})):
        path = f"/v1/policy-drafts/{draft['id']}/simulation"
        for effect in ("refused", "fallen"):
            rows = _every(caller, f"{path}/contacts?effect={effect}")
            assert len(rows) == shown[effect]["contacts"]
            assert {row["customer_id"] for row in rows} == people
            assert {row["policy_key"] for row in rows} == {"gap_24_hours"}
            for group in shown[effect]["groups"]:
                names = "&".join(f"{n}={group[n]}" for n in ("tier", "channel", "category"))
                few = _every(caller, f"{path}/contacts?effect={effect}&{names}")
                assert len(few) == group["contacts"]
        assert len(_every(caller, f"{path}/customers")) == shown["coverage"]["changed_customers"]
    hidden = author.get(f"{path}/contacts?customer_id={others.id}").json["items"]
    assert hidden == []


def test_what_an_override_let_through_does_not_fall(author, caller, mine, now):
    first = reserve(make_plan(mine, now + DAY + HOUR))
    wish = {"customer_id": mine.id, "channel": "call", "category": "service"}
    wish["at"] = (now + DAY + 3 * HOUR).isoformat()
    refusal = caller.post("/v1/contact-reservations", json=wish).json
    asked = caller.post(
        "/v1/contact-overrides",
        json={"decision_id": refusal["decision_id"], "reason": "the shop opens"},
    ).json
    author.put(f"/v1/contact-overrides/{asked['id']}/approval", json={"reason": "yes"})
    booked = caller.post("/v1/contact-reservations", json={**wish, "override_id": asked["id"]})
    assert booked.status_code == 201, booked.text
    in_transaction(contact_frequency.release_slot, first.id, reason="not needed")
    last = reserve(make_plan(mine, now + 3 * DAY))

    draft = draft_of(author, "gap_24_hours", rule=_gap(days=3, overridable_by=["manager"])).json
    simulated(author, draft)

    rows = _every(author, f"/v1/policy-drafts/{draft['id']}/simulation/contacts?effect=fallen")
    assert [row["slot_id"] for row in rows] == [last.id]


def _gap(*, days, **changes):
    categories = ["care", "marketing", "service"]
    return {
        "kind": "min_gap",
        "strength": "hard",
        "categories": categories,
        "seconds": days * 86_400,
        **changes,
    }


def _log(plan):
    return in_transaction(
        contact_frequency.record_fact,
        plan,
        occurred_at=plan.at,
        recorded_at=plan.at,
        outcome="reached",
        by_id=None,
    )


def _counts(shown):
    names = ("refused", "fallen")
    return {name: (shown[name]["contacts"], shown[name]["customers"]) for name in names}


def _every(caller, path):
    """Read a whole list, one row a page."""
    rows, cursor, mark = [], "", "&" if "?" in path else "?"
    while cursor is not None:
        page = caller.get(f"{path}{mark}limit=1" + (f"&cursor={cursor}" if cursor else "")).json
        rows += page["items"]
        cursor = page["next_cursor"]
    return rows


def test_a_simulation_anew_takes_the_place_of_the_old(author, mine, now):
    draft = draft_of(author, "gap_24_hours", rule=_gap(days=3)).json
    path = f"/v1/policy-drafts/{draft['id']}/simulation"
    assert author.get(path).status_code == 404
    first = simulated(author, draft)
    for day in (1, 3):
        reserve(make_plan(mine, now + day * DAY + HOUR))

    second = simulated(author, draft)

    assert first["fallen"]["contacts"] == 0
    assert second["fallen"]["contacts"] == 2
    assert len(_every(author, f"{path}/contacts")) == 2


def test_what_takes_effect_later_leaves_what_comes_before(author, mine, now):
    for day in (1, 3, 11, 13):
        reserve(make_plan(mine, now + day * DAY + HOUR))
    later = {"effective_from": (now + 10 * DAY).isoformat(), "rule": _gap(days=3)}

    seen = simulated(author, draft_of(author, "gap_24_hours", **later).json)

    assert seen["fallen"]["contacts"] == 2
    assert seen["ahead_from"][:10] == "2026-03-13"


def test_a_draft_tells_of_what_is_scheduled_to_take_over_from_it(author, admin, now):
    spring = (now + 30 * DAY).isoformat()[:19] + "Z"
    later = changed(author, admin, effective_from=spring)

    draft = draft_of(author, rule=a_rule(limit=2)).json
    after_it = draft_of(author, effective_from=(now + 31 * DAY).isoformat()[:19] + "Z").json

    assert later["taking_over"] == after_it["taking_over"] == []
    assert draft["taking_over"] == [{"number": 2, "effective_from": spring}]
