"""Do to each table what the inventory says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.customers.models import Relation
from crm_api.customers.terms import RelationKind
from crm_api.kit.db import db
from crm_api.kit.touches import touch, touch_matching, touching
from crm_api.privacy.policies.holding import Special
from crm_api.privacy.policies.inventory import HELD
from crm_api.privacy.queries import held
from crm_api.visits.models import Visit, VisitPerson

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


def forget_rows(customer_ids: Sequence[str], *, now: datetime) -> int:
    """Blank, then delete, what the inventory names; return how many rows that touched.

    What is deleted goes last: other rows are found by it.
    """
    tables = list(held.tables_from_below())
    blanked = sum(_blank(table, customer_ids, now=now) for table in tables)
    return blanked + sum(_delete(table, customer_ids) for table in tables)


def empty_briefs_naming(customer_ids: Sequence[str]) -> None:
    """Empty the briefs about others that name these customers: as key persons, or to be met."""
    briefs: Any = db.metadata.tables["briefs"]
    groups = sa.select(Relation.customer_id).where(
        Relation.other_id.in_(customer_ids), Relation.kind == RelationKind.KEY_PERSON
    )
    of_groups = sa.select(Visit.id).where(Visit.customer_id.in_(groups))
    told = sa.cast(briefs.c.content, sa.Text)
    names_one = sa.or_(*(told.contains(customer_id) for customer_id in customer_ids))
    to_meet = sa.select(VisitPerson.visit_id).where(VisitPerson.customer_id.in_(customer_ids))
    tells = sa.or_(
        briefs.c.visit_id.in_(to_meet), sa.and_(briefs.c.visit_id.in_(of_groups), names_one)
    )
    emptied = touching(sa.update(briefs).where(tells).values(content={}))
    touch("briefs", db.session.scalars(emptied.returning(briefs.c.id)))


def _blank(table: sa.Table, customer_ids: Sequence[str], *, now: datetime) -> int:
    becomes = HELD[table.name].becomes
    if not becomes:
        return 0
    after = {name: _value(table.c[name], value, now=now) for name, value in becomes.items()}
    # Only what says anything: an append-only table lets in a change, but not the same once more.
    says = [_says(table.c[name], value) for name, value in becomes.items()]
    if "version" in table.c:
        after["version"] = table.c.version + 1
    where = sa.and_(held.is_of(table, customer_ids), sa.or_(*says))
    touch_matching(table, where)
    return _count(touching(sa.update(table).where(where).values(after)))


def _delete(table: sa.Table, customer_ids: Sequence[str]) -> int:
    if not HELD[table.name].is_deleted:
        return 0
    where = held.is_of(table, customer_ids)
    touch_matching(table, where)
    return _count(touching(sa.delete(table).where(where)))


def _value(column: sa.Column[Any], value: Any, *, now: datetime) -> Any:
    if value is Special.NOW:
        return now
    if value is Special.WORD:
        return sa.case((_is_empty(column), column), else_=Special.WORD.value)
    return sa.null() if value is None else value


def _says(column: sa.Column[Any], value: Any) -> sa.ColumnElement[bool]:
    if value is Special.NOW or value is None:
        is_blank = column.is_(None)
        return is_blank if value is Special.NOW else sa.not_(is_blank)
    if value is Special.WORD:
        return sa.not_(_is_empty(column)) & (column != Special.WORD.value)
    return column.is_distinct_from(sa.literal(value, column.type))


def _is_empty(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return sa.or_(column.is_(None), column == "")


def _count(statement: sa.Update | sa.Delete) -> int:
    # A cursor tells how many it touched; the general result of a session does not know.
    result: Any = db.session.execute(statement)
    touched: int = result.rowcount
    return touched
