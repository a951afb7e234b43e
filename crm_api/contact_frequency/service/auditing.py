"""The nightly audit, a batch at a time: what it finds becomes alerts, what was mended closes them.

A look reads without locks and may take a while; to note what it found is short. Two runs at once
share one run: who notes second finds the cursor gone on, and drops what it looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.audit import service as audit_trail
from crm_api.contact_frequency.models import GovernorAlert, GovernorAudit, StoredDecision
from crm_api.contact_frequency.queries import alerts, auditing, hours_audit
from crm_api.contact_frequency.service.replaying import replay
from crm_api.contact_frequency.terms import AlertKind, AuditPhase, SubjectKind
from crm_api.contact_frequency.values import LedgerBreach
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor

TOO_OLD = timedelta(hours=24)
STANDING = sa.text("closed_at IS NULL")


@dataclass(frozen=True, slots=True)
class Look:
    """What a batch held, seen from where the run stood."""

    phase: AuditPhase
    cursor: str
    batch: Sequence[str]
    breaches: Sequence[LedgerBreach]


def open_audit(*, now: datetime) -> str:
    """Begin a run, or go on with the one that was cut short within a day; return its id."""
    row = {
        "id": new_id(),
        "created_at": now,
        "is_running": True,
        "phase": AuditPhase.CAPS,
        "cursor": "",
        "looked_at": 0,
        "breaches": 0,
        "busy_ms": 0,
    }
    db.session.execute(insert(GovernorAudit).values(**row).on_conflict_do_nothing())
    running = sa.select(GovernorAudit).where(GovernorAudit.is_running)
    audit = db.session.scalars(running.execution_options(populate_existing=True)).one()
    if audit.created_at <= now - TOO_OLD:
        audit.restart(at=now)
    db.session.flush()
    return audit.id


def look_further(audit_id: str) -> Look:
    """Look at the run's next batch. Writes nothing."""
    audit = db.session.get_one(GovernorAudit, audit_id, populate_existing=True)
    following, find = PHASES[audit.phase]
    batch = following(audit.cursor)
    return Look(audit.phase, audit.cursor, batch, find(batch) if batch else [])


def find_other_bytes(decision_ids: Sequence[str]) -> list[LedgerBreach]:
    """Return which of these decisions do not give their own bytes again."""
    statement = sa.select(StoredDecision).where(is_among(StoredDecision.id, decision_ids))
    return [
        LedgerBreach(
            kind=AlertKind.REPLAY,
            policy_key=None,
            subject_kind=SubjectKind.CUSTOMER,
            subject_id=decision.customer_id,
            customer_id=decision.customer_id,
            last_judged_slot_id=decision.slot_id,
            decision_id=decision.id,
        )
        for decision in db.session.scalars(statement.order_by(StoredDecision.id))
        if replay(decision) != decision.trace
    ]


PHASES: dict[
    AuditPhase, tuple[Callable[[str], list[str]], Callable[[Sequence[str]], list[LedgerBreach]]]
] = {
    AuditPhase.CAPS: (auditing.next_subjects, auditing.find_broken_caps),
    AuditPhase.HOURS: (auditing.next_slots, hours_audit.find_closed_hours),
    AuditPhase.STANDING: (alerts.next_standing, find_other_bytes),
    AuditPhase.REPLAYS: (auditing.next_decisions, find_other_bytes),
}
NEXT = dict(pairwise(PHASES))


def note_look(audit_id: str, look: Look, *, busy_ms: int, now: datetime) -> bool:
    """Raise alerts for what a look found, and go on; return whether the run is over."""
    statement = sa.select(GovernorAudit).where(GovernorAudit.id == audit_id).with_for_update()
    audit = db.session.scalars(statement.execution_options(populate_existing=True)).one()
    if not audit.is_running or (audit.phase, audit.cursor) != (look.phase, look.cursor):
        return not audit.is_running
    _raise_alerts(look.breaches, now=now)
    if look.batch:
        audit.advance(look.phase, look.batch[-1], looked_at=len(look.batch), busy_ms=busy_ms)
    elif look.phase in NEXT:
        phase = NEXT[look.phase]
        cursor = auditing.last_replayed() if phase is AuditPhase.REPLAYS else ""
        audit.advance(phase, cursor, looked_at=0, busy_ms=busy_ms)
    else:
        _close_mended(since=audit.created_at, now=now)
        audit.finish(breaches=alerts.count_standing(), at=now)
    db.session.flush()
    return not audit.is_running


def _raise_alerts(breaches: Sequence[LedgerBreach], *, now: datetime) -> None:
    for breach in breaches:
        statement = insert(GovernorAlert).values(_alert(breach, now=now))
        seen = {"seen_at": now, "found": breach.found, "first_slot_id": breach.first_slot_id}
        db.session.execute(
            statement.on_conflict_do_update(
                index_elements=["mark"], index_where=STANDING, set_=seen
            )
        )


def _alert(breach: LedgerBreach, *, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "created_at": now,
        "seen_at": now,
        "kind": breach.kind,
        "mark": breach.mark,
        "customer_id": breach.customer_id,
        "subject_kind": breach.subject_kind,
        "subject_id": breach.subject_id,
        "policy_key": breach.policy_key,
        "allowed": breach.allowed,
        "found": breach.found,
        "slot_id": breach.last_judged_slot_id,
        "first_slot_id": breach.first_slot_id,
        "decision_id": breach.decision_id,
    }


def _close_mended(*, since: datetime, now: datetime) -> None:
    """Close what this run, which looked again at all that stood, did not see again."""
    gone = sa.update(GovernorAlert).where(GovernorAlert.closed_at.is_(None))
    db.session.execute(gone.where(GovernorAlert.seen_at < since).values(closed_at=now))


def acknowledge_alert(alert_id: str, *, note: str, by: Actor, now: datetime) -> GovernorAlert:
    """Answer for an alert. It closes once the audit does not find its cause any more.

    :raises AlertAcknowledged: if somebody answered otherwise
    :raises NotFound: if there is none, or the actor may not see its customer
    """
    alert = alerts.get_alert(alert_id, visible_to=by)
    if alert.acknowledged_at is None:
        audit_trail.record(
            "governor_alert_acknowledged",
            by_id=by.id,
            at=now,
            subject_kind="governor_alert",
            subject_id=alert.id,
            details={"note": note},
        )
    alert.acknowledge(by_id=by.id, note=note, at=now)
    db.session.flush()
    return alert
