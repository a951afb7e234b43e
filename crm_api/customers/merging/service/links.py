"""Whom the two belong with: one set of links, and themselves linked as one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from crm_api.customers import queries
from crm_api.customers.merging.service.journal import rows_of
from crm_api.customers.models import Relation, SearchTerm
from crm_api.customers.service import persons
from crm_api.customers.service.derived import keep_derived
from crm_api.customers.service.tiers import settle_followers
from crm_api.customers.terms import RelationKind
from crm_api.kit.db import db
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from crm_api.customers.merging.service.journal import Row
    from crm_api.customers.merging.values import Merging

RELATIONS = cast("sa.Table", Relation.__table__)
TERMS = cast("sa.Table", SearchTerm.__table__)
MERGED = "merged"
TAKEN_BACK = "merge taken back"
ENDS = ("customer_id", "other_id")


def unite_relations(merging: Merging) -> None:
    """Let links go on from the survivor, each once; link the two as one person, who shares caps.

    What happened stays with either record, and the governor counts a person's contacts together.
    """
    survivor_id, merged_id = merging.survivor.id, merging.merged.id
    ours = {_meaning(row) for row in rows_of(RELATIONS, _touches(survivor_id))}
    for row in rows_of(RELATIONS, _touches(merged_id)):
        if {row["customer_id"], row["other_id"]} == {survivor_id, merged_id}:
            if row["kind"] is not RelationKind.SAME_PERSON:
                merging.journal.take_away(RELATIONS, [row])
            continue
        moved = {end: survivor_id for end in ENDS if row[end] == merged_id}
        if _meaning({**row, **moved}) in ours:
            merging.journal.take_away(RELATIONS, [row])
        else:
            merging.journal.change(RELATIONS, row, moved)
    _link(merging)
    persons.regroup([survivor_id, merged_id])


def _touches(customer_id: str) -> sa.ColumnElement[bool]:
    return sa.or_(RELATIONS.c.customer_id == customer_id, RELATIONS.c.other_id == customer_id)


def _meaning(row: Row) -> tuple[RelationKind, object]:
    """Return what a link says: of a group and its key person, who is which as well."""
    ends = (row["customer_id"], row["other_id"])
    is_directed = row["kind"] is RelationKind.KEY_PERSON
    return row["kind"], ends if is_directed else frozenset(ends)


def _link(merging: Merging) -> None:
    pair = (merging.survivor.id, merging.merged.id)
    if queries.find_relation(*pair, kind=RelationKind.SAME_PERSON) is not None:
        return
    relation = Relation(
        id=new_id(),
        customer_id=pair[0],
        other_id=pair[1],
        kind=RelationKind.SAME_PERSON,
        created_at=merging.now,
    )
    db.session.add(relation)  # as an object, so that plans follow: see `kit.following`
    db.session.flush()
    [row] = rows_of(RELATIONS, RELATIONS.c.id == relation.id)
    merging.journal.note_added(RELATIONS, row)


def settle_tiers(merging: Merging) -> None:
    """Serve the survivor by the tiers of its groups, and its key persons by its own, if a group."""
    _settle([merging.survivor.id], MERGED, merging)


def part_again(merging: Merging) -> None:
    """Find out anew who is one person, and by which tier each is served."""
    pair = [merging.survivor.id, merging.merged.id]
    persons.regroup(pair)
    _settle(pair, TAKEN_BACK, merging)


def _settle(customer_ids: list[str], reason: str, merging: Merging) -> None:
    whom = sorted({*customer_ids, *queries.key_person_ids(*customer_ids)})
    settle_followers(whom, reason=reason, by=merging.by, now=merging.now)


def drop_terms(merging: Merging) -> None:
    """Let nobody find the record that goes; the survivor is found by the names of both."""
    db.session.execute(sa.delete(TERMS).where(TERMS.c.customer_id == merging.merged.id))
    db.session.refresh(merging.survivor)
    keep_derived([merging.survivor], now=merging.now)


def make_terms_anew(merging: Merging) -> None:
    """Let each be found by its own name again."""
    keep_derived([merging.survivor, merging.merged], now=merging.now)
