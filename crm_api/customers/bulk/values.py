"""What a job is about, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from crm_api.customers.bulk.terms import RowOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.bulk.terms import JobKind, JobStatus


class Result(NamedTuple):
    """What became of one customer."""

    outcome: RowOutcome
    code: str | None = None
    cells: list[str] | None = None


CHANGED, UNCHANGED = Result(RowOutcome.CHANGED), Result(RowOutcome.UNCHANGED)


def refused(code: str) -> Result:
    """Return that a customer could not be changed, and why."""
    return Result(RowOutcome.REFUSED, code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What shall be done with a chunk's customers, on whose word, and when."""

    job_id: str
    task: Mapping[str, Any]
    reason: str
    by: Actor
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job has come."""

    id: str
    kind: JobKind
    status: JobStatus
    by_id: str
    reason: str
    selection: Mapping[str, Any]
    task: Mapping[str, Any]
    created_at: datetime
    finished_at: datetime | None
    cancelled_by_id: str | None
    rows: int
    done: int
    changed: int
    unchanged: int
    refused: int
    written: int
