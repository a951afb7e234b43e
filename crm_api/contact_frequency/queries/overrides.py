"""Overrides: whom they concern, who may decide on them, and which are open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import with_expression

from crm_api.accounts.models import Staff, Standing
from crm_api.contact_frequency.models import Override
from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.facts import OverrideFact
from crm_api.contact_frequency.terms import OverrideState
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.sql.base import ExecutableOption

    from crm_api.accounts.actors import Actor
    from crm_api.accounts.models import Role
    from crm_api.contact_frequency.models import StoredDecision
    from crm_api.kit.paging import PageRequest

OPEN = (OverrideState.ASKED, OverrideState.APPROVED)


def _visible(visible_to: Actor) -> sa.Select[Override]:
    statement = sa.select(Override).join(Customer, Customer.id == Override.customer_id)
    return customers.limit_to(statement, visible_to=visible_to)


def show_override(override_id: str, *, visible_to: Actor, now: datetime) -> Override:
    """Return an override with where it stands now.

    :raises NotFound: if there is none, or the actor may not see its customer
    """
    return _get(override_id, _visible(visible_to).options(_standing(now)))


def get_override(override_id: str, *, visible_to: Actor) -> Override:
    """Return an override as it is stored.

    :raises NotFound: if there is none, or the actor may not see its customer
    """
    return _get(override_id, _visible(visible_to))


def _get(override_id: str, statement: sa.Select[Override]) -> Override:
    wanted = statement.where(Override.id == override_id)
    override = db.session.scalar(wanted.execution_options(populate_existing=True))
    if override is None:
        raise NotFound("override")
    return override


def list_overrides(
    *,
    customer_id: str | None,
    state: OverrideState | None,
    is_mine: bool,
    is_to_approve: bool,
    visible_to: Actor,
    now: datetime,
    page: PageRequest,
) -> Page:
    """Return overrides, the newest first: what I asked for, or what waits for me to decide."""
    statement = _visible(visible_to).options(_standing(now))
    if customer_id is not None:
        statement = statement.where(Override.customer_id == customer_id)
    if state is not None:
        statement = statement.where(_stands(state, now=now))
    if is_mine:
        statement = statement.where(Override.asked_by_id == visible_to.id)
    if is_to_approve:
        statement = statement.where(*_waits_for(visible_to, now=now))
    by = [Override.created_at, Override.id]
    return fetch_page(statement, by=by, page=page, descending=True)


def _standing(now: datetime) -> ExecutableOption:
    has_lapsed = (_stands(OverrideState.LAPSED, now=now), OverrideState.LAPSED)
    return with_expression(Override.standing, sa.case(has_lapsed, else_=Override.state))


def _stands(state: OverrideState, *, now: datetime) -> sa.ColumnElement[bool]:
    if state is OverrideState.LAPSED:
        return sa.and_(Override.state.in_(OPEN), Override.lapses_at <= now)
    is_in_time = Override.lapses_at > now if state in OPEN else sa.true()
    return sa.and_(Override.state == state, is_in_time)


def _waits_for(actor: Actor, *, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _stands(OverrideState.ASKED, now=now),
        Override.asked_by_id != actor.id,
        sa.cast(Override.overridable_by, sa.Text).contains(f'"{actor.role}"', autoescape=True),
    )


def find_open(decision: StoredDecision, *, now: datetime) -> Override | None:
    """Return the override of the same contact that is asked for or approved, and not lapsed."""
    statement = sa.select(Override).where(
        Override.customer_id == decision.customer_id,
        Override.channel == decision.channel,
        Override.category == decision.category,
        Override.at == decision.asked_at,
        Override.moves_slot_id.is_not_distinct_from(decision.slot_id),
        Override.state.in_(OPEN),
        Override.lapses_at > now,
    )
    return db.session.scalar(statement.limit(1))


def find_approver_role(override: Override) -> Role | None:
    """Return the role of who approved it, if they are still with us; held until we are done."""
    approver = sa.select(Staff.role).where(
        Staff.id == override.approved_by_id, Staff.status == Standing.ACTIVE
    )
    return db.session.scalar(approver.with_for_update(read=True))


def last_approvals(staff_id: str, *, since: datetime, most: int) -> Sequence[datetime]:
    """Return when somebody last approved overrides, the newest first."""
    statement = (
        sa.select(Override.approved_at)
        .where(Override.approved_by_id == staff_id, Override.approved_at > since)
        .order_by(Override.approved_at.desc())
        .limit(most)
    )
    return [at for at in db.session.scalars(statement) if at is not None]


def override_facts(slots: Iterable[Any]) -> dict[str, OverrideFact]:
    """Return the overrides under which slots stand, by slot. Few do: mostly nothing is read."""
    wanted = {slot.override_id: slot.id for slot in slots if slot.override_id is not None}
    if not wanted:
        return {}
    found = db.session.scalars(sa.select(Override).where(Override.id.in_(sorted(wanted))))
    return {wanted[override.id]: fact_of(override) for override in found}


def fact_of(override: Override) -> OverrideFact:
    """Return what a decision rests on of an approved override."""
    return OverrideFact(
        id=override.id,
        asked_by=override.asked_by_id,
        approved_by=override.approved_by_id or "",
        role=override.approver_role or "",
        waives=tuple((name, whom) for name, whom in override.waives),
        first=moments.micros(override.first_at),
        last=moments.micros(override.last_at),
    )
