"""Which policies speak for whom."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import orjson

from crm_api.contact_frequency.policies.hours import window_of
from crm_api.contact_frequency.policies.rooms import Room, rooms_beside
from crm_api.contact_frequency.policies.rules import (
    Rule,
    bounded,
    from_document,
    same_shape,
    whole_document,
)
from crm_api.contact_frequency.terms import ScopeKind, Strength

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from crm_api.contact_frequency.policies.hours import Window
    from crm_api.customers.terms import Category, Channel

_NARROWEST_FIRST = tuple(reversed(ScopeKind))


@dataclass(frozen=True, slots=True)
class Applicable:
    """The policies that bear on one kind of contact with one person."""

    caps: tuple[Rule, ...]
    windows: tuple[Window, ...]
    exempt: tuple[Rule, ...]  # they are firm and count it, and cannot block it
    rooms: tuple[Room, ...]  # where no cap is near, whatever each of them counts


@dataclass(slots=True)
class PolicyFrame:
    """The policies in force and the calendar around them: what many decisions share.

    Days are counted from 1970. `workdays` is left empty where no policy asks for them.
    """

    rules: tuple[Rule, ...]
    zone: ZoneInfo
    solemn_days: frozenset[int] = frozenset()
    workdays: frozenset[int] = frozenset()
    _cache: dict[Any, Applicable] = field(default_factory=dict, repr=False, compare=False)
    _owners: frozenset[str] | None = field(default=None, repr=False, compare=False)
    _segment_ids: frozenset[str] | None = field(default=None, repr=False, compare=False)
    _content: bytes = field(default=b"", repr=False, compare=False)
    _digest: str = field(default="", repr=False, compare=False)

    @property
    def content(self) -> bytes:
        """Return the frame in canonical bytes."""
        if not self._content:
            document = {
                "rules": [whole_document(r) for r in self.rules],
                "zone": self.zone.key,
                "solemn_days": sorted(self.solemn_days),
                "workdays": sorted(self.workdays),
            }
            self._content = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        return self._content

    @property
    def digest(self) -> str:
        """Return the name of these bytes."""
        if not self._digest:
            self._digest = hashlib.sha256(self.content).hexdigest()
        return self._digest

    @property
    def segment_ids(self) -> frozenset[str]:
        """Return the segments that a policy names: only of these it matters who is in them."""
        if self._segment_ids is None:
            self._segment_ids = segments_in(self.rules)
        return self._segment_ids

    def applicable(
        self,
        channel: Channel,
        category: Category,
        *,
        tier: str,
        customer_id: str,
        segments: tuple[str, ...] = (),
    ) -> Applicable:
        """Return what bears on such a contact with such a customer."""
        own = self.owner_of(customer_id)
        key = (channel, category, tier, own, segments)
        if key not in self._cache:
            rules = in_force(self.rules, tier=tier, customer_id=own, segments=segments)
            self._cache[key] = _sort_out(rules, channel, category, frame=self)
        return self._cache[key]

    def owner_of(self, customer_id: str) -> str:
        """Return the customer, if any policy is for nobody else."""
        if self._owners is None:
            owned = (r.scope_id for r in self.rules if r.scope_kind is ScopeKind.CUSTOMER)
            self._owners = frozenset(owned)
        return customer_id if customer_id in self._owners else ""


def frame_from(content: bytes) -> PolicyFrame:
    """Read a frame back from its bytes."""
    document = orjson.loads(content)
    return PolicyFrame(
        rules=tuple(from_document(rule) for rule in document["rules"]),
        zone=ZoneInfo(document["zone"]),
        solemn_days=frozenset(document["solemn_days"]),
        workdays=frozenset(document["workdays"]),
    )


def _sort_out(
    rules: list[Rule], channel: Channel, category: Category, *, frame: PolicyFrame
) -> Applicable:
    blocking = [rule for rule in rules if rule.can_block(channel, category)]
    caps = tuple(rule for rule in blocking if rule.is_cap)
    exempt = tuple(
        rule
        for rule in rules
        if rule.strength is not Strength.SOFT
        and rule.would_count(channel, category)
        and not rule.can_block(channel, category)
    )
    return Applicable(
        caps=caps,
        windows=tuple(window_of(rule, frame) for rule in blocking if not rule.is_cap),
        exempt=exempt,
        rooms=rooms_beside((*caps, *exempt)),
    )


def segments_in(rules: Iterable[Rule]) -> frozenset[str]:
    """Return the segments that these policies are for."""
    return frozenset(rule.scope_id for rule in rules if rule.scope_kind is ScopeKind.SEGMENT)


def in_force(
    rules: Iterable[Rule], *, tier: str, customer_id: str, segments: Collection[str] = ()
) -> list[Rule]:
    """Return the policies that apply to a customer: all of them together.

    A narrower one takes a broader one's place only where that names its scope as allowed to
    loosen it, and at most up to the ceiling. Where it does not, both apply: also two that loosen
    the same policy, such as a tier's and a customer's, or those of two segments.
    """
    whose = {
        (ScopeKind.ORGANISATION, ""),
        (ScopeKind.TIER, tier),
        (ScopeKind.CUSTOMER, customer_id),
        *((ScopeKind.SEGMENT, segment_id) for segment_id in segments),
    }
    mine = {rule.key: rule for rule in rules if (rule.scope_kind, rule.scope_id) in whose}
    replaced_by = {broad.key: _takers(broad, mine) for broad in mine.values()}
    standing = [rule for rule in mine.values() if not replaced_by[rule.key]]
    standing.sort(key=_place_among(mine))
    return [_bounded(rule, mine, replaced_by) for rule in standing]


def is_narrower(rule: Rule, than: Rule) -> bool:
    """Tell whether a policy is for fewer people, by its scope: two segments' are side by side."""
    places = _NARROWEST_FIRST
    return places.index(rule.scope_kind) < places.index(than.scope_kind)


def _takers(broad: Rule, mine: Mapping[str, Rule]) -> set[str]:
    """Return which policies take a broader one's place: they go back to the same one."""
    family = _family(broad, mine)
    return {o.key for o in mine.values() if _lets_in(broad, o) and _family(o, mine) == family}


def _family(rule: Rule, mine: Mapping[str, Rule]) -> str:
    """Return the broadest policy that this one goes back to, each step of which let it in."""
    broad = mine.get(rule.loosens or "")
    return _family(broad, mine) if broad and _lets_in(broad, rule) else rule.key


def _lets_in(broad: Rule, rule: Rule) -> bool:
    may = rule.scope_kind in broad.loosened_by and is_narrower(rule, broad)
    return may and same_shape(rule, broad)


def _above(rule: Rule, mine: Mapping[str, Rule]) -> list[Rule]:
    """Return what a policy says to loosen, what that does, and so on, whether it lets it or not."""
    found: list[Rule] = []
    above = mine.get(rule.loosens or "")
    while above is not None and above not in found:
        found.append(above)
        above = mine.get(above.loosens or "")
    return found


def _place_among(mine: Mapping[str, Rule]) -> Callable[[Rule], Any]:
    """Return what policies are sorted by: with the broadest, and of these the narrowest first."""
    places = {key: place for place, key in enumerate(mine)}

    def place(rule: Rule) -> Any:
        above = _above(rule, mine)
        top = above[-1].key if above else rule.key
        is_beside = _family(rule, mine) != top
        return places[top], is_beside, len(above), _NARROWEST_FIRST.index(rule.scope_kind), rule.key

    return place


def _bounded(rule: Rule, mine: Mapping[str, Rule], replaced_by: Mapping[str, set[str]]) -> Rule:
    """Return a policy as far as those let it go in whose place it stands.

    What stands beside the one that it would loosen goes no farther than that one may.
    """
    line = {rule.key, *(above.key for above in _above(rule, mine))}
    for broad in mine.values():
        if replaced_by[broad.key] & line and same_shape(rule, broad):
            rule = bounded(rule, by=broad)
    return rule
