"""Who the customer is: the core that a phone may know, the extended profile, the days to keep."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crm_api.customers.models import Anniversary, Customer, ExtendedProfile
from crm_api.customers.policies.masking import mask_document, mask_phone
from crm_api.sync.tables.shape import Column, Kind, SyncTable, Written

if TYPE_CHECKING:
    import sqlalchemy as sa

_customers, _profiles = Customer.__table__, ExtendedProfile.__table__
_days = Anniversary.__table__

_ALWAYS, _AT_FIRST = Written.ALWAYS, Written.AT_FIRST


def _is_there() -> sa.ColumnElement[bool]:
    """Neither merged into another record nor forgotten by law."""
    return _customers.c.merged_into_id.is_(None) & _customers.c.erased_at.is_(None)


_text = partial(Column, kind=Kind.TEXT)
_day = partial(Column, kind=Kind.DAY)

CUSTOMERS = SyncTable(
    name="customers",
    source=_customers,
    id=_customers.c.id,
    customer_id=_customers.c.id,
    is_within=lambda _today: _is_there(),
    watches={"customers": "id"},
    columns=(
        _text(name="kind", source=_customers.c.kind),
        _text(name="name", source=_customers.c.name, written=_ALWAYS),
        _text(name="name_pinyin", source=_customers.c.name_pinyin),
        _text(name="name_initials", source=_customers.c.name_initials),
        _text(name="gender", source=_customers.c.gender, written=_ALWAYS),
        _day(name="birth_on", source=_customers.c.birth_on, written=_ALWAYS, is_optional=True),
        Column(
            name="has_guardian_consent",
            kind=Kind.FLAG,
            source=_customers.c.has_guardian_consent,
            written=_ALWAYS,
        ),
        _text(name="document_type", source=_customers.c.document_type, is_optional=True),
        _text(
            name="document_number",
            source=_customers.c.document_number,
            is_optional=True,
            shown=mask_document,
        ),
        _text(name="phone", source=_customers.c.phone, is_optional=True, shown=mask_phone),
        _day(name="joined_on", source=_customers.c.joined_on, is_optional=True),
        _text(name="status", source=_customers.c.status),
        _text(name="tier", source=_customers.c.tier),
        _text(name="account_no", source=_customers.c.account_no, is_optional=True),
        _text(name="plan_name", source=_customers.c.plan_name),
        Column(
            name="plan_monthly_fen",
            kind=Kind.NUMBER,
            source=_customers.c.plan_monthly_fen,
            is_optional=True,
        ),
        _day(name="contract_end_on", source=_customers.c.contract_end_on, is_optional=True),
        Column(
            name="balance_fen", kind=Kind.NUMBER, source=_customers.c.balance_fen, is_optional=True
        ),
        _text(name="owner_id", source=_customers.c.owner_id, is_optional=True),
        Column(name="version", kind=Kind.NUMBER, source=_customers.c.version),
    ),
)

PROFILES = SyncTable(
    name="profiles",
    source=_profiles.join(_customers, _customers.c.id == _profiles.c.id),
    id=_profiles.c.id,
    customer_id=_profiles.c.id,
    is_within=lambda _today: _is_there(),
    watches={"extended_profiles": "id"},
    may_create=True,
    columns=(
        Column(name="interests", kind=Kind.DOCUMENT, source=_profiles.c.interests, written=_ALWAYS),
        Column(name="traits", kind=Kind.DOCUMENT, source=_profiles.c.traits, written=_ALWAYS),
        Column(
            name="small_requests",
            kind=Kind.DOCUMENT,
            source=_profiles.c.small_requests,
            written=_ALWAYS,
        ),
        _text(name="remarks", source=_profiles.c.remarks, written=_ALWAYS),
        _text(
            name="communication_style",
            source=_profiles.c.communication_style,
            written=_ALWAYS,
            is_optional=True,
        ),
        _text(
            name="preferred_channel",
            source=_profiles.c.preferred_channel,
            written=_ALWAYS,
            is_optional=True,
        ),
        Column(
            name="preferred_from",
            kind=Kind.TIME,
            source=_profiles.c.preferred_from,
            written=_ALWAYS,
            is_optional=True,
        ),
        Column(
            name="preferred_until",
            kind=Kind.TIME,
            source=_profiles.c.preferred_until,
            written=_ALWAYS,
            is_optional=True,
        ),
        _text(name="employer", source=_profiles.c.employer, written=_ALWAYS),
        _text(name="title", source=_profiles.c.title, written=_ALWAYS),
        Column(name="version", kind=Kind.NUMBER, source=_profiles.c.version),
    ),
)

ANNIVERSARIES = SyncTable(
    name="anniversaries",
    source=_days.join(_customers, _customers.c.id == _days.c.customer_id),
    id=_days.c.id,
    customer_id=_days.c.customer_id,
    is_within=lambda _today: _is_there(),
    watches={"anniversaries": "id"},
    may_create=True,
    columns=(
        _text(name="customer_id", source=_days.c.customer_id, written=_AT_FIRST),
        _text(name="kind", source=_days.c.kind, written=_AT_FIRST),
        _text(name="label", source=_days.c.label, written=_ALWAYS),
        _text(name="calendar", source=_days.c.calendar, written=_ALWAYS),
        Column(
            name="year",
            kind=Kind.NUMBER,
            source=_days.c.year,
            written=_ALWAYS,
            is_optional=True,
        ),
        Column(name="month", kind=Kind.NUMBER, source=_days.c.month, written=_ALWAYS),
        Column(name="day", kind=Kind.NUMBER, source=_days.c.day, written=_ALWAYS),
        Column(name="is_leap_month", kind=Kind.FLAG, source=_days.c.is_leap_month, written=_ALWAYS),
        Column(name="is_greeted", kind=Kind.FLAG, source=_days.c.is_greeted, written=_ALWAYS),
        Column(name="is_stated", kind=Kind.FLAG, source=_days.c.is_stated),
        Column(name="version", kind=Kind.NUMBER, source=_days.c.version),
    ),
)

TABLES = (CUSTOMERS, PROFILES, ANNIVERSARIES)
