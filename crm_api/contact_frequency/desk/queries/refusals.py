"""Which contacts a change of policies refuses that were allowed before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from crm_api.contact_frequency.desk.policies import gained_by, spread_out
from crm_api.contact_frequency.desk.queries import statements
from crm_api.contact_frequency.desk.terms import Effect
from crm_api.contact_frequency.desk.values import RefusedContact
from crm_api.contact_frequency.models import Override, Slot
from crm_api.contact_frequency.policies import moments, ranking
from crm_api.contact_frequency.policies.hours import open_hours
from crm_api.contact_frequency.terms import SubjectKind, Waiver
from crm_api.customers.terms import Category, Channel, Tier
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crm_api.contact_frequency.desk.policies.spreading import Spread, Standing
    from crm_api.contact_frequency.desk.values import Comparison
    from crm_api.contact_frequency.policies import PolicyFrame, Rule

CHUNK = 10_000
_BINDS = {
    Waiver.AGREEMENT: "NOT c.is_agreed",
    Waiver.DEADLINE: "c.not_after IS NULL",
    None: "1 = 1",
}


def find_refused(
    comparison: Comparison,
    *,
    before: Standing,
    after: Standing,
    apart: Sequence[str],
    step: Callable[[], object],
) -> list[RefusedContact]:
    """Return the contacts that are newly refused, each with the first of the policies that do.

    The rules that are new for somebody are weighed for everybody, then those older ones that could
    have refused what was found. `apart` are the customers with rules of their own; `step` is called
    after each rule.
    """
    find = _Finder(comparison, apart)
    found = find.refused(spread_out(gained_by(after, before)), comparison.after, step=step)
    kinds = {(contact.channel, contact.category) for contact in found.values()}
    older = [s for s in spread_out(before) if any(s.rule.can_block(*kind) for kind in kinds)]
    earlier = find.refused(older, comparison.before, step=step)
    return [found[slot_id] for slot_id in sorted(found.keys() - earlier.keys())]


def _claims_of(slot_ids: Sequence[str]) -> dict[str, str]:
    """Return what planned contacts bring forward against those that are only held."""
    table = Slot.__table__.c
    names = ("category", "occasion_class", "occasion_rank", "is_agreed", "not_after", "created_at")
    statement = sa.select(table.id, *(table[name] for name in names))
    found = {}
    for chunk in _chunks(slot_ids):
        for row in db.session.execute(statement.where(is_among(table.id, chunk))):
            found[row.id] = ranking.claim(
                row.category,
                occasion_class=row.occasion_class,
                occasion_rank=row.occasion_rank or 0,
                is_agreed=row.is_agreed,
                not_after=row.not_after,
                made_at=row.created_at,
            )
    return found


def _waived(comparison: Comparison) -> dict[tuple[str, str], str]:
    """Return whose word lets contacts go beyond policies, by contact and policy."""
    statement = (
        sa.select(Override.slot_id, Override.waives, Override.approver_role)
        .where(Override.slot_id.is_not(None))
        .where(Override.last_at >= comparison.past_from)
        .where(Override.first_at < comparison.ahead_until)
    )
    rows = db.session.execute(statement)
    return {(slot_id, name): role for slot_id, waives, role in rows for name, _ in waives}


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


class _Finder:
    """Runs the statements of one simulation."""

    def __init__(self, comparison: Comparison, apart: Sequence[str]) -> None:
        self.apart, self.members = list(apart), comparison.members
        self.kinds = statements.told_apart(db.engine.dialect.name, comparison.members)
        self.written = written(comparison.members)
        self.waived = _waived(comparison)
        self.times = {
            name: moments.micros(getattr(comparison, name))
            for name in ("past_from", "now", "ahead_from", "ahead_until")
        }

    def refused(
        self, spreads: Sequence[Spread], frame: PolicyFrame, *, step: Callable[[], object]
    ) -> dict[str, RefusedContact]:
        """Return what any of these rules refuses to those whom it is for, by contact."""
        found: dict[str, RefusedContact] = {}
        doubtful: set[str] = set()
        for spread in spreads:
            for row in self._rows(spread, frame):
                if self._is_waived(row, spread.rule):
                    continue
                contact = self._contact(row, spread.rule)
                found.setdefault(contact.slot_id, contact)
                if contact.effect is Effect.FALLEN and row.held_others:
                    doubtful.add(contact.slot_id)
            step()
        if doubtful:
            stand = doubtful - self._fallen_for_sure(doubtful, spreads, frame)
            found = {slot_id: c for slot_id, c in found.items() if slot_id not in stand}
        return found

    def _is_waived(self, row: Any, rule: Rule) -> bool:
        return self.waived.get((row.slot_id, rule.key)) in rule.overridable_by

    def _fallen_for_sure(
        self, slot_ids: set[str], spreads: Sequence[Spread], frame: PolicyFrame
    ) -> set[str]:
        """Return which of these planned contacts are refused though held ones give way to them."""
        claims, found = _claims_of(sorted(slot_ids)), set()
        for chunk in _chunks(sorted(claims)):
            among = [{"id": slot_id, "claim": claims[slot_id]} for slot_id in chunk]
            for spread in spreads:
                found |= {row.slot_id for row in self._rows(spread, frame, among=among)}
        return found

    def _rows(
        self, spread: Spread, frame: PolicyFrame, *, among: list[dict[str, Any]] | None = None
    ) -> Sequence[sa.Row[Any]]:
        rule = spread.rule
        text = self._asked(rule, is_among=among is not None)
        text += self._crowded(rule) if rule.is_cap else self._closed(rule, frame)
        reach = statements.reach_of(rule)
        given = {
            **self.times,
            "first": self.times["past_from"] - reach,
            "last": self.times["ahead_until"] + reach,
            **statements.kinds_among(self.members, spread.kinds),
            "owners": list(spread.owners),
            "apart": self.apart,
            "members": self.written,
            "given": orjson.dumps(among or []).decode(),
        }
        return run(text, given)

    def _asked(self, rule: Rule, *, is_among: bool) -> str:
        words = {
            "value": statements.value_of(rule, "s"),
            "counts": statements.counts(rule, "s"),
            "asked": statements.can_block(rule, "s"),
            "kinds": statements.listed(rule.subjects if rule.is_cap else {SubjectKind.CUSTOMER}),
            "width": statements.width_of(rule),
            "reach": statements.width_of(rule) - 1,
            "allowed": statements.allowed_by(rule),
        }
        if rule.is_cap and not is_among:
            return statements.NEAR.format(**words)
        source = statements.among(db.engine.dialect.name) if is_among else statements.EVERYTHING
        return statements.ASKED.format(**words, **source)

    def _closed(self, rule: Rule, frame: PolicyFrame) -> str:
        binds = _BINDS[rule.waived_by]
        if rule.greetings_only:
            binds += " AND c.occurrence IS NOT NULL"
        first, last = (
            moments.local_day(self.times[name], frame.zone) for name in ("past_from", "ahead_until")
        )
        hours = ((day, open_hours(rule, frame, day)) for day in range(first, last + 1))
        rows = [(day, *open_from) for day, open_from in hours if open_from is not None]
        days = statements.rows_of(("day", "opens", "closes"), rows)
        return statements.FOUND.format(
            beside=statements.BESIDE_HOURS.format(days=days),
            refused=f"d.day IS NULL AND {binds}",
            **self.kinds,
        )

    def _crowded(self, rule: Rule) -> str:
        crowded = statements.CROWDED.format(
            people=statements.SAME_PEOPLE,
            f_value=statements.value_of(rule, "f"),
            b_value=statements.value_of(rule, "b"),
            b_counts=statements.counts(rule, "b"),
            width=statements.width_of(rule),
            far=statements.reach_of(rule),
            allowed=statements.allowed_by(rule),
        )
        return statements.FOUND.format(beside="", refused=crowded, **self.kinds)

    def _contact(self, row: Any, rule: Rule) -> RefusedContact:
        is_ahead = row.effective_micros >= self.times["now"]
        return RefusedContact(
            slot_id=row.slot_id,
            effect=Effect.FALLEN if is_ahead else Effect.REFUSED,
            customer_id=row.customer_id,
            at=moments.moment_of(row.effective_micros),
            tier=Tier(row.tier),
            channel=Channel(row.channel),
            category=Category(row.category),
            policy_key=rule.key,
        )


def written(members: Mapping[str, str]) -> str:
    """Write who is in which segments as the statements read it."""
    rows = [{"id": customer_id, "segments": stamp} for customer_id, stamp in members.items()]
    return orjson.dumps(rows).decode()


def run(text: str, given: dict[str, Any]) -> Sequence[sa.Row[Any]]:
    """Run a statement of a simulation; it takes of what is given what it names."""
    names = [name for name in ("tiers", "kinds", "owners", "apart") if f":{name}" in text]
    lists = [sa.bindparam(name, expanding=True, type_=sa.String) for name in names]
    statement = sa.text(text).bindparams(*lists)
    wanted = {name: given[name] for name in statement.compile().params if name in given}
    return db.session.execute(statement, wanted).all()
