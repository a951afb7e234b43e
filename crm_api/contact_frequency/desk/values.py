"""What a simulation finds: plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from crm_api.contact_frequency.desk.terms import Effect
    from crm_api.contact_frequency.policies import PolicyFrame
    from crm_api.customers.terms import Category, Channel, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two sets of policies, and the times over which to compare them.

    `channel` and `category` are those of the contact whose free days are counted. `members` tells
    who is in which of the segments that the policies name, with commas between them.
    """

    before: PolicyFrame
    after: PolicyFrame
    past_from: datetime
    now: datetime
    ahead_from: datetime
    ahead_until: datetime
    channel: Channel
    category: Category
    members: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedContact:
    """A contact that is allowed before the change and not after it."""

    slot_id: str
    effect: Effect
    customer_id: str
    at: datetime
    tier: Tier
    channel: Channel
    category: Category
    policy_key: str


@dataclass(slots=True)
class Coverage:
    """How many customers of one tier in one team can be contacted, and on how many days.

    A free day is one of the 30 ahead on whose noon one more contact would be allowed; a customer
    is reachable who has one.
    """

    team_path: str
    tier: Tier
    customers: int = 0
    reachable_before: int = 0
    reachable_after: int = 0
    free_days_before: int = 0
    free_days_after: int = 0

    def add(self, *, before: int, after: int, customers: int = 1) -> None:
        """Count customers who all have as many free days."""
        self.customers += customers
        self.reachable_before += customers * (before > 0)
        self.reachable_after += customers * (after > 0)
        self.free_days_before += customers * before
        self.free_days_after += customers * after

    @property
    def document(self) -> dict[str, Any]:
        """The figures as a document."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class ChangedCustomer:
    """A customer whose free days change."""

    customer_id: str
    free_days_before: int
    free_days_after: int


@dataclass(frozen=True, slots=True)
class Found:
    """All that a simulation found."""

    contacts: list[RefusedContact]
    customers: list[ChangedCustomer]
    coverage: list[Coverage]
