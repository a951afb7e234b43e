"""What a day is planned from: plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from crm_api.contact_frequency.values import Opening, Openings
    from crm_api.customers.models import Place
    from crm_api.customers.terms import Kind, Tier
    from crm_api.preparation.days.terms import LeftOut, ReasonCode
    from crm_api.visits.models import Visit
    from crm_api.visits.policies.check_in import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that speaks for a visit, or against it, and how much it weighs."""

    code: ReasonCode
    points: int
    days: int | None = None
    on: date | None = None
    label: str | None = None
    record_id: str | None = None


@dataclass(slots=True, kw_only=True)
class Candidate:
    """A customer who might be visited, and what speaks for it."""

    customer_id: str
    name: str
    kind: Kind
    tier: Tier
    owner_id: str | None
    known_since: datetime
    last_two_way_at: datetime | None
    last_visit_at: datetime | None
    reasons: list[Reason] = field(default_factory=list)

    @property
    def score(self) -> int:
        """All that speaks for it, taken together."""
        return sum(reason.points for reason in self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Somebody to visit on a day, why, where, and when it is allowed."""

    candidate: Candidate
    openings: Openings
    place: Place | None

    @property
    def is_allowed(self) -> bool:
        """Whether the governor leaves any moment of the day."""
        return bool(self.openings.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """Whom to visit on a day, the most urgent first."""

    on: date
    is_workday: bool
    items: list[Proposal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Somebody to be called on in a round: where, for how long, and when that is allowed.

    A fixed one has its own visit and time already, and keeps both.
    """

    customer_id: str
    place: str | None
    point: Position | None
    minutes: int
    openings: tuple[Opening, ...]
    urgency: int = 0
    visit: Visit | None = None
    place_id: str | None = None

    @property
    def is_fixed(self) -> bool:
        """Whether the time is agreed or reserved already."""
        return self.visit is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A call with its time, and the way to it from the one before; null where nobody knows."""

    call: Call
    starts_at: datetime
    ends_at: datetime
    way_metres: int | None
    way_minutes: int
    is_tight: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Omitted:
    """A call that found no place in the round, and why."""

    customer_id: str
    why: LeftOut
    blocked_by: tuple[str, ...]
    next_allowed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The calls of a day in an order that saves ways."""

    on: date
    stops: list[Stop]
    left_out: list[Omitted]

    @property
    def way_metres(self) -> int:
        """All known ways taken together."""
        return sum(stop.way_metres or 0 for stop in self.stops)

    @property
    def way_minutes(self) -> int:
        """The time on the way."""
        return sum(stop.way_minutes for stop in self.stops)
