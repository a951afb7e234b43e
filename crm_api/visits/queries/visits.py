"""Visits as they stand; whose visit it is follows from whose customer it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from crm_api.contact_frequency.models import Overrun, Slot, SlotSubject, StoredDecision
from crm_api.contact_frequency.models.slots import TO_REPLAN
from crm_api.contact_history import queries as contact_history
from crm_api.contact_history.models import Contact
from crm_api.customers import queries as customers
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, PageRequest, fetch_page
from crm_api.visits.models import (
    Visit,
    VisitColleague,
    VisitNote,
    VisitObjective,
    VisitPerson,
    VisitStep,
)
from crm_api.visits.policies.check_in import Position
from crm_api.visits.policies.progress import UNCLOSED, UNCLOSED_STATE
from crm_api.visits.queries.access import is_seen, limit_to, limit_visits
from crm_api.visits.queries.whole import find_whole
from crm_api.visits.terms import Step, VisitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor

P = TypeVar("P", VisitObjective, VisitPerson)
WARNED_OF = ("code", "policy_key", "strength")


def get_visit(visit_id: str, *, visible_to: Actor, for_change: bool = False) -> Visit:
    """Return a visit with all that belongs to it; for a change, as it is now, locked.

    :raises NotFound: if there is none, or none that the actor may see
    """
    seen = limit_to(_visit(visit_id), Visit, visible_to=visible_to)
    return _required(find_whole(seen, visit_id, for_change=for_change))


def get_seen_visit(visit_id: str, *, visible_to: Actor, for_change: bool = False) -> Visit:
    """Return a visit likewise, also to a colleague who goes along, whoever's customer it is.

    :raises NotFound: if there is none, or none that the actor may see or goes along on
    """
    seen = _visit(visit_id).where(is_seen(visible_to=visible_to))
    return _required(find_whole(seen, visit_id, for_change=for_change))


def get_visit_alone(visit_id: str, *, visible_to: Actor) -> Visit:
    """Return a visit without what belongs to it.

    :raises NotFound: if there is none, or none that the actor may see
    """
    seen = limit_to(_visit(visit_id), Visit, visible_to=visible_to)
    return _required(db.session.execute(seen).scalar_one_or_none())


def _visit(visit_id: str) -> sa.Select[Any]:
    return sa.select(Visit).where(Visit.id == visit_id)


def _required(visit: Visit | None) -> Visit:
    if visit is None:
        raise NotFound("visit")
    return visit


def find_taken(visit_id: str) -> Visit | None:
    """Return whatever visit has this id, seen or not, to tell a repeat from a clash."""
    return find_whole(_visit(visit_id), visit_id)


def find_customer(visit_id: str) -> str | None:
    """Return whose visit has this id, seen or not, if there is one."""
    return db.session.scalar(sa.select(Visit.customer_id).where(Visit.id == visit_id))


def customers_met(visit_id: str, *, visible_to: Actor) -> set[str]:
    """Return whom a visit meets; nobody, where the actor may not see it."""
    columns: tuple[Any, ...] = (Visit.customer_id, VisitPerson.customer_id)
    wanted = sa.select(*columns)
    wanted = wanted.outerjoin(VisitPerson, VisitPerson.visit_id == Visit.id)
    seen = limit_to(wanted.where(Visit.id == visit_id), Visit, visible_to=visible_to)
    return {one for row in db.session.execute(seen) for one in row if one is not None}


def are_objectives_taken(objective_ids: Sequence[str]) -> bool:
    """Tell whether one of these ids belongs to an objective already, or comes twice."""
    taken = sa.exists().where(VisitObjective.id.in_(objective_ids))
    comes_twice = len(set(objective_ids)) < len(objective_ids)
    return comes_twice or bool(objective_ids and db.session.scalar(sa.select(taken)))


def visits(*, visible_to: Actor, page: PageRequest, now: datetime, **wanted: Any) -> Page:
    """Return visits in the order of their time."""
    statement = sa.select(Visit).options(selectinload(Visit.objectives), selectinload(Visit.slot))
    seen = limit_visits(statement, visible_to=visible_to).where(*_conditions(now, **wanted))
    return fetch_page(seen, by=(Visit.starts_at, Visit.id), page=page)


def _conditions(
    now: datetime,
    *,
    starting_from: datetime | None,
    starting_before: datetime | None,
    state: str | None,
    colleague_id: str | None,
    needs_new_plan: bool | None,
    is_brief_acknowledged: bool | None,
    **equal: Any,
) -> Iterator[sa.ColumnElement[bool]]:
    if starting_from:
        yield Visit.starts_at >= starting_from
    if starting_before:
        yield Visit.starts_at < starting_before
    if state:
        unclosed = state == UNCLOSED_STATE
        yield is_unclosed(now) if unclosed else Visit.status == VisitStatus(state)
    if colleague_id:
        along = sa.select(VisitColleague.visit_id).where(VisitColleague.staff_id == colleague_id)
        yield Visit.id.in_(along)
    marked = Visit.slot_id.in_(sa.select(Slot.id).where(TO_REPLAN))
    came_at = sa.func.coalesce(Visit.checked_in_at, Visit.brief_acknowledged_at)
    yield from _flagged(marked, wanted=needs_new_plan)
    yield from _flagged(Visit.brief_acknowledged_at <= came_at, wanted=is_brief_acknowledged)
    yield from (getattr(Visit, name) == value for name, value in equal.items() if value is not None)


def _flagged(
    flag: sa.ColumnElement[bool], *, wanted: bool | None
) -> Iterator[sa.ColumnElement[bool]]:
    """Want a flag set or not; where nobody can tell, it is not."""
    if wanted is not None:
        yield flag if wanted else sa.not_(sa.func.coalesce(flag, sa.false()))


def is_unclosed(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition for visits whose time is over and that nobody closed."""
    return sa.and_(Visit.status.in_(UNCLOSED), Visit.ends_at <= now)


def unclosed_visits(*, now: datetime) -> Iterator[Visit]:
    """Yield every visit that nobody closed, owner by owner, oldest first, in bounded memory."""
    statement = sa.select(Visit).where(is_unclosed(now))
    ordered = statement.order_by(Visit.owner_id, Visit.starts_at, Visit.id)
    yield from db.session.scalars(ordered.execution_options(yield_per=200))


def notes(visit_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return what was noted during a visit, oldest first."""
    get_seen_visit(visit_id, visible_to=visible_to)
    statement = sa.select(VisitNote).where(VisitNote.visit_id == visit_id)
    return fetch_page(statement, by=(VisitNote.created_at, VisitNote.id), page=page)


def get_part(model: type[P], part_id: str, *, visible_to: Actor) -> P:
    """Return an objective or a person of a visit.

    :raises NotFound: if there is none, or none that the actor may see
    """
    wanted = sa.select(model).join(Visit, Visit.id == model.visit_id).where(model.id == part_id)
    part: P | None = db.session.execute(
        limit_to(wanted, Visit, visible_to=visible_to)
    ).scalar_one_or_none()
    if part is None:
        raise NotFound("part of a visit")
    return part


def find_note(note_id: str | None) -> VisitNote | None:
    """Return the note with this id, to tell a repeat from a clash."""
    return None if note_id is None else db.session.get(VisitNote, note_id)


def find_last_digest(visit_id: str, step: Step) -> str | None:
    """Return the digest of what was last sent for this step."""
    statement = sa.select(VisitStep.digest).where(
        VisitStep.visit_id == visit_id, VisitStep.step == step
    )
    newest = statement.order_by(VisitStep.created_at.desc(), VisitStep.id.desc()).limit(1)
    return db.session.scalars(newest).one_or_none()


def find_position_before(
    staff_id: str, *, visit_id: str, at: datetime
) -> tuple[Position, datetime] | None:
    """Return where and when somebody was last seen at another visit, as far as still kept."""
    own = sa.select(Visit.latitude, Visit.longitude, Visit.checked_in_at.label("seen_at")).where(
        Visit.owner_id == staff_id, Visit.id != visit_id
    )
    along = sa.select(
        VisitColleague.latitude, VisitColleague.longitude, VisitColleague.arrived_at
    ).where(VisitColleague.staff_id == staff_id, VisitColleague.visit_id != visit_id)
    seen = sa.union_all(own, along).subquery()
    newest = (
        sa.select(seen)
        .where(seen.c.seen_at <= at, seen.c.latitude.is_not(None))
        .order_by(seen.c.seen_at.desc())
        .limit(1)
    )
    row = db.session.execute(newest).one_or_none()
    return None if row is None else (Position(row.latitude, row.longitude), row.seen_at)


def find_standing_contact(visit: Visit) -> Contact | None:
    """Return the entry of the history that tells of a visit now, if it still stands."""
    entries = sa.select(Contact).where(
        Contact.customer_id.in_(customers.all_ids_of(visit.customer_id)),
        Contact.slot_id == visit.slot_id,
    )
    return db.session.scalars(entries.where(contact_history.stands())).one_or_none()


def customers_touched(slot_id: str | None) -> set[str]:
    """Return the customers for whom a slot counts."""
    touched = sa.select(SlotSubject.subject_id).where(SlotSubject.slot_id == slot_id)
    return set(db.session.scalars(touched))


def overruns_of(slot_id: str) -> list[dict[str, Any]]:
    """Return the policies that a visit made goes beyond, as the ledger has them."""
    beyond = sa.select(Overrun).where(Overrun.slot_id == slot_id)
    return [
        {"code": one.code, "policy_key": one.policy_key, "strength": one.strength.value}
        for one in db.session.scalars(beyond.order_by(Overrun.created_at, Overrun.id))
    ]


def reasons_of(decision_id: str | None) -> list[dict[str, Any]]:
    """Return what spoke against a plan that the governor allowed all the same."""
    return reasons_in(db.session.get_one(StoredDecision, decision_id).document)


def reasons_in(trace: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a decision's trace says against a plan, as a visit keeps it."""
    return [{name: one[name] for name in WARNED_OF} for one in trace["reasons"]]
