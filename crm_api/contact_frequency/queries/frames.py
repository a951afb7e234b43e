"""The policies in force at a moment, with the calendar around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api import config
from crm_api.calendars import service as calendars
from crm_api.calendars.models import ArrangedDay, Arrangement, Festival
from crm_api.contact_frequency.models import FrequencyPolicy, PolicyVersion
from crm_api.contact_frequency.policies import PolicyFrame, Rule
from crm_api.contact_frequency.policies import rules as rule_documents
from crm_api.contact_frequency.policies.moments import day_number
from crm_api.kit import runs
from crm_api.kit.bundles import Bundle
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from crm_api.kit.bundles import Rows

YEARS_AHEAD = 2


@dataclass(frozen=True, slots=True)
class DatedRule:
    """A version of a policy and when it took or takes effect."""

    effective_from: datetime
    is_retired: bool
    rule: Rule


@dataclass(slots=True)
class Catalog:
    """All policies as this process read them last, and what tells whether any changed since."""

    stamp: dict[str, Rows]
    versions: Sequence[DatedRule]
    frames: dict[Any, PolicyFrame] = field(default_factory=dict)

    def frame_at(self, now: datetime) -> PolicyFrame:
        """Return what is in force."""
        effective = sum(1 for version in self.versions if version.effective_from <= now)
        key = (effective, now.year, config.current().zone.key)
        if key not in self.frames:
            self.frames[key] = frame_of(in_force(self.versions, at=now), now=now)
        return self.frames[key]

    def still_holds(self, rows: Mapping[str, Rows]) -> bool:
        """Tell whether nothing changed since, by what the selects of `STAMP` give now."""
        return all(sorted(rows[name]) == read for name, read in self.stamp.items())


_catalogs: dict[str, Catalog] = {}


def frame_at(now: datetime) -> PolicyFrame:
    """Return what is in force, read anew as soon as a policy or the calendar changed."""
    return _catalog().frame_at(now)


def last_catalog() -> Catalog | None:
    """Return what this process read last, for whoever reads along whether it still holds."""
    return _catalogs.get(_place())


def in_force(versions: Iterable[DatedRule], *, at: datetime) -> tuple[Rule, ...]:
    """Return the newest version of each policy that has taken effect, sorted by key."""
    newest: dict[str, DatedRule] = {}
    for version in versions:  # by effective date, then number
        if version.effective_from <= at:
            newest[version.rule.key] = version
    return tuple(v.rule for _, v in sorted(newest.items()) if not v.is_retired)


def dated_rules() -> Sequence[DatedRule]:
    """Return all versions of all policies by effective date and number."""
    return _catalog().versions


def _place() -> str:
    return str(db.engine.url)


def _catalog() -> Catalog:
    place = _place()
    stamp = runs.read_once("policies", ("",), lambda _all: {"": _read_stamp()})[""]
    known = _catalogs.get(place)
    if known is None or known.stamp != stamp:
        known = _catalogs[place] = Catalog(stamp, _versions())
    return known


def _read_stamp() -> dict[str, Rows]:
    return {name: sorted(rows) for name, rows in _STAMP.read().items()}


# In one statement, whether anything changed: versions are never edited, only added. Festivals are,
# and are few: whatever finds their days is compared itself, their key first.
STAMP = {
    "versions": sa.select(sa.func.count(), sa.func.max(PolicyVersion.id)),
    "festivals": sa.select(
        Festival.key, Festival.rule, Festival.month, Festival.day, Festival.term, Festival.tone
    ),
    "arrangements": sa.select(sa.func.max(Arrangement.loaded_at)),
    "days": sa.select(sa.func.count()).select_from(ArrangedDay),
}
_STAMP = Bundle(**STAMP)


def _versions() -> Sequence[DatedRule]:
    statement = sa.select(
        FrequencyPolicy.key,
        FrequencyPolicy.scope_kind,
        FrequencyPolicy.scope_id,
        FrequencyPolicy.loosens,
        PolicyVersion.number,
        PolicyVersion.effective_from,
        PolicyVersion.is_retired,
        PolicyVersion.rule,
    )
    statement = statement.join(PolicyVersion, PolicyVersion.policy_id == FrequencyPolicy.id)
    rows = db.session.execute(
        statement.order_by(PolicyVersion.effective_from, PolicyVersion.number)
    )
    return [DatedRule(row.effective_from, row.is_retired, rule_of(row)) for row in rows]


def rule_of(row: Any) -> Rule:
    """Read a version with its policy's identity."""
    return rule_documents.from_document(
        row.rule,
        key=row.key,
        version=row.number,
        scope_kind=row.scope_kind,
        scope_id=row.scope_id,
        loosens=row.loosens,
    )


def frame_of(rules: tuple[Rule, ...], *, now: datetime) -> PolicyFrame:
    """Return these policies with the calendar around a moment."""
    start, end = date(now.year - 1, 1, 1), date(now.year + YEARS_AHEAD, 12, 31)
    solemn = {f.on for f in calendars.festivals_between(start, end) if f.is_solemn}
    workdays: set[date] = set()
    if any(rule.workdays_only for rule in rules):
        workdays = calendars.workdays_between(start, end)
    return PolicyFrame(
        rules=rules,
        zone=config.current().zone,
        solemn_days=frozenset(map(day_number, solemn)),
        workdays=frozenset(map(day_number, workdays)),
    )
