"""The nightly audit as a sweep: its alerts, its metrics, and how it goes on after a fall."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.audit.models import AuditEntry
from crm_api.contact_frequency.commands import contact_frequency
from crm_api.contact_frequency.models import GovernorAlert, GovernorAudit
from crm_api.contact_frequency.queries import alerts as alert_queries
from crm_api.contact_frequency.queries import auditing as audit_queries
from crm_api.contact_frequency.service import auditing
from crm_api.contact_frequency.terms import AuditPhase
from crm_api.kit import metrics
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.contact_frequency.test_audit import push
from tests.contact_frequency.test_explaining import forge
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import make_plan, reserve
from tests.factories.customers import make_customer

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def run(app):
    db.session.rollback()
    result = app.test_cli_runner().invoke(contact_frequency, ["audit"])
    db.session.rollback()
    db.session.expire_all()
    return result


def all_alerts():
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(sa.select(GovernorAlert).order_by(GovernorAlert.id)).all()


@pytest.fixture
def team(now):
    return make_team()


@pytest.fixture
def mine(team):
    return make_customer(make_staff(team=team))


@pytest.fixture
def manager(sign_in, team):
    return sign_in(make_staff(Role.MANAGER, team))


@pytest.fixture
def broken(mine, now):
    """A call pushed behind the governor's back to two hours after another."""
    reserve(make_plan(mine, now + HOUR))
    slot = reserve(make_plan(mine, now + 3 * DAY))
    push(slot, now + 3 * HOUR)
    return slot


def test_a_clean_ledger_raises_nothing_and_ends_well(app, mine, now):
    reserve(make_plan(mine, now + HOUR))

    result = run(app)

    assert (result.exit_code, all_alerts()) == (0, [])
    [audit] = db.session.scalars(sa.select(GovernorAudit)).all()
    assert (audit.is_running, audit.breaches, audit.finished_at) == (False, 0, now)
    assert audit.looked_at == 2 + 1 + 1  # customer and number, a contact, its decision


def test_each_finding_is_one_alert_however_often_it_is_seen(app, broken, now, at):
    assert run(app).exit_code == 1
    first = {(a.id, a.mark) for a in all_alerts()}
    assert {(a.kind, a.policy_key, a.subject_kind) for a in all_alerts()} == {
        ("cap", "gap_24_hours", "customer"),
        ("cap", "gap_24_hours", "endpoint"),
    }

    at(now + DAY)
    assert run(app).exit_code == 1

    assert {(a.id, a.mark) for a in all_alerts()} == first
    assert {a.seen_at for a in all_alerts()} == {now + DAY}
    assert {a.closed_at for a in all_alerts()} == {None}


def test_what_is_mended_closes_its_alert_and_breaks_anew_as_another(app, broken, now, at):
    run(app)
    at(now + DAY)
    push(broken, now + 3 * DAY)

    assert run(app).exit_code == 0
    assert {a.closed_at for a in all_alerts()} == {now + DAY}

    at(now + 2 * DAY)
    push(broken, now + 3 * HOUR)
    assert run(app).exit_code == 1
    assert len(all_alerts()) == 4
    assert len([a for a in all_alerts() if a.closed_at is None]) == 2


def test_contacts_outside_their_hours_are_alerts_too(app, mine, now):
    push(reserve(make_plan(mine, now + HOUR)), now + 13 * HOUR)

    result = run(app)

    assert result.exit_code == 1
    assert [(a.kind, a.policy_key) for a in all_alerts()] == [("hours", "service_hours")]


def test_a_decision_that_does_not_replay_stays_an_alert(app, mine, now, at):
    forged = forge(reserve(make_plan(mine, now + HOUR)).decision_id)

    for days in (0, 1, 2):
        at(now + days * DAY)
        assert run(app).exit_code == 1

    [alert] = all_alerts()
    assert (alert.kind, alert.decision_id, alert.closed_at) == ("replay", forged, None)


def test_a_decision_that_replays_again_closes_its_alert(app, mine, now, at, monkeypatch):
    reserve(make_plan(mine, now + HOUR))
    with monkeypatch.context() as patch:
        patch.setattr(auditing, "replay", lambda _: b"other bytes")
        assert run(app).exit_code == 1
    at(now + DAY)

    assert run(app).exit_code == 0
    assert [a.closed_at for a in all_alerts()] == [now + DAY]


def test_what_stands_is_looked_at_again_a_batch_at_a_time(app, mine, now, at, monkeypatch):
    decision_id = reserve(make_plan(mine, now + HOUR)).decision_id
    for _ in range(3):
        forge(decision_id)
    run(app)
    monkeypatch.setattr(alert_queries, "DECISIONS", 2)
    sizes = []
    look = auditing.find_other_bytes
    again = (alert_queries.next_standing, lambda ids: sizes.append(len(ids)) or look(ids))
    monkeypatch.setitem(auditing.PHASES, AuditPhase.STANDING, again)
    at(now + DAY)

    run(app)

    assert sizes == [2, 1]
    assert [alert.closed_at for alert in all_alerts()] == [None] * 3


def test_decisions_are_replayed_once_each(app, mine, now, at, monkeypatch):
    reserve(make_plan(mine, now + HOUR))
    run(app)
    monkeypatch.setattr(audit_queries, "TEN_MINUTES", -1)  # not even those of just now
    at(now + DAY)
    asked = []
    monkeypatch.setattr(auditing, "replay", lambda d: asked.append(d.id) or d.trace)

    run(app)

    assert asked == []


def _steps(audit_id, *, most, now):
    for _ in range(most):
        with transaction(read_only=True):
            look = auditing.look_further(audit_id)
        with transaction():
            if auditing.note_look(audit_id, look, busy_ms=5, now=now):
                return True
    return False


def _open(now):
    db.session.rollback()
    with transaction():
        return auditing.open_audit(now=now)


def test_a_run_that_was_cut_short_goes_on_where_it_stood(app, broken, now, at, monkeypatch):
    for name in ("SUBJECTS", "SLOTS", "DECISIONS"):
        monkeypatch.setattr(audit_queries, name, 1)
    audit_id = _open(now)
    assert _steps(audit_id, most=2, now=now) is False
    at(now + HOUR)

    again = _open(now + HOUR)

    assert again == audit_id
    assert _steps(audit_id, most=50, now=now + HOUR) is True
    audit = db.session.get(GovernorAudit, audit_id, populate_existing=True)
    assert audit.looked_at == 2 + 2 + 2  # customer and number, contacts, decisions: once each
    assert len(all_alerts()) == 2
    assert {a.closed_at for a in all_alerts()} == {None}


def test_a_run_cut_short_long_ago_begins_anew(app, broken, now, at):
    audit_id = _open(now)
    _steps(audit_id, most=1, now=now)
    at(now + DAY)

    assert _open(now + DAY) == audit_id

    audit = db.session.get(GovernorAudit, audit_id, populate_existing=True)
    assert (audit.phase, audit.cursor, audit.created_at) == ("caps", "", now + DAY)


def test_two_runs_at_once_share_one(app, broken, now):
    audit_id = _open(now)
    with transaction(read_only=True):
        mine, theirs = auditing.look_further(audit_id), auditing.look_further(audit_id)
    for look in (mine, theirs):
        with transaction():
            assert auditing.note_look(audit_id, look, busy_ms=5, now=now) is False

    audit = db.session.get(GovernorAudit, audit_id, populate_existing=True)
    assert audit.looked_at == 2
    assert len(all_alerts()) == 2


def test_managers_see_and_acknowledge_the_alerts_of_their_teams(app, manager, mine, broken, now):
    run(app)

    items = manager.get("/v1/governor-alerts?is_open=true&is_acknowledged=false").json["items"]
    assert {i["slot_id"] for i in items} == {broken.id}
    assert mine.phone not in str(items)
    path = f"/v1/governor-alerts/{items[0]['id']}/acknowledgement"
    first = manager.put(path, json={"note": "Moved by hand."})
    again = manager.put(path, json={"note": "Moved by hand."})
    other = manager.put(path, json={"note": "No idea."})

    assert first.status_code == again.status_code == 200
    assert first.json["note"] == "Moved by hand."
    assert (other.status_code, other.json["code"]) == (409, "alert_acknowledged")
    left = manager.get("/v1/governor-alerts?is_acknowledged=false&kind=cap").json["items"]
    assert [i["id"] for i in left] == [items[1]["id"]]
    one = manager.get(f"/v1/governor-alerts?customer_id={mine.id}&limit=1").json
    assert (len(one["items"]), one["next_cursor"] is None) == (1, False)
    trail = sa.select(AuditEntry).where(AuditEntry.action == "governor_alert_acknowledged")
    assert len(db.session.scalars(trail).all()) == 1


def test_another_team_finds_none_of_them(app, sign_in, manager, broken, now):
    run(app)
    [alert, _] = manager.get("/v1/governor-alerts").json["items"]
    stranger = sign_in(make_staff(Role.MANAGER))
    path = f"/v1/governor-alerts/{alert['id']}"

    assert stranger.get("/v1/governor-alerts").json["items"] == []
    assert stranger.get(path).status_code == 404
    assert stranger.put(f"{path}/acknowledgement", json={"note": "x"}).status_code == 404


def test_account_managers_are_not_asked(sign_in, now):
    reply = sign_in(make_staff()).get("/v1/governor-alerts")

    assert reply.json["code"] == "forbidden_role"


def metric(client, name):
    reply = client.get("/metrics")
    assert reply.status_code == 200
    lines = [line for line in reply.text.splitlines() if line.startswith(name)]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_prometheus_learns_how_the_last_run_went(app, client, broken, now):
    assert metric(client, "crm_governor_audit") == {}
    run(app)

    assert metric(client, "crm_governor_audit_breaches") == {"crm_governor_audit_breaches": 2}
    finished = "crm_governor_audit_finished_timestamp_seconds"
    assert metric(client, finished) == {finished: now.timestamp()}
    assert set(metric(client, "crm_governor_audit_seconds")) == {"crm_governor_audit_seconds"}
    assert metric(client, "crm_governor_alerts_open") == {
        'crm_governor_alerts_open{kind="cap"}': 2,
        'crm_governor_alerts_open{kind="hours"}': 0,
        'crm_governor_alerts_open{kind="replay"}': 0,
    }


def test_metrics_are_shown_without_a_database(client, monkeypatch):
    def away():
        raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setitem(metrics.SOURCES, "governor_audit", away)

    reply = client.get("/metrics")

    assert reply.status_code == 200
    assert "crm_governor" not in reply.text
