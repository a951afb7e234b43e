"""What the floors above decide by, read for many customers at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Team
from crm_api.customers import locks
from crm_api.customers.models import Customer, DoNotDisturbWish
from crm_api.customers.terms import Category, Channel
from crm_api.customers.values import GovernedFacts, Reach, Wish
from crm_api.kit import runs
from crm_api.kit.bundles import Bundle, among

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from crm_api.kit.bundles import Rows

_ASKED, _ALL = Customer.__table__.alias("asked").c, Customer.__table__.alias("all_of_them").c
REACH = {
    "numbers": sa.select(_ASKED.id, _ASKED.phone, _ASKED.merged_into_id).where(
        among(_ASKED.id, "customer_ids")
    ),
    "members": sa.select(_ASKED.id, _ALL.id)
    .where(_ALL.person_id == _ASKED.person_id)
    # Few are linked: SQLite, told that most have none, would compare everybody with each of these.
    .where(_ASKED.person_id.is_not(None), _ALL.person_id.is_not(None))
    .where(among(_ASKED.id, "customer_ids")),
}
_REACH = Bundle(**REACH)

_CUSTOMERS, _WISHES = Customer.__table__.c, DoNotDisturbWish.__table__.c
_CORE = (  # in the order of `GovernedFacts`
    _CUSTOMERS.id,
    _CUSTOMERS.kind,
    _CUSTOMERS.tier,
    _CUSTOMERS.status,
    _CUSTOMERS.team_id,
    Team.path,
    _CUSTOMERS.owner_id,
    _CUSTOMERS.birth_on,
    _CUSTOMERS.has_guardian_consent,
    _CUSTOMERS.phone,
)
GOVERNED = {
    "customers": sa.select(*_CORE)
    .join(Team, Team.id == _CUSTOMERS.team_id)
    .where(among(_CUSTOMERS.id, "customer_ids")),
    "wishes": sa.select(
        _WISHES.customer_id,
        _WISHES.id,
        _WISHES.channels,
        _WISHES.categories,
        _WISHES.quiet_from,
        _WISHES.quiet_until,
        _WISHES.ends_on,
    ).where(among(_WISHES.customer_id, "customer_ids"), _WISHES.lifted_at.is_(None)),
}
_GOVERNED = Bundle(**GOVERNED)


def reach_of(customer_ids: Iterable[str]) -> dict[str, Reach]:
    """Return the number of each customer, and the sorted ids of all who are that person.

    Read it again once the subjects are locked: either may have changed in between.
    """
    wanted = sorted(set(customer_ids))
    return runs.read_once("reach", wanted, _reach) if locks.are_held(wanted) else _reach(wanted)


def _reach(customer_ids: Collection[str]) -> dict[str, Reach]:
    return reach_from(_REACH.read(customer_ids=customer_ids))


def reach_from(rows: Mapping[str, Rows]) -> dict[str, Reach]:
    """Return what the selects of `REACH` gave."""
    together: dict[str, list[str]] = {}
    for customer_id, member_id in rows["members"]:
        together.setdefault(customer_id, []).append(member_id)
    return {
        customer_id: Reach(
            phone,
            tuple(sorted(together[customer_id])) if customer_id in together else (customer_id,),
            merged_into_id,
        )
        for customer_id, phone, merged_into_id in rows["numbers"]
    }


def same_person_ids(customer_ids: Iterable[str]) -> dict[str, list[str]]:
    """Return, for each customer, the sorted ids of all who are that person, itself included."""
    wanted = list(customer_ids)
    reach = reach_of(wanted)
    return {c: list(reach[c].person_ids) if c in reach else [c] for c in wanted}


def governed_facts(customer_ids: Iterable[str]) -> dict[str, GovernedFacts]:
    """Return what the frequency governor needs, by customer; who does not exist is left out."""
    return governed_of(_GOVERNED.read(customer_ids=sorted(set(customer_ids))))


def governed_of(rows: Mapping[str, Rows]) -> dict[str, GovernedFacts]:
    """Return the facts that the selects of `GOVERNED` gave."""
    wishes: dict[str, list[Wish]] = {}
    for customer_id, *wish in sorted(rows["wishes"], key=lambda row: str(row[1])):
        wishes.setdefault(customer_id, []).append(_wish(wish))
    return {row[0]: _facts(row, tuple(wishes.get(row[0], ()))) for row in rows["customers"]}


def _facts(row: Sequence[Any], wishes: tuple[Wish, ...]) -> GovernedFacts:
    return GovernedFacts._make((*row, wishes))


def _wish(row: Sequence[Any]) -> Wish:
    wish_id, channels, categories, quiet_from, quiet_until, ends_on = row
    return Wish(
        id=wish_id,
        channels=None if channels is None else tuple(map(Channel, channels)),
        categories=None if categories is None else tuple(map(Category, categories)),
        quiet_from=quiet_from,
        quiet_until=quiet_until,
        ends_on=ends_on,
    )
