"""What was agreed on at visits: promises to the customer, and what is to be done next."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.sync.tables.shape import Column, Kind, SyncTable, Written
from crm_api.sync.tables.visits import KEPT_ON_PHONES
from crm_api.visits.models import FollowUp, Promise

if TYPE_CHECKING:
    from datetime import date

_promises, _tasks = Promise.__table__, FollowUp.__table__

_ALWAYS, _AT_FIRST = Written.ALWAYS, Written.AT_FIRST
_text = partial(Column, kind=Kind.TEXT)
_number = partial(Column, kind=Kind.NUMBER)
_flag = partial(Column, kind=Kind.FLAG)
_moment = partial(Column, kind=Kind.MOMENT)
_day = partial(Column, kind=Kind.DAY)
_maybe_text = partial(_text, is_optional=True)
_maybe_moment = partial(_moment, is_optional=True)
# What a phone tells once and is never told back.
_untold = sa.null()


def _is_promise_kept_here(today: date) -> sa.ColumnElement[bool]:
    return (_promises.c.kept_at.is_(None) & _promises.c.withdrawn_at.is_(None)) | (
        _promises.c.due_on >= today - KEPT_ON_PHONES
    )


PROMISES = SyncTable(
    name="promises",
    source=_promises,
    id=_promises.c.id,
    customer_id=_promises.c.customer_id,
    is_within=_is_promise_kept_here,
    watches={"promises": "id"},
    may_create=True,
    columns=(
        _text(name="customer_id", source=_promises.c.customer_id, written=_AT_FIRST),
        _maybe_text(name="visit_id", source=_promises.c.visit_id, written=_AT_FIRST),
        _maybe_text(name="contact_id", source=_promises.c.contact_id, written=_AT_FIRST),
        _text(name="owner_id", source=_promises.c.owner_id),
        _text(name="text", source=_promises.c.text, written=_AT_FIRST),
        # Moving it takes the two columns that follow as well.
        _day(name="due_on", source=_promises.c.due_on, written=_ALWAYS),
        _maybe_text(name="moved_because", source=_untold, written=_ALWAYS),
        _flag(name="is_move_agreed", source=_untold, written=_ALWAYS, is_optional=True),
        _day(name="moved_from_on", source=_promises.c.moved_from_on, is_optional=True),
        _maybe_moment(name="kept_at", source=_promises.c.kept_at, written=_ALWAYS),
        _maybe_text(name="kept_how", source=_promises.c.kept_how, written=_ALWAYS),
        _maybe_text(name="kept_contact_id", source=_promises.c.kept_contact_id, written=_ALWAYS),
        _maybe_text(
            name="kept_attachment_id", source=_promises.c.kept_attachment_id, written=_ALWAYS
        ),
        _maybe_moment(name="withdrawn_at", source=_promises.c.withdrawn_at, written=_ALWAYS),
        _maybe_text(
            name="withdrawn_because", source=_promises.c.withdrawn_because, written=_ALWAYS
        ),
        _maybe_moment(name="escalated_at", source=_promises.c.escalated_at),
        _maybe_text(name="answer", source=_promises.c.answer),
        _number(name="version", source=_promises.c.version),
    ),
)


def _is_task_kept_here(today: date) -> sa.ColumnElement[bool]:
    return _tasks.c.done_at.is_(None) | (_tasks.c.due_on >= today - KEPT_ON_PHONES)


FOLLOW_UPS = SyncTable(
    name="follow_ups",
    source=_tasks,
    id=_tasks.c.id,
    customer_id=_tasks.c.customer_id,
    is_within=_is_task_kept_here,
    watches={"follow_ups": "id"},
    may_create=True,
    may_delete=True,
    columns=(
        _text(name="customer_id", source=_tasks.c.customer_id),
        _text(name="visit_id", source=_tasks.c.visit_id, written=_AT_FIRST),
        _text(name="owner_id", source=_tasks.c.owner_id),
        _text(name="text", source=_tasks.c.text, written=_AT_FIRST),
        _day(name="due_on", source=_tasks.c.due_on, written=_AT_FIRST),
        _flag(name="is_next_touch", source=_tasks.c.is_next_touch, written=_AT_FIRST),
        _maybe_text(name="channel", source=_tasks.c.channel, written=_AT_FIRST),
        _maybe_text(name="category", source=_tasks.c.category, written=_AT_FIRST),
        _maybe_moment(name="contact_at", source=_tasks.c.contact_at, written=_AT_FIRST),
        _maybe_text(name="next_visit_id", source=_tasks.c.next_visit_id),
        _maybe_moment(name="done_at", source=_tasks.c.done_at, written=_ALWAYS),
        _maybe_text(name="outcome", source=_tasks.c.outcome, written=_ALWAYS),
        _number(name="version", source=_tasks.c.version),
    ),
)

TABLES = (PROMISES, FOLLOW_UPS)
