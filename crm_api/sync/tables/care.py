"""The care that is planned for own customers in the coming weeks."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from crm_api.care.models import CareMessage
from crm_api.care.models.messages import SENT
from crm_api.care.terms import MessageState
from crm_api.sync.tables.shape import Column, Kind, SyncTable

if TYPE_CHECKING:
    import sqlalchemy as sa

AHEAD: Final = timedelta(days=45)

_messages = CareMessage.__table__
_text = partial(Column, kind=Kind.TEXT)
_PLANNED = {MessageState.QUEUED, MessageState.LEASED, MessageState.SUBMITTING}


def _state_shown(state: MessageState) -> str:
    """Tell of a message what a person asks; how a gateway holds it is between it and us."""
    if state in _PLANNED:
        return "planned"
    return "sent" if state in SENT else "not_sent"


def _is_ahead(today: date) -> sa.ColumnElement[bool]:
    return _messages.c.on_day.between(today, today + AHEAD)


CARE_OCCASIONS = SyncTable(
    name="care_occasions",
    source=_messages,
    id=_messages.c.id,
    customer_id=_messages.c.customer_id,
    is_within=_is_ahead,
    watches={"care_messages": "id"},
    columns=(
        _text(name="customer_id", source=_messages.c.customer_id),
        _text(name="occasion", source=_messages.c.occasion),
        _text(name="festival_key", source=_messages.c.festival_key, is_optional=True),
        Column(name="on_day", kind=Kind.DAY, source=_messages.c.on_day),
        Column(name="due_at", kind=Kind.MOMENT, source=_messages.c.due_at),
        _text(name="state", source=_messages.c.state, shown=_state_shown),
        _text(name="text", source=_messages.c.text),
    ),
)

TABLES = (CARE_OCCASIONS,)
