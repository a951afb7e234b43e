"""What hangs on what was touched, and comes or goes with it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.kit.bundles import among, as_parameter
from crm_api.kit.straight import StraightRead
from crm_api.preparation.briefs.models import Brief
from crm_api.sync.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable

_briefs: Any = Brief.__table__


def children_of_visits(visit_ids: Iterable[str]) -> dict[str, set[str]]:
    """Return what hangs on visits, by table: where a visit comes or goes, so do these."""
    found: dict[str, set[str]] = {}
    for name, record_id in _hanging_on_visits().rows(visits=as_parameter(sorted(visit_ids))):
        found.setdefault(name, set()).add(record_id)
    return found


@lru_cache(1)
def _hanging_on_visits() -> StraightRead:
    selects: list[Any] = []
    for name in ("visit_objectives", "visit_persons", "visit_notes", "attachments", "briefs"):
        table = TABLES[name]
        visit_id = next(c.source for c in table.columns if c.name == "visit_id")
        its: Any = sa.select(sa.literal_column(f"'{name}'"), table.id).select_from(table.source)
        selects.append(its.where(among(visit_id, "visits")))
    return StraightRead(sa.union_all(*selects))


def briefs_beside(brief_ids: Iterable[str]) -> set[str]:
    """Return all briefs of the visits that these are about: a phone has the newest alone."""
    rows = _beside().rows(briefs=as_parameter(sorted(brief_ids)))
    return {brief_id for (brief_id,) in rows}


@lru_cache(1)
def _beside() -> StraightRead:
    named, beside = _briefs.alias("named"), _briefs
    about = sa.select(named.c.visit_id).where(among(named.c.id, "briefs"))
    return StraightRead(sa.select(beside.c.id).where(beside.c.visit_id.in_(about)))
