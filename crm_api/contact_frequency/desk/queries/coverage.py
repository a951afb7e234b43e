"""How coverage moves: on how many of the days ahead each customer could be contacted once more."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Team
from crm_api.contact_frequency.desk.policies import spread_out
from crm_api.contact_frequency.desk.queries import statements
from crm_api.contact_frequency.desk.queries.refusals import run, written
from crm_api.contact_frequency.desk.values import ChangedCustomer, Coverage
from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.hours import applies, open_hours
from crm_api.contact_frequency.policies.limiting import RINGING
from crm_api.contact_frequency.terms import RuleKind, SubjectKind
from crm_api.contact_frequency.values import Plan
from crm_api.customers.models import Customer
from crm_api.customers.terms import Status, Tier
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crm_api.contact_frequency.desk.policies.spreading import Audience, Spread, Standing
    from crm_api.contact_frequency.desk.values import Comparison
    from crm_api.contact_frequency.policies import PolicyFrame, Rule

DAYS = 30
ALL_DAYS = (1 << DAYS) - 1
NOON = 12 * 60


def find_coverage(
    comparison: Comparison,
    *,
    before: Standing,
    after: Standing,
    apart: Sequence[str],
    step: Callable[[], object],
) -> tuple[list[Coverage], list[ChangedCustomer]]:
    """Return the figures of all whom the change concerns, and the customers for whom it counts.

    Each cap tells in one statement which days it closes, as bits, for those few who have enough
    contacts around them; all others are as free as their tier lets anybody be.
    """
    _expect_many()
    finder = _Finder(comparison, before, after, apart)
    for spread in spread_out({who: before[who] | after[who] for who in finder.concerned}):
        finder.close_days(spread)
        step()
    return finder.weigh()


def _expect_many() -> None:
    """Have PostgreSQL join whole sets until the transaction ends.

    It has no statistics of what a statement makes on its way, and old ones of what was planned in
    bulk a minute ago: expecting one row, it would compare each of 100,000 with each.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.text("SET LOCAL enable_nestloop = off"))


class _Finder:
    """Gathers who is closed on which days, before and after."""

    def __init__(
        self, comparison: Comparison, before: Standing, after: Standing, apart: Sequence[str]
    ) -> None:
        self.comparison, self.apart = comparison, frozenset(apart)
        self.members, self.written = comparison.members, written(comparison.members)
        self.sides = (before, after)
        self.frames = (comparison.before, comparison.after)
        self.concerned = [who for who in before if before[who] != after[who]]
        self.noons = _noons(comparison)
        self.closed: tuple[Counter[str], Counter[str]] = (Counter(), Counter())

    def close_days(self, spread: Spread) -> None:
        """Take note of the days that a cap closes for those who have contacts around them."""
        rule = spread.rule
        if not self._blocks(rule) or not rule.is_cap or not statements.allowed_by(rule):
            return
        for row in run(self._spans(rule), self._given(spread)):
            who = self._audience(row)
            for standing, closed in zip(self.sides, self.closed, strict=True):
                if rule in standing[who]:
                    closed[row.id] |= int(row.bits)

    def _blocks(self, rule: Rule) -> bool:
        if rule.is_cap and not self._kinds(rule):
            return False
        return rule.can_block(self.comparison.channel, self.comparison.category)

    def _kinds(self, rule: Rule) -> list[SubjectKind]:
        """Return of whom a cap counts what such a contact reaches: a visit rings at no number."""
        rings = SubjectKind.ENDPOINT in rule.subjects and self.comparison.channel in RINGING
        meets = SubjectKind.CUSTOMER in rule.subjects
        return [SubjectKind.CUSTOMER] * meets + [SubjectKind.ENDPOINT] * rings

    def _audience(self, row: Any) -> Audience:
        stamp = self.members.get(row.id, "")
        return Tier(row.tier), stamp, row.id if row.id in self.apart else ""

    def _given(self, spread: Spread) -> dict[str, Any]:
        reach = statements.reach_of(spread.rule)
        return {
            "first": self.noons[0][1] - reach,
            "last": self.noons[-1][1] + reach,
            **statements.kinds_among(self.members, spread.kinds),
            "members": self.written,
            "owners": list(spread.owners),
            "apart": list(self.apart),
        }

    def _spans(self, rule: Rule) -> str:
        kinds = self._kinds(rule)
        rows = [(_value(rule, *noon), 1 << n) for n, noon in enumerate(self.noons)]
        return statements.SPANS.format(
            value=statements.value_of(rule, "s"),
            counts=statements.counts(rule, "s"),
            kinds=statements.listed(kinds),
            reach=statements.width_of(rule) - 1,
            width=statements.width_of(rule),
            allowed=statements.allowed_by(rule),
            days=statements.rows_of(("value", "bit"), rows),
            meets="1 = 1" if SubjectKind.CUSTOMER in kinds else "1 = 0",
            rings="1 = 1" if SubjectKind.ENDPOINT in kinds else "1 = 0",
            **statements.told_apart(db.engine.dialect.name, self.members),
        )

    def weigh(self) -> tuple[list[Coverage], list[ChangedCustomer]]:
        """Return the figures by team and tier, and the customers whose free days change."""
        everybody = {who: self._closed_for_all(who) for who in self.concerned}
        figures: dict[tuple[str, Tier], Coverage] = {}
        changed = []
        for row in self._customers():
            who = self._audience(row)
            if who not in everybody:
                continue
            before, after = (
                DAYS - (all_closed | closed[row.id]).bit_count()
                for all_closed, closed in zip(everybody[who], self.closed, strict=True)
            )
            figure = figures.setdefault((row.path, who[0]), Coverage(row.path, who[0]))
            figure.add(before=before, after=after)
            if before != after:
                changed.append(ChangedCustomer(row.id, before, after))
        return [figures[where] for where in sorted(figures)], changed

    def _customers(self) -> Iterator[Any]:
        tiers = {tier for tier, *_ in self.concerned}
        served = Customer.status.in_((Status.ACTIVE, Status.SUSPENDED))
        statement = sa.select(Customer.id, Customer.tier, Team.path).join(
            Team, Team.id == Customer.team_id
        )
        statement = statement.where(served, Customer.tier.in_(tiers)).order_by(Customer.id)
        yield from db.session.execute(statement)

    def _closed_for_all(self, who: Audience) -> tuple[int, int]:
        before, after = (
            self._closed_by(standing[who], frame)
            for standing, frame in zip(self.sides, self.frames, strict=True)
        )
        return before, after

    def _closed_by(self, rules: frozenset[Rule], frame: PolicyFrame) -> int:
        """Return the days that are closed whatever contacts there are."""
        closed = 0
        for rule in filter(self._blocks, rules):
            if rule.is_cap:
                closed |= 0 if statements.allowed_by(rule) else ALL_DAYS
            elif applies(rule, self._plan()):
                closed |= sum(
                    1 << n for n, noon in enumerate(self.noons) if _shut(rule, frame, noon)
                )
        return closed

    def _plan(self) -> Plan:
        wanted = self.comparison
        return Plan(
            customer_id="",
            channel=wanted.channel,
            category=wanted.category,
            at=wanted.ahead_from,
        )


def _noons(comparison: Comparison) -> list[tuple[int, int]]:
    """Return the next 30 noons, each with its local day."""
    zone, at = comparison.before.zone, moments.micros(comparison.ahead_from)
    today = moments.local_day(at, zone)
    first = today if moments.clock_time(today, NOON, zone) >= at else today + 1
    return [(day, moments.clock_time(day, NOON, zone)) for day in range(first, first + DAYS)]


def _value(rule: Rule, day: int, noon: int) -> int:
    """Return where a noon stands, as a rule measures it."""
    if rule.kind is RuleKind.ROLLING_DAYS:
        return day
    if rule.kind is RuleKind.CALENDAR:
        return statements.bucket_of(rule, day)
    return noon


def _shut(rule: Rule, frame: PolicyFrame, noon: tuple[int, int]) -> bool:
    hours = open_hours(rule, frame, noon[0])
    return hours is None or not hours[0] <= noon[1] < hours[1]
