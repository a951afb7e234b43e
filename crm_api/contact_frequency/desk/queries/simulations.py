"""What simulations showed: each sees the part that is theirs to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.contact_frequency.desk.models import (
    PolicyDraft,
    PolicySimulation,
    SimulatedContact,
    SimulatedCustomer,
)
from crm_api.contact_frequency.desk.queries import drafts
from crm_api.contact_frequency.desk.terms import Effect
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.customers.terms import Tier
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import PageRequest

FIGURES = (
    "customers",
    "reachable_before",
    "reachable_after",
    "free_days_before",
    "free_days_after",
)


def find_newest(draft_id: str) -> PolicySimulation | None:
    """Return the newest simulation of a draft, if it was ever simulated."""
    statement = sa.select(PolicySimulation).where(PolicySimulation.draft_id == draft_id)
    by = (PolicySimulation.created_at.desc(), PolicySimulation.id.desc())
    return db.session.scalar(statement.order_by(*by).limit(1))


def lock_draft(draft_id: str) -> None:
    """Keep others from storing a simulation of this draft at the same time."""
    statement = sa.select(PolicyDraft.id).where(PolicyDraft.id == draft_id)
    db.session.execute(statement.with_for_update(key_share=True))


def _get_newest(draft_id: str, *, visible_to: Actor) -> tuple[PolicyDraft, PolicySimulation]:
    draft = drafts.get_draft(draft_id, visible_to=visible_to)
    simulation = find_newest(draft.id)
    if simulation is None:
        raise NotFound("simulation")
    return draft, simulation


def show_simulation(draft_id: str, *, visible_to: Actor) -> dict[str, Any]:
    """Return a draft's newest simulation, counted over the customers whom the actor may see.

    :raises NotFound: if there is no such draft or simulation, or none that the actor may see
    """
    draft, simulation = _get_newest(draft_id, visible_to=visible_to)
    return {
        **{c.key: getattr(simulation, c.key) for c in PolicySimulation.__table__.columns},
        "is_current": simulation.content_digest == drafts.content_digest(draft),
        "refused": _counted(simulation.id, Effect.REFUSED, visible_to=visible_to),
        "fallen": _counted(simulation.id, Effect.FALLEN, visible_to=visible_to),
        "coverage": _coverage(simulation, visible_to=visible_to),
    }


def _contacts(columns: tuple[Any, ...], *, visible_to: Actor) -> sa.Select[Any]:
    statement = sa.select(*columns).join(Customer, Customer.id == SimulatedContact.customer_id)
    return customers.limit_to(statement, visible_to=visible_to)


def _counted(simulation_id: str, effect: Effect, *, visible_to: Actor) -> dict[str, Any]:
    by = (SimulatedContact.tier, SimulatedContact.channel, SimulatedContact.category)
    of_this = (SimulatedContact.simulation_id == simulation_id, SimulatedContact.effect == effect)
    grouped = _contacts((*by, sa.func.count().label("contacts")), visible_to=visible_to)
    rows = db.session.execute(grouped.where(*of_this).group_by(*by).order_by(*by)).mappings()
    whose = sa.func.count(sa.distinct(SimulatedContact.customer_id))
    groups = [dict(row) for row in rows]
    return {
        "contacts": sum(group["contacts"] for group in groups),
        "customers": db.session.scalar(_contacts((whose,), visible_to=visible_to).where(*of_this)),
        "groups": groups,
    }


def _coverage(simulation: PolicySimulation, *, visible_to: Actor) -> dict[str, Any]:
    is_limited = visible_to.role is Role.MANAGER
    seen = [
        figures
        for figures in simulation.coverage
        if not is_limited or figures["team_path"].startswith(visible_to.team_path)
    ]
    by_tier: dict[str, dict[str, Any]] = {}
    for figures in seen:
        total = by_tier.setdefault(figures["tier"], dict.fromkeys(FIGURES, 0))
        for name in FIGURES:
            total[name] += figures[name]
    changed = _changed((sa.func.count(),), simulation.id, visible_to=visible_to)
    return {
        **{name: sum(total[name] for total in by_tier.values()) for name in FIGURES},
        "changed_customers": db.session.scalar(changed),
        "tiers": [{"tier": tier, **by_tier[tier]} for tier in Tier if tier in by_tier],
    }


def _changed(columns: tuple[Any, ...], simulation_id: str, *, visible_to: Actor) -> Any:
    statement = sa.select(*columns).select_from(SimulatedCustomer)
    statement = statement.join(Customer, Customer.id == SimulatedCustomer.customer_id)
    statement = statement.where(SimulatedCustomer.simulation_id == simulation_id)
    return customers.limit_to(statement, visible_to=visible_to)


def list_contacts(draft_id: str, *, visible_to: Actor, page: PageRequest, **narrower: Any) -> Page:
    """Return the contacts that the newest simulation counted, the earliest first.

    :raises NotFound: if there is no such draft or simulation, or none that the actor may see
    """
    _, simulation = _get_newest(draft_id, visible_to=visible_to)
    statement = _contacts((SimulatedContact,), visible_to=visible_to)
    statement = statement.where(SimulatedContact.simulation_id == simulation.id)
    for name, value in narrower.items():
        if value is not None:
            statement = statement.where(getattr(SimulatedContact, name) == value)
    return fetch_page(statement, by=[SimulatedContact.at, SimulatedContact.slot_id], page=page)


def list_customers(draft_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return the customers whose free days change, by id.

    :raises NotFound: if there is no such draft or simulation, or none that the actor may see
    """
    _, simulation = _get_newest(draft_id, visible_to=visible_to)
    statement = _changed((SimulatedCustomer,), simulation.id, visible_to=visible_to)
    return fetch_page(statement, by=[SimulatedCustomer.customer_id], page=page)
