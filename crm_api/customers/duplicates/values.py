"""What two customers are compared by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from crm_api.customers.duplicates.terms import Likeness
    from crm_api.customers.models import Customer
    from crm_api.customers.terms import Gender, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Of one record, what may show that it is another's customer as well."""

    kind: Kind
    name: str
    name_pinyin: str
    gender: Gender
    birth_on: date | None
    document_index: str | None
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Alike:
    """How much speaks for two records being one customer, from 0 to 100, and what."""

    score: int
    reasons: tuple[Likeness, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAlike:
    """A customer who may be the one in question."""

    customer_id: str
    name: str
    score: int
    reasons: tuple[Likeness, ...]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A customer who was just taken in, and who else it may be. Reads as the customer."""

    customer: Customer
    possible_duplicates: Sequence[LookAlike]

    def __getattr__(self, name: str) -> Any:
        """Give what the customer has."""
        return getattr(self.customer, name)
