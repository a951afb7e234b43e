"""What other floors are told of a customer: plain values, read in bulk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, time

    from crm_api.customers.terms import Category, Channel, Kind, Status, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A do-not-disturb wish (免打扰) in force. None for channels, categories or hours means all."""

    id: str
    channels: tuple[Channel, ...] | None
    categories: tuple[Category, ...] | None
    quiet_from: time | None
    quiet_until: time | None
    ends_on: date | None


class Reach(NamedTuple):
    """Whom a contact with a customer reaches: the number, and all who are the same person."""

    phone: str | None
    person_ids: tuple[str, ...]
    merged_into_id: str | None = None


class GovernedFacts(NamedTuple):
    """All that the frequency governor needs to know of a customer."""

    customer_id: str
    kind: Kind
    tier: Tier
    status: Status
    team_id: str
    team_path: str
    owner_id: str | None
    birth_on: date | None
    has_guardian_consent: bool
    phone: str | None
    wishes: Sequence[Wish]
