"""Which package does what with its tables where two customers are merged, as `app` arranges it."""

from __future__ import annotations

from crm_api.customers.merging.service import links, pairs, profile, sources
from crm_api.customers.merging.values import Rule

# By the tables that each looks after. Floors above come first, in the order in which `app` adds
# them: what they give up must not move.
_above: dict[tuple[str, ...], Rule] = {}
_OWN: dict[tuple[str, ...], Rule] = {
    ("customer_phones",): Rule(profile.unite_phones, after_undo=profile.settle_numbers),
    ("anniversaries",): Rule(profile.unite_anniversaries),
    ("customer_places",): Rule(profile.unite_places),
    ("extended_profiles",): Rule(profile.unite_extended),
    ("customer_duplicates",): Rule(pairs.settle_pairs),
    ("customer_relations",): Rule(links.unite_relations, after_undo=links.part_again),
}
# Only once all rows have moved.
_LAST: dict[tuple[str, ...], Rule] = {
    ("customers",): Rule(profile.unite_core, after_undo=profile.settle_owner),
    ("profile_sources",): Rule(sources.note_sources),
    ("customer_search_terms",): Rule(links.drop_terms, after_undo=links.make_terms_anew),
}


def let(rule: Rule, *, look_after: tuple[str, ...]) -> None:
    """Have a floor above look after its own tables: each column of theirs that says BY_RULE."""
    _above[look_after] = rule


def first() -> list[Rule]:
    """Return the rules that run before rows move, in their order."""
    return [*_above.values(), *_OWN.values()]


def last() -> list[Rule]:
    """Return the rules that run once rows have moved."""
    return list(_LAST.values())


def tables() -> set[str]:
    """Return which tables have a rule of their own."""
    return {name for names in (*_above, *_OWN, *_LAST) for name in names}
