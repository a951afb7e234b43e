"""Which contacts a change of policies refuses that were allowed before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from crm_api.contact_frequency.desk.policies import gained_by, spread_out
from crm_api.contact_frequency.desk.queries import statements
from crm_api.contact_frequency.desk.terms import Effect
from crm_api.contact_frequency.desk.values import RefusedContact
from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.hours import open_hours
from crm_api.contact_frequency.terms import SubjectKind, Waiver
from crm_api.customers.terms import Category, Channel, Tier
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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

    First the rules that are new for somebody are weighed for everybody, then all older ones for
    those few contacts. `apart` are the customers with rules of their own; `step` is called after
    each rule.
    """
    find = _Finder(comparison, apart)
    found: dict[str, RefusedContact] = {}
    for spread in spread_out(gained_by(after, before)):
        for contact in find.refused(spread, comparison.after):
            found.setdefault(contact.slot_id, contact)
        step()
    for spread in spread_out(before) if found else ():
        for slot_ids in _chunks(sorted(found)):
            for contact in find.refused(spread, comparison.before, among=slot_ids):
                del found[contact.slot_id]
    return [found[slot_id] for slot_id in sorted(found)]


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


class _Finder:
    """Runs the statements of one simulation."""

    def __init__(self, comparison: Comparison, apart: Sequence[str]) -> None:
        self.apart = list(apart)
        self.times = {
            name: moments.micros(getattr(comparison, name))
            for name in ("past_from", "now", "ahead_from", "ahead_until")
        }
        self.dialect = db.engine.dialect.name

    def refused(
        self, spread: Spread, frame: PolicyFrame, *, among: list[str] | None = None
    ) -> list[RefusedContact]:
        """Return the contacts that a rule refuses to those whom it is for."""
        rule = spread.rule
        crowded = rule.is_cap
        text = self._asked(rule, narrow=crowded, is_among=among is not None)
        text += _crowded(rule) if crowded else self._closed(rule, frame)
        reach = statements.reach_of(rule)
        given = {
            **self.times,
            "first": self.times["past_from"] - reach,
            "last": self.times["ahead_until"] + reach,
            "tiers": [tier.value for tier in spread.tiers],
            "owners": list(spread.owners),
            "apart": self.apart,
            "given": self._listed(among or []),
        }
        return [self._contact(row, rule) for row in run(text, given)]

    def _asked(self, rule: Rule, *, narrow: bool, is_among: bool) -> str:
        kinds = rule.subjects if rule.is_cap else {SubjectKind.CUSTOMER}
        template = statements.NEAR if narrow and not is_among else statements.ASKED
        return template.format(
            value=statements.value_of(rule, "s"),
            counts=statements.counts(rule, "s"),
            asked=statements.can_block(rule, "s"),
            kinds=statements.listed(kinds),
            reach=statements.width_of(rule) - 1,
            allowed=statements.allowed_by(rule),
            given=statements.GIVEN[self.dialect] if is_among else "",
        )

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
            beside=statements.BESIDE_HOURS.format(days=days), refused=f"d.day IS NULL AND {binds}"
        )

    def _listed(self, slot_ids: list[str]) -> str:
        on_sqlite = self.dialect == "sqlite"
        return orjson.dumps(slot_ids).decode() if on_sqlite else ",".join(slot_ids)

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


def _crowded(rule: Rule) -> str:
    crowded = statements.CROWDED.format(
        f_people=statements.SAME_PEOPLE.format(b="f"),
        b_people=statements.SAME_PEOPLE.format(b="b"),
        f_value=statements.value_of(rule, "f"),
        b_value=statements.value_of(rule, "b"),
        b_counts=statements.counts(rule, "b"),
        width=statements.width_of(rule),
        far=statements.reach_of(rule),
        allowed=statements.allowed_by(rule),
    )
    return statements.FOUND.format(beside="", refused=crowded)


def run(text: str, given: dict[str, Any]) -> Sequence[sa.Row[Any]]:
    """Run a statement of a simulation; it takes of what is given what it names."""
    lists = [
        sa.bindparam(name, expanding=True, type_=sa.String) for name in ("tiers", "owners", "apart")
    ]
    statement = sa.text(text).bindparams(*lists)
    wanted = {name: given[name] for name in statement.compile().params if name in given}
    return db.session.execute(statement, wanted).all()
