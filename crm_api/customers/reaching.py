"""Whom contacts reach: found, locked, and the time read, by one statement of PostgreSQL.

It is the first half of a decision: what it tells was true before the locks were waited for, so that
whoever asks has to read again under them whom the contacts reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from crm_api.customers import locks, queries
from crm_api.customers.models import Customer, SubjectLock
from crm_api.kit import clock
from crm_api.kit.bundles import among, as_parameter
from crm_api.kit.db import db
from crm_api.kit.straight import StraightRead, fixed

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.values import Reach

_CUSTOMERS, _LOCKS = Customer.__table__.c, SubjectLock.__table__.c
_ctid: sa.ColumnElement[Any] = sa.literal_column("ctid")


class Reached(NamedTuple):
    """Whom contacts reached before the locks were held, and the database's time since."""

    reach: dict[str, Reach]
    read_at: datetime


def lock_reached(
    customer_ids: Collection[str],
    *,
    ringing_ids: Collection[str],
    endpoints: Collection[str],
    visible_to: Actor | None,
) -> Reached | None:
    """Lock customers, all who are the same persons, and the numbers that ring; read the time.

    Those of `ringing_ids` are rung at their own numbers. None where one statement cannot do it:
    somebody is nobody whom the actor may see, a lock is taken for the first time, some are held
    already, or this is SQLite. What it locked then is locked all the same.
    """
    if db.engine.dialect.name != "postgresql" or locks.are_held(customer_ids):
        return None
    rows = _ask(
        visible_to,
        customer_ids=as_parameter(customer_ids),
        ringing_ids=as_parameter(ringing_ids),
        endpoints=as_parameter(endpoints),
    )
    if not rows:
        return None
    numbers, members, _stay, read_at = rows[0]
    reach = queries.reach_from({"numbers": _loaded(numbers), "members": _loaded(members)})
    if len(reach) < len(customer_ids):
        return None
    everyone = {member for reached in reach.values() for member in reached.person_ids}
    rung = {number for one in ringing_ids if (number := reach[one].phone) is not None}
    locks.note_locked(customer_ids=everyone, endpoints=rung.union(endpoints))
    return Reached(reach, read_at)


def _loaded(rows: str | None) -> Any:
    return orjson.loads(rows) if rows else []


def _ask(visible_to: Actor | None, **asked: str) -> Any:
    if visible_to is None:
        return _ANYBODYS.rows(**asked)
    return _THEIRS.rows(visible_to=visible_to, **asked)


def _locking(asked_for: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    """Build the statement: everything that is wanted is locked in one order, or nothing is."""
    asked = _made_first(asked_for, "asked").c
    alike = Customer.__table__.alias("alike").c
    linked = sa.select(asked.id, alike.id.label("member_id")).where(
        alike.person_id == asked.person_id, alike.person_id.is_not(None)
    )
    members = _made_first(linked, "members").c
    wanted = _made_first(_subjects(asked, members), "wanted")
    held = sa.select(sa.func.count().label("number")).select_from(_locked(wanted)).subquery("held")
    # What is selected from what is held is reckoned once it is.
    return (
        sa.select(
            _rows_of(asked.id, asked.phone, asked.merged_into_id),
            _rows_of(members.id, members.member_id),
            *clock.stay_and_read(),
        )
        .select_from(held)
        .where(held.c.number > 0)
    )


def _locked(wanted: sa.CTE) -> sa.CTE:
    # For each its row, by the index: of how many are wanted PostgreSQL has no idea.
    place = sa.select(_ctid).where(
        _LOCKS.kind == wanted.c.kind, _LOCKS.subject_id == wanted.c.subject_id
    )
    found = _made_first(
        sa.select(place.correlate(wanted).scalar_subquery().label("place")).select_from(wanted),
        "found",
    )
    # Found once, and locked where they were found: nobody changes a row, so that it stays.
    places = sa.func.array(sa.select(found.c.place).scalar_subquery())
    all_are_there = _count(found.c.place) == _count(wanted.c.kind)
    rows = sa.select(_LOCKS.subject_id).where(_ctid == sa.any_(places), all_are_there)
    return _made_first(_in_order(rows), "locked")


def _in_order(rows: sa.Select[str]) -> sa.Select[str]:
    order = (sa.collate(_LOCKS.kind, "C"), sa.collate(_LOCKS.subject_id, "C"))
    return rows.order_by(*order).with_for_update(key_share=True)


def _subjects(asked: Any, members: Any) -> Any:
    customer, endpoint = fixed(locks.CUSTOMER), fixed(locks.ENDPOINT)
    named = sa.cast(sa.bindparam("endpoints", type_=sa.Text()), JSONB)
    return sa.union(
        sa.select(customer.label("kind"), asked.id.label("subject_id")),
        sa.select(customer, members.member_id),
        sa.select(endpoint, asked.phone).where(
            among(asked.id, "ringing_ids"), asked.phone.is_not(None)
        ),
        sa.select(endpoint, sa.func.jsonb_array_elements_text(named)),
    )


def _made_first(select: Any, name: str) -> sa.CTE:
    made: sa.CTE = select.cte(name).prefix_with("MATERIALIZED")
    return made


def _count(column: sa.ColumnElement[Any]) -> Any:
    return sa.select(sa.func.count(column)).scalar_subquery()


def _rows_of(*columns: Any) -> Any:
    whole = sa.func.json_agg(sa.func.json_build_array(*columns))
    return sa.select(sa.cast(whole, sa.Text())).scalar_subquery()


_WANTED = sa.select(
    _CUSTOMERS.id, _CUSTOMERS.phone, _CUSTOMERS.merged_into_id, _CUSTOMERS.person_id
).where(among(_CUSTOMERS.id, "customer_ids"))
_THEIRS = queries.SeenBy(lambda actor: _locking(queries.limit_to(_WANTED, visible_to=actor)))
_ANYBODYS = StraightRead(_locking(_WANTED))
