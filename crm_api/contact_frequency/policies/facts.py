"""What the governor knows when it decides: plain values that are stored and read back exactly.

Moments are microseconds since 1970, days are local days since 1970, hours are minutes of the day.
What is made for every plan of a mass is not frozen, which would cost five times; nobody changes it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from crm_api.contact_frequency.policies.wording import GENERIC, UNREPEATED
from crm_api.contact_frequency.terms import Counting, HoldKind
from crm_api.customers.terms import Category, Channel


@dataclass(slots=True)
class SlotFact:
    """A counting slot of a subject. Slots of one `unit` (a visit) count as one.

    A held one has its claim, see `ranking`; one that is a greeting has the class of its occasion.
    """

    slot_id: str
    at: int
    channel: Channel
    category: Category
    unit: str
    counting: Counting = Counting.FULL
    claim: str | None = None
    occasion_class: int | None = None


@dataclass(frozen=True, slots=True)
class WishFact:
    """A do-not-disturb wish; None means all. `until` is the first moment it no longer holds."""

    channels: tuple[Channel, ...] | None = None
    categories: tuple[Category, ...] | None = None
    quiet_from: int | None = None
    quiet_until: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class HoldFact:
    """A time in which care and marketing rest; nobody may override one that is firm."""

    kind: HoldKind
    since: int
    until: int | None = None
    is_firm: bool = False


@dataclass(frozen=True, slots=True)
class OptOutFact:
    """A refusal of a channel for some categories."""

    channel: Channel
    categories: tuple[Category, ...]


@dataclass(slots=True, kw_only=True)
class PersonFacts:
    """A customer whom the contact meets, together with all who are the same person.

    `segments` are those of the customer's that a policy names, sorted: of no others is it asked.
    """

    customer_id: str
    tier: str
    segments: tuple[str, ...] = ()
    is_closed: bool = False
    is_deceased: bool = False
    consent_due_until: int | None = None  # a minor without consent comes of age then
    wishes: tuple[WishFact, ...] = ()
    holds: tuple[HoldFact, ...] = ()
    opt_outs: tuple[OptOutFact, ...] = ()
    slots: tuple[SlotFact, ...] = ()

    @property
    def stamp(self) -> dict[str, Any]:
        """Return what a slot keeps, to tell later which policies were for them."""
        return {"tier": self.tier, "segments": ",".join(self.segments) or None}


@dataclass(slots=True, kw_only=True)
class EndpointFacts:
    """A phone number, named so that nobody can call it."""

    label: str
    opt_outs: tuple[OptOutFact, ...] = ()
    slots: tuple[SlotFact, ...] = ()
    said_by: str | None = None  # the contact that says the same on it already


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideFact:
    """Leave that two persons gave one contact, to go beyond what it was refused for.

    `waives` pairs a policy's key, or a reason's code where there is no policy, with whom it
    protects. `first` and `last` are the moments between which the contact may stand.
    """

    id: str
    asked_by: str
    approved_by: str
    role: str
    waives: tuple[tuple[str, str], ...]
    first: int
    last: int


@dataclass(slots=True, kw_only=True)
class Facts:
    """All that one decision rests on, besides the policies and the time.

    `own_slot` is the slot that asks, where it is in the ledger already: it does not stand in its
    own way. `visit_at` and `visit_contacts` tell of the visit that the contact serves: its start,
    and how many other contacts serve it. `occurrence_slot` is the contact that already says it.
    `counting` tells how the contact itself counts: an unanswered call exceeds fewer caps. What
    `has_happened` is not refused, and a slot that `is_settled` cannot begin any more. `wording`
    says which sentences the answer was told in.
    """

    persons: tuple[PersonFacts, ...]
    endpoint: EndpointFacts | None = None
    own_slot: str | None = None
    counting: Counting = Counting.FULL
    has_happened: bool = False
    is_settled: bool = False
    visit_at: int | None = None
    visit_contacts: int = 0
    occurrence_slot: str | None = None
    override: OverrideFact | None = None
    wording: int = UNREPEATED


def to_document(facts: Facts) -> dict[str, Any]:
    """Write facts as plain JSON; few contacts have an override."""
    endpoint = facts.endpoint
    override = {} if facts.override is None else {"override": asdict(facts.override)}
    return {
        **override,
        "persons": [_person_document(person) for person in facts.persons],
        "endpoint": None
        if endpoint is None
        else {
            "label": endpoint.label,
            "opt_outs": [[o.channel, list(o.categories)] for o in endpoint.opt_outs],
            "slots": _slot_rows(endpoint.slots),
            "said_by": endpoint.said_by,
        },
        "own_slot": facts.own_slot,
        "counting": facts.counting,
        "has_happened": facts.has_happened,
        "is_settled": facts.is_settled,
        "visit_at": facts.visit_at,
        "visit_contacts": facts.visit_contacts,
        "occurrence_slot": facts.occurrence_slot,
        "wording": facts.wording,
    }


def _person_document(person: PersonFacts) -> dict[str, Any]:
    segments = {"segments": list(person.segments)} if person.segments else {}
    return {
        **segments,
        "customer_id": person.customer_id,
        "tier": person.tier,
        "is_closed": person.is_closed,
        "is_deceased": person.is_deceased,
        "consent_due_until": person.consent_due_until,
        "wishes": [
            [w.channels, w.categories, w.quiet_from, w.quiet_until, w.until] for w in person.wishes
        ],
        "holds": [[h.kind, h.since, h.until, h.is_firm] for h in person.holds],
        "opt_outs": [[o.channel, list(o.categories)] for o in person.opt_outs],
        "slots": _slot_rows(person.slots),
    }


def _slot_rows(slots: tuple[SlotFact, ...]) -> list[list[Any]]:
    """Write slots with plain texts: orjson takes a while to find what an enum stands for."""
    return [
        [
            *(s.slot_id, s.at, s.channel._value_, s.category._value_, s.unit, s.counting._value_),
            *_line(s),
        ]
        for s in slots
    ]


def _line(slot: SlotFact) -> tuple[Any, ...]:
    """Return where a slot stands in line; nothing where nobody asks, which is most of them."""
    if slot.claim is None and slot.occasion_class is None:
        return ()
    return slot.claim, slot.occasion_class


def from_document(document: dict[str, Any]) -> Facts:
    """Read facts back."""
    return Facts(
        persons=tuple(_person(p) for p in document["persons"]),
        endpoint=_endpoint(document["endpoint"]),
        own_slot=document["own_slot"],
        counting=Counting(document["counting"]),
        has_happened=document["has_happened"],
        is_settled=document["is_settled"],
        visit_at=document["visit_at"],
        visit_contacts=document["visit_contacts"],
        occurrence_slot=document["occurrence_slot"],
        override=_override(document.get("override")),
        wording=document.get("wording", GENERIC),
    )


def _override(document: dict[str, Any] | None) -> OverrideFact | None:
    if document is None:
        return None
    waives = tuple((name, whom) for name, whom in document["waives"])
    return OverrideFact(**{**document, "waives": waives})


def _endpoint(document: dict[str, Any] | None) -> EndpointFacts | None:
    if document is None:
        return None
    return EndpointFacts(
        label=document["label"],
        opt_outs=_opt_outs(document["opt_outs"]),
        slots=_slots(document["slots"]),
        said_by=document.get("said_by"),
    )


def _person(document: dict[str, Any]) -> PersonFacts:
    return PersonFacts(
        customer_id=document["customer_id"],
        tier=document["tier"],
        segments=tuple(document.get("segments", ())),
        is_closed=document["is_closed"],
        is_deceased=document["is_deceased"],
        consent_due_until=document["consent_due_until"],
        wishes=tuple(_wish(*row) for row in document["wishes"]),
        holds=tuple(HoldFact(HoldKind(kind), *rest) for kind, *rest in document["holds"]),
        opt_outs=_opt_outs(document["opt_outs"]),
        slots=_slots(document["slots"]),
    )


def _wish(
    channels: Any, categories: Any, quiet_from: Any, quiet_until: Any, until: Any
) -> WishFact:
    return WishFact(
        None if channels is None else tuple(Channel(c) for c in channels),
        None if categories is None else tuple(Category(c) for c in categories),
        quiet_from,
        quiet_until,
        until,
    )


def _opt_outs(rows: list[Any]) -> tuple[OptOutFact, ...]:
    return tuple(OptOutFact(Channel(c), tuple(Category(k) for k in kinds)) for c, kinds in rows)


def _slots(rows: list[Any]) -> tuple[SlotFact, ...]:
    return tuple(
        SlotFact(slot_id, at, Channel(channel), Category(category), unit, Counting(counting), *line)
        for slot_id, at, channel, category, unit, counting, *line in rows
    )
