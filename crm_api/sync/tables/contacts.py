"""The history of own customers: what happened in the last twelve months."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final

import sqlalchemy as sa

from crm_api.contact_history.models import Contact, ContactText
from crm_api.customers.models import Customer
from crm_api.sync.tables.shape import Column, Kind, SyncTable, Written

KEPT_ON_PHONES: Final = timedelta(days=366)

_contacts, _texts = Contact.__table__, ContactText.__table__
_customers = Customer.__table__
_text = partial(Column, kind=Kind.TEXT)
_AT_FIRST = Written.AT_FIRST


def _is_recent(today: date) -> sa.ColumnElement[bool]:
    return _contacts.c.occurred_at >= datetime.combine(
        today - KEPT_ON_PHONES, datetime.min.time(), tzinfo=UTC
    )


CONTACTS = SyncTable(
    name="contacts",
    source=_contacts.join(_texts, _texts.c.contact_id == _contacts.c.id).join(
        _customers, _customers.c.id == _contacts.c.customer_id
    ),
    id=_contacts.c.id,
    customer_id=_contacts.c.customer_id,
    is_within=_is_recent,
    watches={"contacts": "id", "contact_texts": "contact_id"},
    may_create=True,
    columns=(
        # A phone has no other record of whom they were merged into.
        _text(
            name="customer_id",
            source=sa.func.coalesce(_customers.c.merged_into_id, _contacts.c.customer_id),
            written=_AT_FIRST,
        ),
        Column(name="seq", kind=Kind.NUMBER, source=_contacts.c.seq),
        _text(name="kind", source=_contacts.c.kind),
        _text(name="corrects_id", source=_contacts.c.corrects_id, is_optional=True),
        Column(
            name="occurred_at",
            kind=Kind.MOMENT,
            source=_contacts.c.occurred_at,
            written=_AT_FIRST,
        ),
        Column(name="recorded_at", kind=Kind.MOMENT, source=_contacts.c.recorded_at),
        _text(name="channel", source=_contacts.c.channel, written=_AT_FIRST),
        _text(name="direction", source=_contacts.c.direction, written=_AT_FIRST),
        _text(name="category", source=_contacts.c.category, written=_AT_FIRST),
        _text(name="purpose", source=_contacts.c.purpose, written=_AT_FIRST),
        _text(name="outcome", source=_contacts.c.outcome, written=_AT_FIRST),
        _text(name="summary", source=_texts.c.summary, written=_AT_FIRST),
        _text(name="with_whom", source=_texts.c.with_whom, written=_AT_FIRST),
        Column(
            name="is_begun_by_customer",
            kind=Kind.FLAG,
            source=_contacts.c.is_begun_by_customer,
            written=_AT_FIRST,
        ),
        Column(name="is_late", kind=Kind.FLAG, source=_contacts.c.is_late),
        Column(name="has_overrun", kind=Kind.FLAG, source=_contacts.c.has_overrun),
        _text(name="by_id", source=_contacts.c.by_id, is_optional=True),
        _text(name="visit_id", source=_contacts.c.visit_id, written=_AT_FIRST, is_optional=True),
    ),
)

TABLES = (CONTACTS,)
