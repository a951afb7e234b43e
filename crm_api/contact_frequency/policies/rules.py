"""What a version of a policy says."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from crm_api.contact_frequency.terms import (
    ALL_CHANNELS,
    Period,
    RuleKind,
    ScopeKind,
    Strength,
    SubjectKind,
    Waiver,
)
from crm_api.customers.terms import Category, Channel

ALL_CATEGORIES = frozenset(Category)
BOTH_SUBJECTS = frozenset(SubjectKind)
EVERY_DAY = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One version of a policy: whom it is for, what it can block, what it counts, how much.

    `limit` per `seconds`, local `days` or `period`; a gap has only `seconds`, a window its hours
    in minutes of the local day. `ceiling` bounds how far a scope in `loosened_by` may go: the
    largest limit, or for a gap the fewest seconds.
    """

    key: str
    kind: RuleKind
    strength: Strength
    version: int = 1
    scope_kind: ScopeKind = ScopeKind.ORGANISATION
    scope_id: str = ""
    loosens: str | None = None
    loosened_by: frozenset[ScopeKind] = frozenset()
    ceiling: int | None = None
    overridable_by: tuple[str, ...] = ()
    subjects: frozenset[SubjectKind] = BOTH_SUBJECTS
    channels: frozenset[Channel] = ALL_CHANNELS
    categories: frozenset[Category] = ALL_CATEGORIES
    counted_channels: frozenset[Channel] = ALL_CHANNELS
    counted_categories: frozenset[Category] = ALL_CATEGORIES
    limit: int | None = None
    seconds: int | None = None
    days: int | None = None
    period: Period | None = None
    opens: int = 0
    closes: int = 1440
    weekdays: frozenset[int] = EVERY_DAY
    workdays_only: bool = False
    closed_on_solemn_days: bool = False
    greetings_only: bool = False
    waived_by: Waiver | None = None

    @property
    def is_cap(self) -> bool:
        """Whether it counts contacts, other than naming hours."""
        return self.kind is not RuleKind.WINDOW

    def can_block(self, channel: Channel, category: Category) -> bool:
        """Tell whether such a contact falls under this policy."""
        return channel in self.channels and category in self.categories

    def would_count(self, channel: Channel, category: Category) -> bool:
        """Tell whether such a contact uses up this policy's allowance."""
        return (
            self.is_cap and channel in self.counted_channels and category in self.counted_categories
        )


_IDENTITY = ("key", "version", "scope_kind", "scope_id", "loosens")
_ENUMS: dict[str, Any] = {
    "kind": RuleKind,
    "strength": Strength,
    "scope_kind": ScopeKind,
    "period": Period,
    "waived_by": Waiver,
}
_SETS: dict[str, Any] = {
    "loosened_by": ScopeKind,
    "subjects": SubjectKind,
    "channels": Channel,
    "categories": Category,
    "counted_channels": Channel,
    "counted_categories": Category,
    "weekdays": int,
}
CONTENT = tuple(f.name for f in fields(Rule) if f.name not in _IDENTITY)


def to_document(rule: Rule, *, names: tuple[str, ...] = CONTENT) -> dict[str, Any]:
    """Write a rule as plain JSON; without its identity unless asked for."""
    return {name: _plain(getattr(rule, name)) for name in names}


def whole_document(rule: Rule) -> dict[str, Any]:
    """Write a rule as plain JSON together with its identity."""
    return to_document(rule, names=_IDENTITY + CONTENT)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value


def from_document(document: dict[str, Any], **identity: Any) -> Rule:
    """Read a rule back; members that it does not know are ignored."""
    known = {n: v for n, v in document.items() if n in CONTENT or n in _IDENTITY}
    return Rule(**{name: _typed(name, value) for name, value in {**known, **identity}.items()})


def _typed(name: str, value: Any) -> Any:
    if name in _SETS:
        return frozenset(_SETS[name](v) for v in value)
    if name in _ENUMS:
        return None if value is None else _ENUMS[name](value)
    return tuple(value) if name == "overridable_by" else value


def bounded(rule: Rule, *, by: Rule) -> Rule:
    """Return a narrower rule as far as the broader one lets it go."""
    if by.ceiling is None:
        return rule
    if rule.kind is RuleKind.MIN_GAP:
        return replace(rule, seconds=max(rule.seconds or 0, by.ceiling))
    return replace(rule, limit=min(rule.limit or 0, by.ceiling))


def same_shape(rule: Rule, other: Rule) -> bool:
    """Tell whether two rules differ in amount only, so that one may stand for the other."""
    alike: tuple[str, ...] = ("kind", "days", "period")
    if rule.kind is not RuleKind.MIN_GAP:
        alike = (*alike, "seconds")
    covers = (
        rule.subjects >= other.subjects
        and rule.channels >= other.channels
        and rule.categories >= other.categories
        and rule.counted_channels >= other.counted_channels
        and rule.counted_categories >= other.counted_categories
    )
    return covers and all(getattr(rule, n) == getattr(other, n) for n in alike)
