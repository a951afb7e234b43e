"""The record of a visit: written last of all, when everything else of the push is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from crm_api.sync.pushing.decoding import load, naming
from crm_api.sync.pushing.errors import RecordUnfinished
from crm_api.sync.pushing.writers.shape import UNSAID
from crm_api.visits import service
from crm_api.visits.schemas.records import NewVisitRecordSchema

if TYPE_CHECKING:
    from crm_api.sync.pushing.writers.visits.telling import Told

RETROSPECTIVE: Final = ("went_well", "went_badly", "next_time")
WRITTEN: Final = (
    "recorded_at",
    "summary",
    "sections",
    *RETROSPECTIVE,
    "leave_alone_until",
    "leave_alone_reason",
)
CLOSED: Final = "The visit was recorded."


def close(told: Told) -> None:
    """Close a visit with what its row tells, and with what the other rows told before.

    :raises RecordUnfinished: if something is written of a visit that the phone has not closed
    """
    if not told.has_news(*WRITTEN):
        return
    if told.row.get("recorded_at") is None:
        if any(told.row.get(name) for name in WRITTEN):
            raise RecordUnfinished
        return
    at = told.at("recorded_at")
    with naming(leave_alone__until="leave_alone_until", leave_alone__reason="leave_alone_reason"):
        content = load(NewVisitRecordSchema, _content(told.row))
        service.close_visit(told.visit_id, content, at=at, by=told.by, now=told.now)


def _content(row: dict[str, Any]) -> dict[str, Any]:
    sections = row.get("sections") or {}
    until, reason = row.get("leave_alone_until"), row.get("leave_alone_reason")
    return {
        "summary": row.get("summary") or _summed_up(sections),
        "sections": sections,
        "leave_alone": until and {"until": until, "reason": reason or UNSAID},
        **{name: row.get(name) or "" for name in RETROSPECTIVE},
    }


def _summed_up(sections: Any) -> str:
    """Return what the history tells where nobody summed up: the sections, as far as they fit."""
    texts = sections.values() if isinstance(sections, dict) else ()
    return "\n".join(str(text) for text in texts if text)[:10_000] or CLOSED
