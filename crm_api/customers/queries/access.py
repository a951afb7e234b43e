"""Whose customer it is: what the actor may not see does not exist."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.accounts.actors import Actor
from crm_api.accounts.models import Role, Staff, Standing
from crm_api.customers import locks
from crm_api.customers.errors import CustomerMerged
from crm_api.customers.models import Customer
from crm_api.customers.policies.masking import MASK
from crm_api.customers.terms import Kind, Status
from crm_api.kit import runs
from crm_api.kit.bulk import is_among
from crm_api.kit.bundles import among, as_parameter
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.straight import StraightRead

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

S = TypeVar("S", bound=sa.Select[Any])
_CUSTOMERS = Customer.__table__.c
# Not merged into another: whoever counts or changes customers means these only.
IS_ITSELF = Customer.merged_into_id.is_(None)


def get_customer(customer_id: str, *, visible_to: Actor) -> Customer:
    """Return a customer.

    :raises NotFound: if there is none, or none that the actor may see
    :raises CustomerMerged: if it went on as part of another
    """
    find = partial(_find, customer_id, visible_to=visible_to)
    customer: Customer | None = runs.recall((visible_to, customer_id), find)
    if customer is None:
        raise NotFound("customer")
    if customer.merged_into_id is not None:
        raise CustomerMerged(customer_id=customer_id, merged_into_id=customer.merged_into_id)
    return customer


def _find(customer_id: str, *, visible_to: Actor) -> Customer | None:
    statement = sa.select(Customer).where(Customer.id == customer_id)
    return db.session.scalars(limit_to(statement, visible_to=visible_to)).one_or_none()


def read_ahead(customer_ids: Collection[str], *, visible_to: Actor) -> None:
    """Read, for a run, those of these customers whom the actor may see. All of them are locked."""
    statement = sa.select(Customer).where(is_among(Customer.id, customer_ids))
    for customer in db.session.scalars(limit_to(statement, visible_to=visible_to)):
        runs.note((visible_to, customer.id), customer)


def all_ids_of(customer_id: Any) -> sa.Select[str]:
    """Select a customer's id and those of all that was merged into it.

    For what never moves: it keeps the id of whom it happened to, and is read with the others.
    """
    all_of_it = Customer.__table__.alias("all_of_it").c
    return sa.select(all_of_it.id).where(
        sa.or_(all_of_it.id == customer_id, all_of_it.merged_into_id == customer_id)
    )


def ids_of(customer_id: str) -> list[str]:
    """Return these ids, for a read that an index serves in order where there is only one."""
    return list(db.session.scalars(all_ids_of(customer_id))) or [customer_id]


def span_of(customer_id: str, *, visible_to: Actor) -> list[str]:
    """Return the ids under which a customer whom the actor may see is read, in one statement.

    :raises NotFound: if there is no such customer, or none that the actor may see
    :raises CustomerMerged: if it went on as part of another
    """
    found = dict(map(tuple, _SPAN.rows(visible_to=visible_to, customer_id=customer_id)))
    if customer_id not in found:
        raise NotFound("customer")
    if found[customer_id] is not None:
        raise CustomerMerged(customer_id=customer_id, merged_into_id=found[customer_id])
    return sorted(found)


def successor_of(customer_id: str) -> str:
    """Return under which id a customer goes on: its own, unless it was merged."""
    statement = sa.select(Customer.merged_into_id).where(Customer.id == customer_id)
    return db.session.scalar(statement) or customer_id


def require_visible(customer_ids: Collection[str], *, visible_to: Actor) -> None:
    """Make sure that the actor may see all of these customers, in one statement.

    :raises NotFound: if there is none of one of the ids, or none that the actor may see
    :raises CustomerMerged: if one of them went on as part of another
    """
    wanted = set(customer_ids)
    read = partial(_visible, visible_to=visible_to)
    is_held = locks.are_held(wanted)
    found = runs.read_once(("visible", visible_to), wanted, read) if is_held else read(wanted)
    if len(found) < len(wanted):
        raise NotFound("customer")
    for customer_id, (_id, merged_into_id) in found.items():
        if merged_into_id is not None:
            raise CustomerMerged(customer_id=customer_id, merged_into_id=merged_into_id)


def _visible(customer_ids: Collection[str], *, visible_to: Actor) -> dict[str, Any]:
    rows = _VISIBLE.rows(visible_to=visible_to, customer_ids=as_parameter(customer_ids))
    return {row[0]: row for row in rows}


def limit_to(statement: S, *, visible_to: Actor, even_erased: bool = False) -> S:
    """Limit a select over customers to those whom the actor may see.

    An account manager sees the own portfolio and those covered for absent colleagues, a manager
    the team's subtree, others all; nobody sees who was erased, but in what counts contacts.
    """
    if not even_erased:
        statement = statement.where(Customer.erased_at.is_(None))
    if visible_to.role is Role.ACCOUNT_MANAGER:
        return statement.where(_is_owned_by(visible_to))
    if visible_to.role is Role.MANAGER:
        teams = accounts.subtree_team_ids(visible_to.team_path)
        return statement.where(Customer.team_id.in_(teams))
    return statement


def _is_owned_by(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.covers:
        return Customer.owner_id.in_(actor.portfolios)
    return Customer.owner_id == actor.id


_WHOEVER = Actor(
    id=cast("str", sa.bindparam("actor_id", type_=sa.String())),
    name="",
    role=Role.ACCOUNT_MANAGER,
    team_id="",
    team_path="",
)


class SeenBy:
    """A straight read limited to the customers whom an actor may see.

    Account managers ask the same but for who they are: it is compiled once for all of them. For
    others it is once for each, because whom they may see follows from who they are.
    """

    def __init__(self, limited: Callable[[Actor], sa.Select[*tuple[Any, ...]]]) -> None:
        self._owners = StraightRead(limited(_WHOEVER))
        self._others = lru_cache(maxsize=1024)(lambda actor: StraightRead(limited(actor)))

    def rows(self, *, visible_to: Actor, **asked: str | int | datetime) -> list[Sequence[Any]]:
        """Run it for an actor, as `StraightRead.rows` does."""
        if visible_to.role is Role.ACCOUNT_MANAGER and not visible_to.covers:
            return self._owners.rows(actor_id=visible_to.id, **asked)
        return self._others(visible_to).rows(**asked)


_WANTED: sa.BindParameter[str] = sa.bindparam("customer_id", type_=sa.String())
_IDS = sa.select(_CUSTOMERS.id, _CUSTOMERS.merged_into_id)
# What was merged is seen by who sees its survivor.
_ALL_OF_IT = _IDS.where(sa.or_(_CUSTOMERS.id == _WANTED, _CUSTOMERS.merged_into_id == _WANTED))
_SPAN = SeenBy(lambda actor: limit_to(_ALL_OF_IT, visible_to=actor))
_THESE = _IDS.where(among(_CUSTOMERS.id, "customer_ids"))
_VISIBLE = SeenBy(lambda actor: limit_to(_THESE, visible_to=actor))


def shown_name(*, visible_to: Actor) -> sa.ColumnElement[str]:
    """Return the column that lists show for a customer's name.

    An account manager must recognise the customers; whoever merely oversees them reads a person's
    whole name one profile at a time. An organisation's name is nobody's secret.
    """
    if visible_to.role is Role.ACCOUNT_MANAGER:
        return _CUSTOMERS.name
    masked = sa.func.substr(_CUSTOMERS.name, 1, 1).concat(MASK)
    return sa.case((_CUSTOMERS.kind == Kind.GROUP, _CUSTOMERS.name), else_=masked)


def find_with_account(account_no: str) -> str | None:
    """Return the id of whoever has this account number, seen or not: for telling it is taken."""
    return db.session.scalar(sa.select(Customer.id).where(Customer.account_no == account_no))


def find_owner(staff_id: str, *, visible_to: Actor) -> Staff | None:
    """Return an account manager at work to whom the actor may give customers.

    Held until the transaction ends, so that nobody leaves while customers are given to them.
    """
    statement = sa.select(Staff).where(
        Staff.id == staff_id,
        Staff.role == Role.ACCOUNT_MANAGER,
        Staff.status == Standing.ACTIVE,
    )
    if visible_to.role is not Role.ADMIN:
        teams = accounts.subtree_team_ids(visible_to.team_path)
        statement = statement.where(Staff.team_id.in_(teams))
    return db.session.scalars(accounts.holding(statement)).one_or_none()


def count_portfolio(staff_id: str) -> int:
    """Return how many customers somebody still answers for: all but the closed, dead and erased."""
    served = Customer.status.in_((Status.ACTIVE, Status.SUSPENDED))
    owned = sa.select(sa.func.count()).where(Customer.owner_id == staff_id, served)
    return db.session.scalar(owned.where(Customer.erased_at.is_(None))) or 0
