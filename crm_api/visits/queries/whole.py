"""A visit with all that belongs to it, read without asking for what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from crm_api.kit.db import db
from crm_api.kit.straight import StraightRead
from crm_api.visits.models import Visit, VisitColleague

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm.strategy_options import _AbstractLoad

_LOADS: dict[str, _AbstractLoad] = {
    "slot": selectinload(Visit.slot),
    "objectives": selectinload(Visit.objectives),
    "persons": selectinload(Visit.persons),
    "colleagues": selectinload(Visit.colleagues).joinedload(VisitColleague.staff),
    "record": selectinload(Visit.record),
    "promises": selectinload(Visit.promises),
    "follow_ups": selectinload(Visit.follow_ups),
    "offers": selectinload(Visit.offers),
    "opportunities": selectinload(Visit.opportunities),
}
WHOLE = tuple(_LOADS.values())
_WANTED: sa.BindParameter[str] = sa.bindparam("visit_id", type_=sa.String())


def find_whole(seen: sa.Select[Any], visit_id: str, *, for_change: bool = False) -> Visit | None:
    """Return the one visit of a select, if it has it; for a change, as it is now, locked."""
    if for_change and db.engine.dialect.name != "sqlite":
        # First of all: what hangs on it may come and go as long as another has the lock.
        locked = seen.with_only_columns(Visit.id).with_for_update(of=Visit, key_share=True)
        db.session.execute(locked)
    there = _there(visit_id)
    wanted = seen.options(*(load for name, load in _LOADS.items() if there[name]))
    fresh = wanted.execution_options(populate_existing=for_change)
    visit: Visit | None = db.session.execute(fresh).scalar_one_or_none()
    if visit is not None:
        kept = set() if for_change else set(_LOADS) - sa.inspect(visit).unloaded
        _leave_empty(visit, [name for name in _LOADS if not (there[name] or name in kept)])
    return visit


def _there(visit_id: str) -> dict[str, bool]:
    [row] = _THERE.rows(visit_id=visit_id)
    return dict(zip(_LOADS, map(bool, row), strict=True))


def _leave_empty(visit: Visit, names: Iterable[str]) -> None:
    for name in names:
        is_list = sa.inspect(Visit).relationships[name].uselist
        set_committed_value(visit, name, [] if is_list else None)


def _is_there(name: str) -> sa.ColumnElement[bool]:
    if name == "slot":
        return sa.exists().where(Visit.id == _WANTED, Visit.slot_id.is_not(None))
    part: Any = sa.inspect(Visit).relationships[name].mapper.class_
    return sa.exists().where(part.visit_id == _WANTED)


_THERE = StraightRead(sa.select(*(_is_there(name).label(name) for name in _LOADS)))
