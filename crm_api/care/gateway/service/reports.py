"""What the network says became of messages: late, repeated, and in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.care.gateway import queries
from crm_api.care.gateway.models import DeliveryReport
from crm_api.care.gateway.policies.reports import FAILED, PartReport, is_news, rank, sum_up
from crm_api.care.gateway.service.steps import count_as_sent, lock_with_subjects
from crm_api.care.gateway.terms import ReportOutcome, ReportStatus
from crm_api.care.gateway.values import ReportAnswer
from crm_api.care.models import CareMessage
from crm_api.care.service import messages as outbox
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from crm_api.care.gateway.models import DeliveryAttempt
    from crm_api.care.gateway.values import Report

AFTER_FAILURE = "delivered_after_failure"


def take_reports(
    reports: Sequence[Report], *, gateway_id: str, now: datetime
) -> list[ReportAnswer]:
    """Keep each report once and move its message forward; keep what matches nothing yet."""
    attempts = _Attempts(reports, gateway_id=gateway_id)
    stored = _store(reports, attempts, gateway_id=gateway_id, now=now)
    outcomes = _apply([r for r in stored if r.attempt_id], now=now)
    outcomes |= {r.report_id: ReportOutcome.UNMATCHED for r in stored if not r.attempt_id}
    return [
        ReportAnswer(
            report_id=report.report_id,
            # Told twice in one call, the first one counts.
            outcome=outcomes.pop(report.report_id, ReportOutcome.DUPLICATE),
        )
        for report in reports
    ]


class _Attempts:
    """The attempts that a batch of reports speaks of: found by message, else by provider id."""

    def __init__(self, reports: Sequence[Report], *, gateway_id: str) -> None:
        found = queries.find_attempts(
            gateway_id=gateway_id,
            message_ids={r.message_id for r in reports if r.message_id},
            provider_ids={r.provider_id for r in reports if r.provider_id},
        )
        self._by_provider = {a.provider_id: a for a in found}
        self._by_message = {a.message_id: a for a in found}  # the last one begun
        self._by_both = {(a.message_id, a.provider_id): a for a in found}

    def of(self, report: Report) -> DeliveryAttempt | None:
        if report.message_id is None:
            return self._by_provider.get(report.provider_id) if report.provider_id else None
        exact = self._by_both.get((report.message_id, report.provider_id))
        return exact or self._by_message.get(report.message_id)


def _store(
    reports: Sequence[Report], attempts: _Attempts, *, gateway_id: str, now: datetime
) -> list[DeliveryReport]:
    rows: dict[str, dict[str, Any]] = {}
    for report in reports:
        attempt = attempts.of(report)
        row = {
            "id": new_id(),
            "created_at": now,
            "gateway_id": gateway_id,
            "report_id": report.report_id,
            "message_id": report.message_id,
            "provider_id": report.provider_id,
            "attempt_id": attempt.id if attempt else None,
            "part": report.part,
            "parts": report.parts,
            "status": report.status,
            "raw": report.raw,
            "reported_at": report.at,
        }
        rows.setdefault(report.report_id, row)
    # In one order, so that two calls with the same reports wait for each other and not in a ring.
    ordered = [rows[report_id] for report_id in sorted(rows)]
    change = insert(DeliveryReport).values(ordered).on_conflict_do_nothing()
    stored = db.session.scalars(change.returning(DeliveryReport)).all()
    return sorted(stored, key=lambda report: report.id)


def match_waiting(gateway_id: str, *, provider_ids: Collection[str], now: datetime) -> int:
    """Apply the reports that came before anybody told us their provider's ids."""
    if not provider_ids:
        return 0
    return match_reports(queries.waiting_reports(gateway_id, provider_ids=provider_ids), now=now)


def match_reports(waiting: Sequence[tuple[DeliveryReport, str]], *, now: datetime) -> int:
    """Apply reports whose attempts are known by now; return how many."""
    for report, attempt_id in waiting:
        report.attempt_id = attempt_id
    db.session.flush()
    _apply([report for report, _attempt_id in waiting], now=now)
    return len(waiting)


def _apply(reports: Sequence[DeliveryReport], *, now: datetime) -> dict[str, ReportOutcome]:
    message_ids = queries.messages_of_attempts(r.attempt_id for r in reports if r.attempt_id)
    locked = lock_with_subjects(queries.find_messages(CareMessage.id.in_(sorted(message_ids))))
    known = queries.reports_of(message_ids)
    outcomes: dict[str, ReportOutcome] = {}
    new = {report.report_id for report in reports}
    for message in locked:
        said = known[message.id]
        outcomes |= _judge(message, said, new=new)
        reached = sum_up(said)
        if reached is not None and _goes_further(message, reached):
            _advance(message, reached, now=now)
    return outcomes


def _judge(
    message: CareMessage, said: list[PartReport], *, new: Collection[str]
) -> dict[str, ReportOutcome]:
    outcomes = {}
    for place, report in enumerate(said):
        if report.report_id in new:
            further = _goes_further(message, report.status)
            is_applied = further and is_news(report, known=said[:place])
            outcomes[report.report_id] = (
                ReportOutcome.APPLIED if is_applied else ReportOutcome.IGNORED_OLDER
            )
    return outcomes


def _goes_further(message: CareMessage, said: MessageState | ReportStatus) -> bool:
    """Tell whether this is news. That one was refused which was given up as not sent is none."""
    is_refused = said == ReportStatus.REJECTED and message.submitted_at is None
    if is_refused and message.state not in HOLDS_SLOT:
        return False
    return rank(said) > rank(message.state)


def _advance(message: CareMessage, reached: MessageState, *, now: datetime) -> None:
    """Bring a message to where the reports prove it to be, from wherever it stands.

    Facts are never refused: one that was given up as not sent, and arrived, counts.
    """
    is_refused = reached is MessageState.REJECTED and message.submitted_at is None
    if not is_refused:
        count_as_sent([message], at=now)
    elif message.state in HOLDS_SLOT:
        contact_frequency.release_slot(message.slot_id, reason="rejected")
    reason = _reason(message, reached)
    outbox.move(message, reached, at=now, reason=reason, by_id=message.gateway_id)
    message.lease_expires_at = None


HOLDS_SLOT = frozenset(
    {
        MessageState.QUEUED,
        MessageState.LEASED,
        MessageState.SUBMITTING,
        MessageState.UNCERTAIN,
    }
)


def _reason(message: CareMessage, reached: MessageState) -> str:
    if reached is MessageState.DELIVERED:
        return AFTER_FAILURE if rank(message.state) == FAILED else ""
    return "reported" if rank(reached) == FAILED else ""
