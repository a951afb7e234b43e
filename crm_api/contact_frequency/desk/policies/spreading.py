"""Which firm rules bear on whom, each told once with the people it is for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies.matching import in_force
from crm_api.contact_frequency.terms import ScopeKind, Strength
from crm_api.customers.terms import Tier

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from crm_api.contact_frequency.policies import Rule

    # A tier's customers who are in the same segments, written with commas between them.
    Kind = tuple[Tier, str]
    # All of a kind, or the one of them who has policies of their own.
    Audience = tuple[Tier, str, str]
    Standing = Mapping[Audience, frozenset[Rule]]


@dataclass(slots=True)
class Spread:
    """A rule, and for whom it is: all of some kinds but for `owners` with rules of their own."""

    rule: Rule
    kinds: set[Kind] = field(default_factory=set)
    owners: set[str] = field(default_factory=set)


def owners_in(rules: Iterable[Rule]) -> set[str]:
    """Return the customers for whom there are policies of their own."""
    return {rule.scope_id for rule in rules if rule.scope_kind is ScopeKind.CUSTOMER}


def standing_rules(
    rules: Sequence[Rule], *, stamps: Collection[str], owners: Mapping[str, Kind]
) -> Standing:
    """Return the firm rules that bear on each kind, and on each customer with own policies.

    Versions are left out, so that two which say the same are the same.
    """
    kinds = [(tier, stamp, "") for tier in Tier for stamp in sorted(stamps)]
    audiences = [*kinds, *((*kind, owner) for owner, kind in owners.items())]
    return {who: _firm(rules, *who) for who in audiences}


def _firm(rules: Sequence[Rule], tier: Tier, stamp: str, owner: str) -> frozenset[Rule]:
    found = in_force(rules, tier=tier, customer_id=owner, segments=stamp.split(","))
    return frozenset(replace(r, version=0) for r in found if r.strength is not Strength.SOFT)


def gained_by(after: Standing, before: Standing) -> Standing:
    """Return the rules that bear on each audience after a change and did not before."""
    return {who: rules - before[who] for who, rules in after.items()}


def spread_out(standing: Standing) -> list[Spread]:
    """Tell each rule once, with everybody it is for; in a fixed order."""
    found: dict[Rule, Spread] = {}
    for (tier, stamp, owner), rules in standing.items():
        for rule in rules:
            spread = found.setdefault(rule, Spread(rule))
            if owner:
                spread.owners.add(owner)
            else:
                spread.kinds.add((tier, stamp))
    return sorted(found.values(), key=lambda spread: spread.rule.key)
