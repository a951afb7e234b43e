"""Append to a customer's chain. The only place that writes entries."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_api.contact_history import policies, queries
from crm_api.contact_history.models import Contact, ContactText, History
from crm_api.customers import queries as customers
from crm_api.kit.db import db
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from crm_api.contact_history.terms import EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What people wrote of a contact."""

    summary: str
    with_whom: str
    reason: str = ""


def append_entry(entry: dict[str, Any], *, text: Text) -> Contact:
    """Chain an entry to its customer's history and move the facts that it bears on."""
    [contact] = append_entries([(entry, text)])
    return contact


def append_entries(entries: Sequence[tuple[dict[str, Any], Text]]) -> list[Contact]:
    """Chain entries to their customers' histories, in a few statements for any number of them.

    The heads of the chains are locked last of all, and until the commit: two entries can neither
    share a place nor leave one empty.
    """
    histories = lock_histories({entry["customer_id"] for entry, _text in entries})
    contacts = [_chain(entry, text, to=histories[entry["customer_id"]]) for entry, text in entries]
    db.session.add_all(contacts)
    db.session.flush()
    return contacts


def _chain(entry: dict[str, Any], text: Text, *, to: History) -> Contact:
    salt = secrets.token_hex(16)
    words = {"summary": text.summary, "with_whom": text.with_whom, "reason": text.reason}
    entry = {
        **entry,
        "seq": to.length + 1,
        "text_digest": policies.digest_text(**words, salt=salt),
        "previous_digest": to.head_digest,
    }
    contact = Contact(**entry, digest=policies.digest_entry(entry))
    contact.text = ContactText(contact_id=contact.id, salt=salt, erased_at=None, **words)
    to.length = contact.seq
    to.head_digest = contact.digest
    advance_facts(to, policies.facts_of(entry))
    return contact


def lock_history(customer_id: str) -> History:
    """Lock the end of a customer's chain, making it first where there is none yet."""
    return lock_histories([customer_id])[customer_id]


def lock_histories(customer_ids: Collection[str]) -> dict[str, History]:
    """Lock the ends of chains in the order of their customers' ids, making those not there yet."""
    if not customer_ids:
        return {}
    new = {"length": 0, "head_digest": policies.GENESIS}
    wanted = [{"customer_id": i, **new} for i in sorted(customer_ids)]
    # Of one, the usual, SQLAlchemy keeps what it compiled.
    rows = insert(History).values(wanted if len(wanted) > 1 else wanted[0])
    # An update that changes nothing locks the rows, one after the other, and reads them.
    rows = rows.on_conflict_do_update(
        index_elements=[History.customer_id], set_={"length": History.length}
    )
    fresh = {"populate_existing": True}
    found = db.session.scalars(rows.returning(History), execution_options=fresh)
    return {history.customer_id: history for history in found}


def advance_facts(history: History, facts: dict[str, datetime]) -> None:
    """Move the facts forward; an entry told late never moves one back."""
    for name, moment in facts.items():
        known = getattr(history, name)
        if known is None or known < moment:
            setattr(history, name, moment)


def recount_facts(history: History) -> None:
    """Set the facts by what still stands, after an entry was corrected or taken back."""
    for name, moment in queries.count_facts(history.customer_id).items():
        setattr(history, name, moment)
    survivor_id = customers.successor_of(history.customer_id)
    if survivor_id != history.customer_id:
        recount_facts(lock_history(survivor_id))


def restate(
    contact: Contact, *, id: str, kind: EntryKind, by_id: str, now: datetime
) -> dict[str, Any]:
    """Return an entry about the same contact, to follow the one that it replaces."""
    entry = {name: getattr(contact, name) for name in policies.DIGESTED}
    return entry | {
        "id": id,
        "kind": kind,
        "corrects_id": contact.id,
        "recorded_at": now,
        "by_id": by_id,
        "source": None,
    }
