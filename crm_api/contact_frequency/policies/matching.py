"""Which policies speak for whom."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import orjson

from crm_api.contact_frequency.policies.hours import window_of
from crm_api.contact_frequency.policies.rules import (
    Rule,
    bounded,
    from_document,
    same_shape,
    whole_document,
)
from crm_api.contact_frequency.terms import ScopeKind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_api.contact_frequency.policies.hours import Window
    from crm_api.customers.terms import Category, Channel

_NARROWEST_FIRST = (ScopeKind.CUSTOMER, ScopeKind.TIER, ScopeKind.ORGANISATION)


@dataclass(frozen=True, slots=True)
class Applicable:
    """The policies that bear on one kind of contact with one person."""

    caps: tuple[Rule, ...]
    windows: tuple[Window, ...]
    exempt: tuple[Rule, ...]  # they are firm and count it, and cannot block it


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

    def applicable(
        self, channel: Channel, category: Category, *, tier: str, customer_id: str
    ) -> Applicable:
        """Return what bears on such a contact with such a customer."""
        own = customer_id if self._has_own(customer_id) else ""
        key = (channel, category, tier, own)
        if key not in self._cache:
            rules = in_force(self.rules, tier=tier, customer_id=own)
            self._cache[key] = _sort_out(rules, channel, category, frame=self)
        return self._cache[key]

    def _has_own(self, customer_id: str) -> bool:
        if self._owners is None:
            owned = (r.scope_id for r in self.rules if r.scope_kind is ScopeKind.CUSTOMER)
            self._owners = frozenset(owned)
        return customer_id in self._owners


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
    return Applicable(
        caps=tuple(rule for rule in blocking if rule.is_cap),
        windows=tuple(window_of(rule, frame) for rule in blocking if not rule.is_cap),
        exempt=tuple(
            rule
            for rule in rules
            if rule.strength is not Strength.SOFT
            and rule.would_count(channel, category)
            and not rule.can_block(channel, category)
        ),
    )


def in_force(rules: Iterable[Rule], *, tier: str, customer_id: str) -> list[Rule]:
    """Return the policies that apply to a customer: all of them together.

    A narrower one takes a broader one's place only where that names its scope as allowed to
    loosen it, and at most up to the ceiling. Where it does not, both apply: also two that loosen
    the same policy, such as a tier's and a customer's.
    """
    matching = [rule for rule in rules if _is_for(rule, tier=tier, customer_id=customer_id)]
    keys = {rule.key for rule in matching}
    roots = [rule for rule in matching if rule.loosens not in keys]
    return [found for root in roots for found in _settle(root, matching)]


def _is_for(rule: Rule, *, tier: str, customer_id: str) -> bool:
    if rule.scope_kind is ScopeKind.TIER:
        return rule.scope_id == tier
    return rule.scope_kind is ScopeKind.ORGANISATION or rule.scope_id == customer_id


def _settle(rule: Rule, matching: list[Rule]) -> list[Rule]:
    narrower = [other for other in matching if other.loosens == rule.key]
    takers = [o for o in narrower if o.scope_kind in rule.loosened_by and same_shape(o, rule)]
    beside = [found for o in narrower if o not in takers for found in _settle(o, matching)]
    if not takers:
        return [rule, *beside]
    taker, *others = sorted(takers, key=lambda o: (_NARROWEST_FIRST.index(o.scope_kind), o.key))
    replaced = [o for o in others if taker.scope_kind in o.loosened_by]
    standing = [found for o in others for found in _settle(o, matching) if found not in replaced]
    settled = [*_settle(taker, matching), *standing]
    for broad in (rule, *replaced):
        settled = [bounded(o, by=broad) if same_shape(o, broad) else o for o in settled]
    return [*settled, *beside]
