"""What a set of reports says of a message, in whatever order they came."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crm_api.care.gateway.terms import ReportStatus
from crm_api.care.terms import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTHING_KNOWN: Final = 0
SUBMITTED: Final = 1
FAILED: Final = 2
DELIVERED: Final = 3

_RANKS: Final = {
    MessageState.SUBMITTED: SUBMITTED,
    MessageState.UNDELIVERED: FAILED,
    MessageState.REJECTED: FAILED,
    MessageState.DELIVERED: DELIVERED,
}


@dataclass(frozen=True, slots=True)
class PartReport:
    """What was said of one part of one attempt.

    `was_refused` where the gateway itself said that the attempt came to nothing: that the network
    says so too is no news, and must not stop the next attempt.
    """

    report_id: str
    attempt_id: str
    part: int
    parts: int
    status: ReportStatus
    was_refused: bool = False

    @property
    def is_stale(self) -> bool:
        """Whether it only repeats that an attempt failed which another follows."""
        return self.was_refused and self.status is ReportStatus.REJECTED


def rank(state: MessageState | ReportStatus) -> int:
    """Return how far the news of this state reach. News never go back."""
    return _RANKS.get(MessageState(state), NOTHING_KNOWN)


def is_news(report: PartReport, *, known: Iterable[PartReport]) -> bool:
    """Tell whether a report says more of its part than is known already."""
    if report.is_stale:
        return False
    of_part = [k for k in known if (k.attempt_id, k.part) == (report.attempt_id, report.part)]
    return all(rank(report.status) > rank(k.status) for k in of_part)


def sum_up(reports: Iterable[PartReport]) -> MessageState | None:
    """Return the furthest state that the reports prove.

    One attempt that arrived whole is a delivery, whatever became of the others.
    """
    by_attempt: dict[str, list[PartReport]] = defaultdict(list)
    for report in reports:
        if not report.is_stale:
            by_attempt[report.attempt_id].append(report)
    states = [_sum_up_attempt(of_attempt) for of_attempt in by_attempt.values()]
    return max(states, key=rank, default=None)


def _sum_up_attempt(reports: list[PartReport]) -> MessageState:
    best: dict[int, ReportStatus] = {}
    for report in reports:
        known = best.get(report.part)
        if known is None or rank(report.status) > rank(known):
            best[report.part] = report.status
    parts = max(report.parts for report in reports)
    arrived = [s for s in best.values() if s is ReportStatus.DELIVERED]
    if len(arrived) >= parts:
        return MessageState.DELIVERED
    failures = [s for s in best.values() if rank(s) == FAILED]
    return MessageState(failures[0]) if failures else MessageState.SUBMITTED
