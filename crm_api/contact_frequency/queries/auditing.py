"""One SQL statement over the whole ledger: which caps are broken without a recorded cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from crm_api.contact_frequency.policies.matching import in_force as for_customer
from crm_api.contact_frequency.policies.moments import SECOND
from crm_api.contact_frequency.policies.rules import Rule, to_document
from crm_api.contact_frequency.queries.frames import DatedRule, dated_rules, in_force
from crm_api.contact_frequency.queries.ledger_audit import PREFACES, STATEMENT
from crm_api.contact_frequency.terms import (
    ALL_CHANNELS,
    RuleKind,
    ScopeKind,
    Strength,
)
from crm_api.customers.terms import Channel, Tier
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LedgerBreach:
    """More contacts within a policy's width than it allows, and nobody has said why."""

    policy_key: str
    allowed: int
    found: int
    subject_kind: str
    subject_id: str
    first_slot_id: str
    last_judged_slot_id: str


def find_breaches() -> list[LedgerBreach]:
    """Return every breach of a firm cap that has no recorded cause.

    Each contact is measured by the policies in force when it was last judged. The contact of a
    run that was judged last is the one that broke it, unless its overrun says why.
    """
    limits, scopes = _limits(dated_rules())
    if not limits:
        return []
    statement = sa.text(PREFACES[db.engine.dialect.name] + STATEMENT)
    given = {"limits": orjson.dumps(limits).decode(), "scopes": orjson.dumps(scopes).decode()}
    return [LedgerBreach(*row) for row in db.session.execute(statement, given)]


def _limits(versions: Sequence[DatedRule]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the different caps that were ever in force, and when each was so for whom."""
    numbers: dict[bytes, int] = {}
    limits: list[dict[str, Any]] = []
    scopes: list[dict[str, Any]] = []
    for start, end, tier, owner, rule in _ever_in_force(versions):
        name = orjson.dumps([rule.key, to_document(rule)], option=orjson.OPT_SORT_KEYS)
        if name not in numbers:
            numbers[name] = len(limits)
            limits.append(_limit(rule, number=len(limits)))
        scopes.append(
            {
                "limit_id": numbers[name],
                "since": _stored(start),
                "until": _stored(end),
                "tier": tier,
                "customer_id": owner,
            }
        )
    return limits, scopes


def _ever_in_force(
    versions: Sequence[DatedRule],
) -> Iterable[tuple[datetime, datetime, str, str | None, Rule]]:
    starts = sorted({version.effective_from for version in versions})
    for start, end in pairwise([*starts, END]):
        rules = in_force(versions, at=start)
        owners = sorted({r.scope_id for r in rules if r.scope_kind is ScopeKind.CUSTOMER})
        for tier in Tier:
            for owner in (None, *owners):
                found = for_customer(rules, tier=tier, customer_id=owner or "")
                yield from ((start, end, tier.value, owner, r) for r in found if _is_audited(r))


def _is_audited(rule: Rule) -> bool:
    return rule.is_cap and rule.strength is not Strength.SOFT


def _limit(rule: Rule, *, number: int) -> dict[str, Any]:
    in_days = rule.kind is RuleKind.ROLLING_DAYS
    return {
        "id": number,
        "policy_key": rule.key,
        "kind": rule.period or ("days" if in_days else "micros"),
        "allowed": 1 if rule.kind is RuleKind.MIN_GAP else rule.limit or 0,
        "width": (rule.days or 0) if in_days else (rule.seconds or 0) * SECOND,
        "subjects": _listed(rule.subjects),
        "channels": _listed(rule.counted_channels),
        "categories": _listed(rule.counted_categories),
        "counts_any": int(rule.counted_channels == ALL_CHANNELS),
        "counts_visits": int(rule.counted_channels == {Channel.VISIT}),
    }


def _listed(values: Iterable[str]) -> str:
    return "," + ",".join(sorted(values)) + ","


def _stored(moment: datetime) -> str:
    """Write a moment as SQLite keeps it; PostgreSQL reads it as UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
