"""Prove that nobody changed, removed or slipped in an entry."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from crm_api.contact_history import policies, queries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_api.contact_history.queries import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedChain:
    """One customer's chain, and where it first fails, if it does."""

    customer_id: str
    length: int
    broken_at: int | None = None
    entry_id: str | None = None
    reason: str | None = None


def verify_chains(*, customer_id: str | None = None) -> Iterator[CheckedChain]:
    """Check every customer's chain, or one, a few hundred in memory at a time."""
    for links in queries.stream_links(customer_id):
        for owner_id, chain in groupby(links, key=lambda link: link.owner_id):
            yield _verify_chain(owner_id, list(chain))


def _verify_chain(owner_id: str, links: list[Link]) -> CheckedChain:
    length, head_digest = links[0].length or 0, links[0].head_digest or policies.GENESIS
    entries = [link for link in links if link.id is not None]
    previous = policies.GENESIS
    for place, entry in enumerate(entries, start=1):
        if reason := _fault(entry, place=place, previous=previous):
            return CheckedChain(
                customer_id=owner_id,
                length=len(entries),
                broken_at=place,
                entry_id=entry.id,
                reason=reason,
            )
        previous = entry.digest
    if (len(entries), previous) != (length, head_digest):
        return CheckedChain(
            customer_id=owner_id,
            length=len(entries),
            broken_at=len(entries) + 1,
            reason="the newest entries are missing",
        )
    return CheckedChain(customer_id=owner_id, length=length)


def _fault(entry: Link, *, place: int, previous: str) -> str | None:
    checks = (
        (entry.seq == place, "an entry before it is missing"),
        (entry.previous_digest == previous, "it does not follow the entry before it"),
        (policies.digest_entry(entry._asdict()) == entry.digest, "its content was changed"),
        (entry.salt is not None, "its text was removed"),
        (entry.is_erased or _commits_to_text(entry), "its text was changed"),
    )
    return next((reason for holds, reason in checks if not holds), None)


def _commits_to_text(entry: Link) -> bool:
    if entry.salt is None:
        return False
    told = policies.digest_text(
        summary=entry.summary, with_whom=entry.with_whom, reason=entry.reason, salt=entry.salt
    )
    return bool(told == entry.text_digest)
