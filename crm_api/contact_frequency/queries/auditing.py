"""One SQL statement over the whole ledger: which caps are broken without a recorded cause."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from crm_api.contact_frequency.models import GovernorAudit, Slot, SlotSubject, StoredDecision
from crm_api.contact_frequency.models.slots import BY_SEGMENT, COUNTS
from crm_api.contact_frequency.policies.matching import in_force as for_customer
from crm_api.contact_frequency.policies.matching import segments_in
from crm_api.contact_frequency.policies.moments import SECOND
from crm_api.contact_frequency.policies.rules import Rule, to_document
from crm_api.contact_frequency.queries.frames import DatedRule, dated_rules, in_force
from crm_api.contact_frequency.queries.hours_audit import find_closed_hours
from crm_api.contact_frequency.queries.ledger_audit import PREFACES, STATEMENT
from crm_api.contact_frequency.queries.met_audit import confirm_met
from crm_api.contact_frequency.terms import (
    ALL_CHANNELS,
    PLANNED_STATES,
    AlertKind,
    RuleKind,
    ScopeKind,
    Strength,
    SubjectKind,
)
from crm_api.contact_frequency.values import LedgerBreach
from crm_api.customers import queries as customers
from crm_api.customers.models import Merge, MergedRow, Relation
from crm_api.customers.terms import Channel, RelationKind, Tier
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(9999, 1, 1, tzinfo=UTC)
SUBJECTS, SLOTS, DECISIONS = 500, 2_000, 500
TEN_MINUTES = 600_000


def find_breaches() -> list[LedgerBreach]:
    """Return every breach of a firm policy in the whole ledger that has no recorded cause.

    Each contact is measured by the policies in force when it was last judged. The contact of a
    run that was judged last is the one that broke it, unless its overrun says why.
    """
    return [*_all(next_subjects, find_broken_caps), *_all(next_slots, find_closed_hours)]


def _all(
    following: Callable[[str], list[str]], look: Callable[[Sequence[str]], list[LedgerBreach]]
) -> Iterator[LedgerBreach]:
    cursor = ""
    while batch := following(cursor):
        yield from look(batch)
        cursor = batch[-1]


def next_subjects(after: str) -> list[str]:
    """Return the next subjects that any contact counts for."""
    subject = SlotSubject.subject_id
    statement = sa.select(subject).distinct().where(COUNTS, subject > after)
    return list(db.session.scalars(statement.order_by(subject).limit(SUBJECTS)))


def next_slots(after: str) -> list[str]:
    """Return the next contacts."""
    statement = sa.select(Slot.id).where(Slot.id > after)
    return list(db.session.scalars(statement.order_by(Slot.id).limit(SLOTS)))


def next_decisions(after: str) -> list[str]:
    """Return the next decisions."""
    statement = sa.select(StoredDecision.id).where(StoredDecision.id > after)
    return list(db.session.scalars(statement.order_by(StoredDecision.id).limit(DECISIONS)))


def last_replayed() -> str:
    """Return up to where the last run replayed decisions, less ten minutes.

    Ids grow with time, and who made one may have committed a little later than who came after.
    """
    statement = sa.select(GovernorAudit.cursor).where(GovernorAudit.finished_at.is_not(None))
    last = db.session.scalar(statement.order_by(GovernorAudit.finished_at.desc()).limit(1)) or ""
    try:
        millis = int(last[:13].replace("-", ""), 16)
    except ValueError:
        return ""
    earlier = f"{max(millis - TEN_MINUTES, 0):012x}"
    return f"{earlier[:8]}-{earlier[8:]}"


def find_broken_caps(subject_ids: Sequence[str]) -> list[LedgerBreach]:
    """Return the caps broken without a cause on these subjects, and on who is one person with them.

    A person's customers share one budget from when they were linked: what was judged before that
    is measured for each of them alone.
    """
    limits, scopes = _limits(dated_rules())
    if not limits:
        return []
    audited, names = _audited(subject_ids)
    statement = sa.text(PREFACES[db.engine.dialect.name] + STATEMENT)
    given = {"limits": limits, "scopes": scopes, "audited": audited}
    rows = db.session.execute(statement, {n: orjson.dumps(v).decode() for n, v in given.items()})
    return _told(list(dict.fromkeys(confirm_met([tuple(row) for row in rows]))), names)


def _audited(subject_ids: Sequence[str]) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Return whose slots make up which budget, and who a shared budget is named after."""
    groups = {tuple(ids) for ids in customers.same_person_ids(subject_ids).values()}
    persons = {f"={n}": ids for n, ids in enumerate(sorted(g for g in groups if len(g) > 1))}
    alone = sorted({*subject_ids, *(one for ids in persons.values() for one in ids)})
    merged = _merged_at(alone)
    rows = [
        {"subject_id": one, "person": one, "since": _stored(merged.get(one, BEGINNING))}
        for one in alone
    ]
    linked = _linked_at({one for ids in persons.values() for one in ids})
    for name, ids in persons.items():
        since = max(linked.get(one, BEGINNING) for one in ids)
        rows += [{"subject_id": one, "person": name, "since": _stored(since)} for one in ids]
    return rows, {name: ids[0] for name, ids in persons.items()}


def _linked_at(customer_ids: Iterable[str]) -> dict[str, datetime]:
    """Return when customers were last found to be one person with another."""
    ids = sorted(customer_ids)
    found: dict[str, datetime] = {}
    for own in (Relation.customer_id, Relation.other_id):
        statement = sa.select(own, sa.func.max(Relation.created_at)).where(
            Relation.kind == RelationKind.SAME_PERSON, is_among(own, ids)
        )
        for customer_id, at in db.session.execute(statement.group_by(own)):
            found[customer_id] = max(at, found.get(customer_id, at))
    return found


def _merged_at(customer_ids: Iterable[str]) -> dict[str, datetime]:
    """Return when customers took over what is planned with others still: by two persons' budgets.

    What came to stand too close by a merge breaks nothing: it is marked for people to move.
    """
    moved = sa.select(Merge.survivor_id, sa.func.max(Merge.created_at))
    moved = moved.join(MergedRow, MergedRow.merge_id == Merge.id)
    moved = moved.join(Slot, Slot.id == MergedRow.key["id"].as_string())
    moved = moved.where(
        is_among(Merge.survivor_id, sorted(customer_ids)),
        MergedRow.table_name == Slot.__tablename__,
        Slot.state.in_(PLANNED_STATES),
        Merge.undone_at.is_(None),
    )
    return dict(db.session.execute(moved.group_by(Merge.survivor_id)).all())


def _told(rows: Sequence[tuple[Any, ...]], names: dict[str, str]) -> list[LedgerBreach]:
    """Name whose contacts broke what; what one customer broke alone is not told of the person."""
    alone = {(row[0], row[6]) for row in rows if row[4] not in names}
    kept = [row for row in rows if row[4] not in names or (row[0], row[6]) not in alone]
    owners = _owners([row[6] for row in kept])
    return [
        LedgerBreach(
            kind=AlertKind.CAP,
            policy_key=policy_key,
            subject_kind=SubjectKind(kind),
            subject_id=names.get(person, person),
            customer_id=owners[last],
            allowed=allowed,
            found=found,
            first_slot_id=first,
            last_judged_slot_id=last,
        )
        for policy_key, allowed, found, kind, person, first, last in kept
    ]


def _owners(slot_ids: Sequence[str]) -> dict[str, str]:
    statement = sa.select(Slot.id, Slot.customer_id).where(is_among(Slot.id, sorted(set(slot_ids))))
    return {row.id: row.customer_id for row in db.session.execute(statement)}


def _limits(versions: Sequence[DatedRule]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the different caps that were ever in force, and when each was so for whom."""
    numbers: dict[bytes, int] = {}
    limits: list[dict[str, Any]] = []
    scopes: list[dict[str, Any]] = []
    for start, end, tier, stamp, owner, rule in _ever_in_force(versions):
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
                "segments": stamp,
                "customer_id": owner,
            }
        )
    return limits, scopes


def _ever_in_force(
    versions: Sequence[DatedRule],
) -> Iterator[tuple[datetime, datetime, str, str, str | None, Rule]]:
    """Yield when each cap was in force, for a tier, or for a customer with policies of their own.

    Each of these is followed through the changes that concern them, not through everybody's; and
    where policies named segments, for each set of them by which contacts were judged.
    """
    stamps = _stamps() if segments_in(v.rule for v in versions) else [""]
    whose = {_owner(version.rule) for version in versions}
    for owner in sorted(whose, key=str):
        about = [v for v in versions if _owner(v.rule) in (None, owner)]
        for start, end in pairwise([*sorted({v.effective_from for v in about}), END]):
            rules = in_force(about, at=start)
            if owner in map(_owner, rules):
                for stamp in stamps:
                    yield from ((start, end, *found) for found in _caps(rules, stamp, owner))


def _stamps() -> list[str]:
    """Return the sets of segments by which contacts were judged, and that of none."""
    kept = sa.select(Slot.segments).distinct().where(BY_SEGMENT)
    return ["", *db.session.scalars(kept.order_by(Slot.segments))]


def _owner(rule: Rule) -> str | None:
    return rule.scope_id if rule.scope_kind is ScopeKind.CUSTOMER else None


def _caps(
    rules: Sequence[Rule], stamp: str, owner: str | None
) -> Iterator[tuple[str, str, str | None, Rule]]:
    for tier in Tier:
        found = for_customer(rules, tier=tier, customer_id=owner or "", segments=stamp.split(","))
        yield from ((tier.value, stamp, owner, rule) for rule in found if _is_audited(rule))


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
