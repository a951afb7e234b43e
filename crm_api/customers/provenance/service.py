"""Keep where the fields of a profile came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.customers.provenance.models import ProfileSources
from crm_api.kit import runs
from crm_api.kit.bulk import insert_rows, is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from crm_api.customers.provenance.values import Source

# Of the core profile, what is told of a new customer.
TOLD = (
    "name",
    "gender",
    "birth_on",
    "has_guardian_consent",
    "document_type",
    "document_number",
    "phones",
    "joined_on",
    "account_no",
    "plan_name",
    "plan_monthly_fen",
    "contract_end_on",
    "balance_fen",
)
SAYS_NOTHING: tuple[Any, ...] = (None, "", [], ())


def note_learned(
    customer_id: str, names: Iterable[str], *, source: Source, by_id: str | None, now: datetime
) -> None:
    """Note where these fields of a customer come from. The customer is locked by the caller."""
    note_all_learned({customer_id: names}, source=source, by_id=by_id, now=now)


def note_all_learned(
    learned: Mapping[str, Iterable[str]], *, source: Source, by_id: str | None, now: datetime
) -> None:
    """Note where fields of many customers come from, in one go. All are locked by the caller."""
    known = _kept(learned)
    entry = _entry(source, by_id=by_id, now=now)
    for customer_id, names in learned.items():
        row = known.get(customer_id) or ProfileSources(id=customer_id, fields={})
        row.fields = {**row.fields, **dict.fromkeys(names, entry)}
        db.session.add(row)
        runs.note((ProfileSources, customer_id), row)
    runs.flush()


def _kept(customer_ids: Collection[str]) -> dict[str, ProfileSources]:
    """Return what is noted of these customers; of one, perhaps what was read for its run."""
    if len(customer_ids) == 1:
        [customer_id] = customer_ids
        only = runs.find(ProfileSources, customer_id)
        return {} if only is None else {customer_id: only}
    statement = sa.select(ProfileSources).where(is_among(ProfileSources.id, customer_ids))
    return {row.id: row for row in db.session.scalars(statement)}


def read_ahead(customer_ids: Collection[str]) -> None:
    """Read, for a run, what is noted of these customers."""
    runs.read_ahead(ProfileSources, customer_ids)


def add_learned(
    contents: Sequence[Mapping[str, Any]],
    *,
    ids: Sequence[str],
    source: Source,
    by_id: str | None,
    now: datetime,
) -> None:
    """Note where all that is said of new customers comes from, in one go for any number."""
    entry = _entry(source, by_id=by_id, now=now)
    rows = [
        {"id": customer_id, "fields": dict.fromkeys(_told(content), entry)}
        for customer_id, content in zip(ids, contents, strict=True)
    ]
    insert_rows(ProfileSources, rows)


def _told(content: Mapping[str, Any]) -> list[str]:
    return [name for name in TOLD if content.get(name) not in SAYS_NOTHING]


def _entry(source: Source, *, by_id: str | None, now: datetime) -> dict[str, Any]:
    return {
        "origin": source.origin,
        "record_id": source.record_id,
        "by_id": by_id,
        "learned_at": now.isoformat(),
    }
