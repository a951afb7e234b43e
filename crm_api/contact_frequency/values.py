"""What goes into the governor and what comes out of it: plain values, no database.

What is made for every plan of a mass is not frozen, which would cost five times; nobody changes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from crm_api.contact_frequency.terms import (
    ReasonCode,
    SlotState,
    Strength,
    SubjectKind,
    Verdict,
)

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.contact_frequency.policies.facts import OverrideFact
    from crm_api.contact_frequency.terms import AlertKind, ContactClass
    from crm_api.customers.terms import Category, Channel


@dataclass(slots=True, kw_only=True)
class Plan:
    """A contact that somebody wants to make.

    `endpoint` is the number that rings; a call or SMS without one goes to the customer's own.
    `visit_id` is set on the visit itself and on every contact that serves it. `source` names the
    record that the contact is for ("visit:<id>"): asking twice for one source is one reservation.
    `said_once` is what a number hears once, whoever on it is meant, such as a festival's greeting.
    A greeting has the class of its occasion and a rank within it, the lower the dearer. `made_at`
    is when the contact was first planned, where it is in the ledger already.
    """

    customer_id: str
    channel: Channel
    category: Category
    at: datetime
    endpoint: str | None = None
    also_customer_ids: tuple[str, ...] = ()
    visit_id: str | None = None
    occurrence: str | None = None
    not_after: datetime | None = None
    source: str | None = None
    is_agreed: bool = False
    begun_by_customer: bool = False
    occasion_class: ContactClass | None = None
    occasion_rank: int = 0
    made_at: datetime | None = None
    said_once: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A contact that is to have its place in a day; one that is fixed keeps its own moment."""

    plan: Plan
    minutes: int
    is_fixed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedSlot:
    """What anybody may know of a contact that stands in the way: never its content."""

    slot_id: str
    channel: Channel
    category: Category
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Loser:
    """A held slot that gives way to a contact that matters more, and what becomes of it."""

    slot: CountedSlot
    becomes: SlotState


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that speaks against a moment.

    The interval is half-open and holds the moment asked for; `forbidden_until` is null where no
    end can be told. `limit` is what the policy allows, in its own words; `message` and
    `message_zh` tell it all to people.
    """

    code: ReasonCode
    strength: Strength
    subject_kind: SubjectKind = SubjectKind.CUSTOMER
    subject_id: str = ""
    policy_key: str | None = None
    policy_version: int | None = None
    limit: str | None = None
    counted: tuple[CountedSlot, ...] = ()
    forbidden_from: datetime | None = None
    forbidden_until: datetime | None = None
    overridable_by: tuple[str, ...] = ()
    message: str = ""
    message_zh: str = ""

    @property
    def blocks(self) -> bool:
        """Whether this alone is enough to refuse."""
        return self.strength is not Strength.SOFT


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMoment:
    """When another channel would be allowed."""

    channel: Channel
    next_allowed_at: datetime | None


@dataclass(slots=True, kw_only=True)
class Decision:
    """The governor's answer to one plan, with everything that led to it.

    `overridden` are the reasons that an `override` set aside; they are not among `reasons`.
    Not frozen: its trace, and the id it is kept under, are added as they come.
    """

    plan: Plan
    verdict: Verdict
    judged_at: datetime
    reasons: tuple[Reason, ...] = ()
    binding: int | None = None
    next_allowed_at: datetime | None = None
    no_next_because: str | None = None
    earlier_alternative_at: datetime | None = None
    other_channels: tuple[ChannelMoment, ...] = ()
    exceeded: tuple[Reason, ...] = ()
    losers: tuple[Loser, ...] = ()
    override: OverrideFact | None = None
    overridden: tuple[Reason, ...] = ()
    overridable_by: tuple[str, ...] = ()
    trace: bytes = b""
    id: str | None = None

    @property
    def is_allowed(self) -> bool:
        """Whether the contact may go ahead, if need be with a warning."""
        return self.verdict is not Verdict.BLOCKED

    @property
    def document(self) -> dict[str, Any]:
        """The trace as a document."""
        content: dict[str, Any] = orjson.loads(self.trace)
        return content


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A time without a break in which a contact may begin, by the quarter of an hour."""

    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings:
    """When within some hours a contact may begin, and what stands in the way at its own moment."""

    plan: Plan
    spans: tuple[Opening, ...]
    blocked_by: tuple[ReasonCode, ...]
    next_allowed_at: datetime | None


@dataclass(slots=True)
class Booking:
    """A slot and what it was asked for: for whoever books hundreds and reads only its id.

    `row` is what was just written, where it was just now; `has_won` where others gave way to it.
    """

    id: str
    customer_id: str
    channel: Channel
    category: Category
    planned_at: datetime | None
    row: dict[str, Any] | None = None
    has_won: bool = False

    @property
    def winners(self) -> tuple[str, ...]:
        """Return the slot that won a moment from another here, if one did."""
        if self.winner_slot_id is not None:
            return (self.winner_slot_id,)
        return (self.id,) if self.has_won else ()

    @property
    def state(self) -> SlotState:
        """Where it stands: booked, or coalesced with another greeting of its day."""
        return self.row["state"] if self.row else SlotState.RESERVED

    @property
    def winner_slot_id(self) -> str | None:
        """To which contact it lost its moment, if it did."""
        return self.row["winner_slot_id"] if self.row else None

    @property
    def reason(self) -> str | None:
        """Why it lost."""
        return self.row["reason"] if self.row else None

    @property
    def judged_at(self) -> datetime | None:
        """When the governor gave it, if that was just now."""
        return self.row["judged_at"] if self.row else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerBreach:
    """What should not be in the ledger, and nobody has said why.

    More contacts within a policy's width than it allows, one outside its hours, or a decision that
    does not replay. `customer_id` is whose contact it was.
    """

    kind: AlertKind
    policy_key: str | None
    subject_kind: SubjectKind
    subject_id: str
    customer_id: str
    allowed: int | None = None
    found: int | None = None
    first_slot_id: str | None = None
    last_judged_slot_id: str | None = None
    decision_id: str | None = None

    @property
    def mark(self) -> str:
        """The name by which it is known again in the next run."""
        what = self.decision_id or self.last_judged_slot_id
        return f"{self.kind}:{self.policy_key}:{self.subject_id}:{what}"
