"""Say what a refusal means for a record, to the phone and to who looks after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crm_api.kit.errors import DomainError
from crm_api.sync.pushing.refusals import refusal_of
from crm_api.sync.pushing.service.issues import keep_issue
from crm_api.sync.pushing.values import Rejection
from crm_api.sync.terms import Pushed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_api.sync.pushing.values import Push, PushedRecord

RACED = "constraint_refused"
EPOCH = datetime.fromtimestamp(0, UTC)


def judge(
    record: PushedRecord,
    refusal: Exception,
    *,
    push: Push,
    device_id: str,
    customer_id: str | None,
    stands: bool,
) -> Rejection:
    """Return why a record was refused; what is final is kept as an issue with its content.

    A deletion is never fixable: the stock client would never have the record back. Nor is a part of
    a new record that `stands` otherwise: it comes back over all that was not edited since.
    """
    rejection = _rejection(record, refusal)
    is_overwritten = stands and record.op is Pushed.CREATED and not record.edited
    rejection.is_fixable = rejection.is_fixable and not is_overwritten
    if isinstance(refusal, DomainError) and refusal.remember is not None:
        refusal.remember()  # in this transaction, which the refusal does not end
    if not rejection.is_fixable:
        issue = keep_issue(rejection, push, device_id=device_id, customer_id=customer_id)
        rejection.issue_id = issue.id
    return rejection


def _rejection(record: PushedRecord, refusal: Exception) -> Rejection:
    if not isinstance(refusal, DomainError):
        message = "Somebody wrote the same at the same moment."
        return Rejection(record=record, code=RACED, message=message, is_fixable=False)
    meaning = refusal_of(refusal.code)
    return Rejection(
        record=record,
        code=refusal.code,
        message=refusal.detail,
        is_fixable=meaning.is_fixable and record.op is not Pushed.DELETED,
        field=_field(refusal, record),
        next_allowed_at=_moment(refusal.details.get("next_allowed_at")),
    )


def _field(refusal: DomainError, record: PushedRecord) -> str | None:
    """Return which of the record's columns is to be mended, if it is one."""
    errors = refusal.details.get("errors") or [{"pointer": ""}]
    _, _, path = errors[0]["pointer"].partition("/")
    name: str = path.split("/")[0]
    return name if name in {"id", *(column.name for column in record.table.columns)} else None


def _moment(given: Any) -> datetime | None:
    return datetime.fromisoformat(given) if isinstance(given, str) else given


def told(rejection: Rejection) -> dict[str, Any]:
    """Return a rejection as the phone is told of it."""
    record, free = rejection.record, rejection.next_allowed_at
    return {
        "table": record.table.name,
        "id": record.id,
        "op": record.op,
        "retryable": rejection.is_fixable,
        "code": rejection.code,
        "field": rejection.field,
        "message": rejection.message,
        "issue_id": rejection.issue_id,
        "next_allowed_at": free and (free - EPOCH) // timedelta(milliseconds=1),
    }


def rejected_ids(rejections: Iterable[Rejection]) -> dict[str, list[str]]:
    """Return what is to stay on the phone as it is, by table."""
    ids: dict[str, list[str]] = {}
    for rejection in rejections:
        if rejection.is_fixable:
            ids.setdefault(rejection.record.table.name, []).append(rejection.record.id)
    return ids
