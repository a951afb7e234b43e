"""What a row tells of a visit beyond its plan, step by step: each stands or falls by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from crm_api.kit.db import db
from crm_api.kit.errors import DomainError, Invalid
from crm_api.sync.pushing.decoding import decode, load, naming
from crm_api.sync.pushing.writers.shape import UNSAID
from crm_api.sync.pushing.writers.visits import moments
from crm_api.sync.tables import Written
from crm_api.visits import errors, queries, service
from crm_api.visits.schemas.plans import (
    VisitAbsenceSchema,
    VisitCancellationSchema,
    VisitConfirmationSchema,
    VisitScheduleSchema,
)
from crm_api.visits.schemas.presence import CheckInSchema, CheckOutSchema
from crm_api.visits.terms import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crm_api.accounts.actors import Actor
    from crm_api.sync.pushing.values import Push, PushedRecord
    from crm_api.visits.models import Visit

STEPS: Final = {
    "confirmed_at": Step.CONFIRM,
    "cancelled_at": Step.CANCEL,
    "missed_at": Step.MISS,
    "checked_in_at": Step.CHECK_IN,
    "checked_out_at": Step.CHECK_OUT,
    "recorded_at": Step.RECORD,
}
FACTS: Final = (*STEPS, "brief_acknowledged_at")
WORDS: Final = {
    "confirmed_at": ("confirmed_by", "confirmed_how"),
    "cancelled_at": ("cancelled_by", "cancel_reason"),
    "missed_at": ("absent", "absence_proof"),
    "checked_in_at": ("checked_in_place",),
}
# What the online call of a step names otherwise than the columns.
NAMED: Final = {
    "confirmed_at": {"by": "confirmed_by", "how": "confirmed_how"},
    "cancelled_at": {"by": "cancelled_by", "reason": "cancel_reason"},
    "missed_at": {"proof": "absence_proof"},
    "checked_in_at": {"at": "checked_in_at", "place": "checked_in_place"},
    "checked_out_at": {"at": "checked_out_at"},
}
# What besides the moment is news of a step.
NEWS: Final = {**WORDS, "brief_acknowledged_at": ("brief_digest",)}
# The same fact told twice may differ by what two exchanges measured of the clock.
SAME: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that a row says of its visit, and what of it is news."""

    visit_id: str
    row: dict[str, Any]
    changed: frozenset[str]
    by: Actor
    now: datetime
    # The moments that the user emptied.
    undone: tuple[str, ...] = ()
    refused: list[DomainError] = field(default_factory=list)

    @property
    def is_made(self) -> bool:
        """Whether somebody was there, as the phone now says."""
        return self.says("checked_in_at")

    def has_news(self, *names: str) -> bool:
        """Tell whether one of these columns is to be written."""
        return not self.changed.isdisjoint(names)

    def says(self, moment: str, *names: str) -> bool:
        """Tell whether the row says that something happened, and whether that is news."""
        return self.row.get(moment) is not None and self.has_news(moment, *names)

    def at(self, moment: str) -> datetime:
        """Return when something happened."""
        return moments.fact(self.row[moment], now=self.now)

    def visit(self) -> Visit:
        """Return the visit as it stands by now."""
        return queries.get_visit_alone(self.visit_id, visible_to=self.by)


def read(record: PushedRecord, push: Push, *, by: Actor) -> Told:
    """Return what a row tells."""
    names = record.writable(Written.AT_FIRST, Written.ALWAYS)
    # Nobody chose when an unannounced visit begins: the clock said so.
    begun = ("starts_at", "ends_at") if record.row.get("is_unannounced") else ()
    return Told(
        visit_id=record.id,
        row=decode(record, push, names=names, facts=(*FACTS, *begun)),
        changed=record.changed,
        by=by,
        now=push.now,
        undone=tuple(name for name in STEPS if record.takes_back(name)),
    )


def tell_steps(told: Told) -> DomainError | None:
    """Take every step that a row tells of; return what of it was refused first.

    A step that is refused hinders no other: that somebody was there is true whatever was agreed.
    """
    for check in (_require_moments, _require_standing):
        _keep_refusal(check, told)
    for moment, step in TAKEN.items():
        if told.says(moment, *NEWS.get(moment, ())):
            attempt(step, told, columns=NAMED.get(moment, {}))
    return next(iter(told.refused), None)


def attempt(
    step: Callable[[Told], None], told: Told, *, columns: Mapping[str, str] | None = None
) -> None:
    """Take a step, or keep why it is refused, in the words of these columns."""

    def take(told: Told) -> None:
        with naming(**columns or {}), db.session.begin_nested():
            step(told)

    _keep_refusal(take, told)


def _keep_refusal(step: Callable[[Told], None], told: Told) -> None:
    try:
        step(told)
    except DomainError as refusal:
        told.refused.append(refusal)


def move(told: Told) -> None:
    """Move the visit where the phone has it."""
    row = {name: told.row.get(name) for name in ("starts_at", "ends_at", "place")}
    content = load(VisitScheduleSchema, row)
    content.pop("override_id")
    visit = told.visit()
    if told.row.get("is_unannounced") and _is_known(visit.starts_at, content["starts_at"]):
        return
    if (visit.starts_at, visit.ends_at, visit.place) != tuple(content.values()):
        service.keep_move(told.visit_id, content, is_made=told.is_made, by=told.by, now=told.now)


def _require_moments(told: Told) -> None:
    """Make sure that words come with their moment: the phone keeps them until they do."""
    for moment, names in WORDS.items():
        news = (told.row.get(name) for name in names if told.has_news(name))
        if told.row.get(moment) is None and any(news):
            raise Invalid(f"/{moment}", "Say when.")


def _require_standing(told: Told) -> None:
    """Make sure that nobody takes back what was told: the phone would see it return unexplained."""
    visit = told.visit() if told.undone else None
    for moment in told.undone:
        if visit is not None and getattr(visit, moment) is not None:
            raise errors.StepTakenOtherwise(step=STEPS[moment], status=visit.status)


def _acknowledge(told: Told) -> None:
    digest = told.row.get("brief_digest")
    if digest:
        at = told.at("brief_acknowledged_at")
        service.acknowledge_brief(told.visit_id, digest=digest[:64], by=told.by, now=at)


def _confirm(told: Told) -> None:
    said = {"by": told.row.get("confirmed_by"), "how": told.row.get("confirmed_how")}
    content = load(VisitConfirmationSchema, said)
    visit = told.visit()
    if (visit.confirmed_by, visit.confirmed_how) == (content["by"], content["how"]):
        return
    service.keep_confirmation(
        told.visit_id,
        content,
        is_made=told.is_made,
        at=told.at("confirmed_at"),
        by=told.by,
        now=told.now,
    )


def _cancel(told: Told) -> None:
    reason = told.row.get("cancel_reason") or UNSAID
    said = {"by": told.row.get("cancelled_by") or "us", "reason": reason}
    content = load(VisitCancellationSchema, said)
    service.cancel_visit(
        told.visit_id, content, by=told.by, now=told.now, at=told.at("cancelled_at")
    )


def _miss(told: Told) -> None:
    said = {"absent": told.row.get("absent"), "proof": told.row.get("absence_proof") or UNSAID}
    content = load(VisitAbsenceSchema, said)
    service.miss_visit(told.visit_id, content, by=told.by, now=told.now, at=told.at("missed_at"))


def _check_in(told: Told) -> None:
    at = told.at("checked_in_at")
    if _is_known(told.visit().checked_in_at, at):
        return
    service.reopen(told.visit_id, by=told.by)
    place = (told.row.get("checked_in_place") or "")[:500] or None
    position = _position(told.row)
    content = load(CheckInSchema, {"at": at.isoformat(), "place": place, **position})
    service.check_in(told.visit_id, content, by=told.by, now=told.now, expected=None)


def _check_out(told: Told) -> None:
    at, visit = told.at("checked_out_at"), told.visit()
    if _is_known(visit.checked_out_at, at):
        return
    at = max(at, visit.checked_in_at or at)
    position = _position(told.row, prefix="check_out_")
    content = load(CheckOutSchema, {"at": at.isoformat(), **position})
    service.check_out(told.visit_id, content, by=told.by, now=told.now, expected=None)


def _is_known(known: datetime | None, told: datetime) -> bool:
    return known is not None and abs(known - told) <= SAME


def _position(row: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return where the phone stood; what cannot be a place on earth is none, the fact stands."""
    found = {name: row.get(prefix + name) for name in ("latitude", "longitude", "accuracy_m")}
    said = {**found, "is_mocked": bool(row.get("is_mocked"))}
    try:
        load(CheckOutSchema, said)
    except Invalid:
        return {"is_mocked": said["is_mocked"]}
    return said


TAKEN: Final[dict[str, Callable[[Told], None]]] = {
    "brief_acknowledged_at": _acknowledge,
    "confirmed_at": _confirm,
    "cancelled_at": _cancel,
    "missed_at": _miss,
    "checked_in_at": _check_in,
    "checked_out_at": _check_out,
}
