"""Whose visit it is follows from whose customer it is."""

from datetime import timedelta

import pytest

from crm_api.accounts.models import Role
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, planned, step
from tests.visits.test_confirm_and_move import STEPS

HOUR = timedelta(hours=1)


@pytest.fixture
def visit(field, at):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow, id="v-1")
    at(field.tomorrow)
    made(field.caller, visit)
    step(
        field.caller,
        visit,
        "record",
        **a_record(
            visit,
            promises=[{"id": "p-1", "text": "Send it.", "due_on": "2026-03-06"}],
            follow_ups=[{"id": "f-1", "text": "Measure.", "due_on": "2026-03-06"}],
        ),
    )
    return visit


ROUTES = [
    ("GET", "/v1/visits/v-1", None),
    ("GET", "/v1/visits/v-1/notes", None),
    ("POST", "/v1/visits/v-1/notes", {"text": "Hello."}),
    *(("PUT", f"/v1/visits/v-1/{name}", content) for name, content in STEPS.items()),
    ("GET", "/v1/visits/v-1/brief", None),
    ("PUT", "/v1/visits/v-1/brief/acknowledgement", {"digest": "0" * 64}),
    ("PUT", "/v1/promises/p-1/keeping", {"how": "By email."}),
    ("PUT", "/v1/follow-ups/f-1/completion", {"outcome": "Done."}),
]


@pytest.mark.parametrize(("method", "path", "content"), ROUTES)
def test_a_colleague_does_not_find_it(visit, sign_in, method, path, content):
    reply = sign_in(make_staff()).open(method, path, json=content)

    assert (reply.status_code, reply.json["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/v1/visits", "/v1/promises", "/v1/follow-ups"])
def test_lists_hold_what_is_ones_own(field, visit, sign_in, path):
    assert len(field.caller.get(path).json["items"]) == 1
    assert sign_in(make_staff()).get(path).json["items"] == []
    assert sign_in(make_staff(Role.ADMIN)).get(path).json["items"] != []


def test_a_manager_sees_the_teams_subtree(app, sign_in, field):
    district = make_team()
    team = make_team(parent=district)
    owner = make_staff(team=team)
    customer = make_customer(owner)
    visit = planned(sign_in(owner), customer, starts_at=field.tomorrow)
    above = make_staff(Role.MANAGER, team=district)
    beside = make_staff(Role.MANAGER, team=make_team(parent=district))

    seen = sign_in(above).get(f"/v1/visits/{visit['id']}")
    unseen = sign_in(beside).get(f"/v1/visits/{visit['id']}")

    assert (seen.status_code, unseen.status_code) == (200, 404)


def test_a_managers_plan_belongs_to_the_customers_owner(app, sign_in, field):
    manager = make_staff(Role.MANAGER, team=make_team())
    owner = make_staff(team=None)
    customer = make_customer(owner, team_id=manager.team_id)

    visit = planned(sign_in(manager), customer, starts_at=field.tomorrow)

    assert (visit["owner_id"], visit["planned_by_id"]) == (owner.id, manager.id)


def test_an_auditor_reads_and_changes_nothing(field, visit, sign_in):
    auditor = sign_in(make_staff(Role.AUDITOR))

    assert auditor.get("/v1/visits/v-1").status_code == 200
    assert step(auditor, visit, "check-in").status_code == 403
