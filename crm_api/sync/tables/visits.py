"""Visits, from the plan to the record, with what hangs on them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final

import sqlalchemy as sa

from crm_api.attachments.models import Attachment, StoredFile
from crm_api.preparation.briefs.models import Brief, is_newest
from crm_api.sync.tables.shape import Column, Kind, SyncTable, Written
from crm_api.visits.models import (
    Visit,
    VisitAttachment,
    VisitNote,
    VisitObjective,
    VisitPerson,
    VisitRecord,
)
from crm_api.visits.models.visit import IS_OPEN

# As long as the history that phones keep; whatever is open stays, however old.
KEPT_ON_PHONES: Final = timedelta(days=366)
BRIEFS_AHEAD: Final = timedelta(days=15)

_visits, _records = Visit.__table__, VisitRecord.__table__
_objectives, _persons = VisitObjective.__table__, VisitPerson.__table__
_notes = VisitNote.__table__
_hung, _files, _stored = VisitAttachment.__table__, Attachment.__table__, StoredFile.__table__
_briefs = Brief.__table__

_ALWAYS, _AT_FIRST = Written.ALWAYS, Written.AT_FIRST
_text = partial(Column, kind=Kind.TEXT)
_number = partial(Column, kind=Kind.NUMBER)
_flag = partial(Column, kind=Kind.FLAG)
_moment = partial(Column, kind=Kind.MOMENT)
_day = partial(Column, kind=Kind.DAY)
_document = partial(Column, kind=Kind.DOCUMENT)
_maybe_text = partial(_text, is_optional=True)
_maybe_moment = partial(_moment, is_optional=True)
# What a phone tells once and is never told back: coordinates stand on no screen.
_untold = sa.null()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=UTC)


def _is_kept(today: date) -> sa.ColumnElement[bool]:
    recent = _visits.c.starts_at >= _midnight(today - KEPT_ON_PHONES)
    is_kept = sa.or_(recent, sa.text(f"visits.{IS_OPEN}"))
    return sa.and_(is_kept, _visits.c.deleted_at.is_(None))


VISITS = SyncTable(
    name="visits",
    source=_visits.outerjoin(_records, _records.c.visit_id == _visits.c.id),
    id=_visits.c.id,
    customer_id=_visits.c.customer_id,
    is_within=_is_kept,
    watches={"visits": "id", "visit_records": "visit_id"},
    may_create=True,
    may_delete=True,
    columns=(
        _text(name="customer_id", source=_visits.c.customer_id, written=_AT_FIRST),
        _text(name="owner_id", source=_visits.c.owner_id),
        _text(name="planned_by_id", source=_visits.c.planned_by_id),
        _text(name="purpose", source=_visits.c.purpose, written=_AT_FIRST),
        _text(name="category", source=_visits.c.category, written=_AT_FIRST),
        _text(name="place", source=_visits.c.place, written=_ALWAYS),
        _moment(name="starts_at", source=_visits.c.starts_at, written=_ALWAYS),
        _moment(name="ends_at", source=_visits.c.ends_at, written=_ALWAYS),
        _document(name="tools", source=_visits.c.tools, written=_AT_FIRST),
        _flag(name="is_unannounced", source=_visits.c.is_unannounced, written=_AT_FIRST),
        # Server's: they follow from the moments below, and from the governor.
        _text(name="status", source=_visits.c.status),
        _text(name="booking", source=_visits.c.booking),
        _document(name="refused_because", source=_visits.c.refused_because, is_optional=True),
        _maybe_moment(name="next_allowed_at", source=_visits.c.next_allowed_at),
        # The decision that refused it: whoever asks for an override names it.
        _maybe_text(name="refusal_id", source=_visits.c.refusal_id),
        _document(name="warnings", source=_visits.c.warnings),
        _maybe_moment(name="confirmed_at", source=_visits.c.confirmed_at, written=_ALWAYS),
        _maybe_text(name="confirmed_by", source=_visits.c.confirmed_by, written=_ALWAYS),
        _maybe_text(name="confirmed_how", source=_visits.c.confirmed_how, written=_ALWAYS),
        _maybe_moment(name="cancelled_at", source=_visits.c.cancelled_at, written=_ALWAYS),
        _maybe_text(name="cancelled_by", source=_visits.c.cancelled_by, written=_ALWAYS),
        _maybe_text(name="cancel_reason", source=_visits.c.cancel_reason, written=_ALWAYS),
        _maybe_moment(name="missed_at", source=_visits.c.missed_at, written=_ALWAYS),
        _maybe_text(name="absent", source=_visits.c.absent, written=_ALWAYS),
        _maybe_text(name="absence_proof", source=_visits.c.absence_proof, written=_ALWAYS),
        _maybe_moment(name="checked_in_at", source=_visits.c.checked_in_at, written=_ALWAYS),
        _maybe_text(name="checked_in_place", source=_visits.c.checked_in_place, written=_ALWAYS),
        _number(name="latitude", source=_untold, written=_ALWAYS, is_optional=True),
        _number(name="longitude", source=_untold, written=_ALWAYS, is_optional=True),
        _number(name="accuracy_m", source=_untold, written=_ALWAYS, is_optional=True),
        _flag(name="is_mocked", source=_untold, written=_ALWAYS, is_optional=True),
        _number(name="distance_m", source=_visits.c.distance_m, is_optional=True),
        _maybe_text(name="verdict", source=_visits.c.verdict),
        _document(name="verdict_reasons", source=_visits.c.verdict_reasons),
        _maybe_moment(name="checked_out_at", source=_visits.c.checked_out_at, written=_ALWAYS),
        _number(name="check_out_latitude", source=_untold, written=_ALWAYS, is_optional=True),
        _number(name="check_out_longitude", source=_untold, written=_ALWAYS, is_optional=True),
        _number(name="check_out_accuracy_m", source=_untold, written=_ALWAYS, is_optional=True),
        _maybe_moment(name="recorded_at", source=_visits.c.recorded_at, written=_ALWAYS),
        # What the history tells of the visit, and so is read in `contacts`.
        _maybe_text(name="summary", source=_untold, written=_ALWAYS),
        _document(name="sections", source=_records.c.sections, written=_ALWAYS, is_optional=True),
        _maybe_text(name="went_well", source=_records.c.went_well, written=_ALWAYS),
        _maybe_text(name="went_badly", source=_records.c.went_badly, written=_ALWAYS),
        _maybe_text(name="next_time", source=_records.c.next_time, written=_ALWAYS),
        _day(
            name="leave_alone_until",
            source=_records.c.leave_alone_until,
            written=_ALWAYS,
            is_optional=True,
        ),
        _maybe_text(
            name="leave_alone_reason", source=_records.c.leave_alone_reason, written=_ALWAYS
        ),
        _maybe_text(name="brief_digest", source=_visits.c.brief_digest, written=_ALWAYS),
        _maybe_moment(
            name="brief_acknowledged_at",
            source=_visits.c.brief_acknowledged_at,
            written=_ALWAYS,
        ),
        _maybe_text(name="contact_id", source=_visits.c.contact_id),
        _number(name="version", source=_visits.c.version),
    ),
)

OBJECTIVES = SyncTable(
    name="visit_objectives",
    source=_objectives.join(_visits, _visits.c.id == _objectives.c.visit_id),
    id=_objectives.c.id,
    customer_id=_visits.c.customer_id,
    is_within=_is_kept,
    watches={"visit_objectives": "id"},
    may_create=True,
    columns=(
        _text(name="visit_id", source=_objectives.c.visit_id, written=_AT_FIRST),
        _number(name="position", source=_objectives.c.position),
        _text(name="text", source=_objectives.c.text, written=_AT_FIRST),
        _maybe_text(name="outcome", source=_objectives.c.outcome, written=_ALWAYS),
        _maybe_text(name="outcome_note", source=_objectives.c.outcome_note, written=_ALWAYS),
    ),
)

PERSONS = SyncTable(
    name="visit_persons",
    source=_persons.join(_visits, _visits.c.id == _persons.c.visit_id),
    id=_persons.c.id,
    customer_id=_visits.c.customer_id,
    is_within=_is_kept,
    watches={"visit_persons": "id"},
    may_create=True,
    columns=(
        _text(name="visit_id", source=_persons.c.visit_id, written=_AT_FIRST),
        _number(name="position", source=_persons.c.position),
        _maybe_text(name="customer_id", source=_persons.c.customer_id, written=_AT_FIRST),
        _text(name="name", source=_persons.c.name, written=_AT_FIRST),
        _text(name="role", source=_persons.c.role, written=_AT_FIRST),
        _flag(name="is_planned", source=_persons.c.is_planned),
        _flag(name="was_met", source=_persons.c.was_met, written=_ALWAYS, is_optional=True),
    ),
)

NOTES = SyncTable(
    name="visit_notes",
    source=_notes.join(_visits, _visits.c.id == _notes.c.visit_id),
    id=_notes.c.id,
    customer_id=_visits.c.customer_id,
    is_within=_is_kept,
    watches={"visit_notes": "id"},
    may_create=True,
    may_delete=True,
    columns=(
        _text(name="visit_id", source=_notes.c.visit_id, written=_AT_FIRST),
        _text(name="by_id", source=_notes.c.by_id),
        _text(name="text", source=_notes.c.text, written=_AT_FIRST),
        _moment(name="noted_at", source=_notes.c.created_at, written=_AT_FIRST),
    ),
)


ATTACHMENTS = SyncTable(
    name="attachments",
    source=_hung.join(_files, _files.c.id == _hung.c.attachment_id)
    .join(_visits, _visits.c.id == _hung.c.visit_id)
    .outerjoin(_stored, _stored.c.id == _files.c.stored_file_id),
    id=_hung.c.attachment_id,
    customer_id=_visits.c.customer_id,
    is_within=_is_kept,
    watches={"visit_attachments": "attachment_id", "attachments": "id"},
    may_create=True,
    columns=(
        _text(name="visit_id", source=_hung.c.visit_id, written=_AT_FIRST),
        _text(name="kind", source=_hung.c.kind, written=_AT_FIRST),
        _text(name="caption", source=_hung.c.caption, written=_AT_FIRST),
        _maybe_text(name="signed_by", source=_hung.c.signed_by, written=_AT_FIRST),
        _text(name="file_name", source=_files.c.file_name, written=_AT_FIRST),
        _text(name="digest", source=_files.c.digest, written=_AT_FIRST),
        _number(name="byte_size", source=_files.c.byte_size, written=_AT_FIRST),
        _number(name="received_bytes", source=_files.c.received_bytes),
        _text(name="status", source=_files.c.status),
        _maybe_text(name="refused_because", source=_files.c.refused_because),
        _maybe_text(name="media_type", source=_stored.c.media_type),
        _text(name="by_id", source=_hung.c.by_id),
    ),
)


def _is_needed_soon(today: date) -> sa.ColumnElement[bool]:
    """Those of open visits that are near; of each visit, the newest alone."""
    is_near = _visits.c.starts_at < _midnight(today + BRIEFS_AHEAD)
    return sa.and_(sa.text(f"visits.{IS_OPEN}"), is_near, is_newest(_briefs))


BRIEFS = SyncTable(
    name="briefs",
    source=_briefs.join(_visits, _visits.c.id == _briefs.c.visit_id),
    id=_briefs.c.id,
    customer_id=_visits.c.customer_id,
    is_within=_is_needed_soon,
    watches={"briefs": "id"},
    columns=(
        _text(name="visit_id", source=_briefs.c.visit_id),
        _text(name="digest", source=_briefs.c.digest),
        _document(name="content", source=_briefs.c.content),
        _moment(name="composed_at", source=_briefs.c.created_at),
    ),
)

TABLES = (
    VISITS,
    OBJECTIVES,
    PERSONS,
    NOTES,
    ATTACHMENTS,
    BRIEFS,
)
