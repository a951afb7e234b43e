"""What phones sent in vain is seen by whoever can do something about it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_api.accounts.models import Role
from crm_api.audit.models import AuditEntry
from crm_api.kit.db import db
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.factories.sync import make_issue

HOW = {"how": "Written down by hand."}


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def sender(team):
    return make_staff(team=team)


@pytest.fixture
def manager(team):
    return make_staff(Role.MANAGER, team)


def listed(caller, query=""):
    return [item["id"] for item in caller.get(f"/v1/sync/issues{query}").json["items"]]


def settle(caller, issue, body=HOW):
    return caller.put(f"/v1/sync/issues/{issue.id}/settlement", json=body)


def test_the_sender_and_their_managers_see_it_with_its_content(sign_in, team, sender, manager):
    issue = make_issue(sender, make_customer(sender))
    nobodys = make_issue(sender)
    make_issue(make_staff())

    for reader in (sender, manager):
        assert set(listed(sign_in(reader))) == {issue.id, nobodys.id}
    shown = sign_in(manager).get(f"/v1/sync/issues/{issue.id}").json
    assert shown["content"] == {"text": "She prefers tea."}
    assert len(listed(sign_in(make_staff(Role.AUDITOR)))) == 3
    assert listed(sign_in(make_staff(team=team))) == []


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 2**70, 1e300, -1e300])
def test_a_row_from_before_with_a_number_beyond_64_bits_hides_no_other(sign_in, sender, number):
    issue = make_issue(sender, content={"row": {"year": number, "label": "x"}, "edited": [number]})
    other = make_issue(sender)
    caller = sign_in(sender)

    assert set(listed(caller)) == {issue.id, other.id}
    content = caller.get(f"/v1/sync/issues/{issue.id}").json["content"]
    assert content["row"]["label"] == "x"
    assert float(content["row"]["year"]) == float(content["edited"][0]) == float(number)
    assert settle(caller, issue).status_code == 200


@pytest.mark.parametrize("number", [2**64 - 1, -(2**63), 0, 1.5, True])
def test_any_other_number_is_shown_as_it_is(sign_in, sender, number):
    issue = make_issue(sender, content={"row": {"year": number}})

    content = sign_in(sender).get(f"/v1/sync/issues/{issue.id}").json["content"]
    assert content == {"row": {"year": number}}


def test_of_another_teams_customer_the_manager_learns_nothing(sign_in, sender, manager):
    issue = make_issue(sender, make_customer(make_staff()))

    assert listed(sign_in(sender)) == [issue.id]
    assert listed(sign_in(manager)) == []
    assert settle(sign_in(manager), issue).status_code == 404


def test_the_list_is_filtered_and_newest_first(sign_in, sender, moment):
    customer = make_customer(sender)
    old = make_issue(sender, customer, created_at=moment)
    new = make_issue(
        sender, created_at=moment + timedelta(days=1), table_name="visits", code="visit_over"
    )
    caller = sign_in(sender)
    settle(caller, old)

    assert listed(caller) == [new.id, old.id]
    assert listed(caller, "?is_settled=false") == [new.id]
    assert listed(caller, f"?customer_id={customer.id}") == [old.id]
    assert listed(caller, "?table_name=visits&code=visit_over&device_id=phone-1") == [new.id]
    assert listed(caller, f"?staff_id={make_staff().id}") == []
    first = caller.get("/v1/sync/issues?limit=1").json
    assert listed(caller, f"?limit=1&cursor={first['next_cursor']}") == [old.id]


def test_it_is_settled_once_and_says_how(sign_in, sender, manager):
    issue = make_issue(sender)

    settled = settle(sign_in(manager), issue)
    again = settle(sign_in(sender), issue)
    otherwise = settle(sign_in(sender), issue, {"how": "It was a mistake."})

    assert settled.status_code == again.status_code == 200
    assert settled.json["settled_by_id"] == again.json["settled_by_id"] == manager.id
    assert (otherwise.status_code, otherwise.json["code"]) == (409, "issue_settled")
    assert db.session.query(AuditEntry).filter_by(action="sync_issue_settled").count() == 1


def test_an_auditor_settles_nothing(sign_in, sender):
    reply = settle(sign_in(make_staff(Role.AUDITOR)), make_issue(sender))

    assert (reply.status_code, reply.json["code"]) == (403, "forbidden_role")
