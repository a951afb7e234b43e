"""Merges, and what each of them touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers import queries as customers
from crm_api.customers.merging.models import Merge, MergedRow
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import fetch_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest


def _visible(visible_to: Actor) -> sa.Select[Merge]:
    """Select the merges whose survivor the actor may see."""
    joined = sa.select(Merge).join(Customer, Customer.id == Merge.survivor_id)
    return customers.limit_to(joined, visible_to=visible_to)


def get_merge(merge_id: str, *, visible_to: Actor) -> Merge:
    """Return a merge.

    :raises NotFound: if there is none, or the actor may not see its survivor
    """
    merge = db.session.scalar(_visible(visible_to).where(Merge.id == merge_id))
    if merge is None:
        raise NotFound("merge")
    return merge


def list_merges(
    *,
    customer_id: str | None = None,
    undone: bool | None = None,
    visible_to: Actor,
    page: PageRequest,
) -> Page:
    """Return merges, the newest first."""
    statement = _visible(visible_to)
    if customer_id is not None:
        either = (Merge.survivor_id == customer_id, Merge.merged_id == customer_id)
        statement = statement.where(sa.or_(*either))
    if undone is not None:
        statement = statement.where(Merge.undone_at.is_not(None) == undone)
    return fetch_page(statement, by=[Merge.id], page=page, descending=True)


def list_rows(merge_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return which rows a merge touched, in its order: where each is, not what it says.

    :raises NotFound: if there is no such merge, or the actor may not see its survivor
    """
    get_merge(merge_id, visible_to=visible_to)
    columns = (MergedRow.position, MergedRow.table_name, MergedRow.key, MergedRow.change)
    statement = sa.select(*columns).where(MergedRow.merge_id == merge_id)
    return fetch_page(statement, by=[MergedRow.position], page=page)


def find_standing(survivor_id: str, merged_id: str, *, visible_to: Actor) -> Merge | None:
    """Return the merge of these two that stands, for a repeat of the request that made it."""
    statement = _visible(visible_to).where(
        Merge.survivor_id == survivor_id, Merge.merged_id == merged_id, Merge.undone_at.is_(None)
    )
    return db.session.scalars(statement.order_by(Merge.id.desc()).limit(1)).first()


def find_later(merge: Merge) -> str | None:
    """Return a merge that touched one of the two since, and still stands."""
    pair = (merge.survivor_id, merge.merged_id)
    touches = sa.or_(Merge.survivor_id.in_(pair), Merge.merged_id.in_(pair))
    statement = sa.select(Merge.id).where(touches, Merge.undone_at.is_(None), Merge.id > merge.id)
    return db.session.scalar(statement.order_by(Merge.id.desc()).limit(1))


def rows_backwards(merge_id: str) -> Sequence[MergedRow]:
    """Return what a merge did, the last first."""
    statement = sa.select(MergedRow).where(MergedRow.merge_id == merge_id)
    return db.session.scalars(statement.order_by(MergedRow.position.desc())).all()
