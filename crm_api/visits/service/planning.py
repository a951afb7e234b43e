"""Plan a visit: who, when, where, what for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.customers import queries as customers
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid
from crm_api.kit.ids import new_id
from crm_api.visits import queries
from crm_api.visits.models import Visit, VisitObjective, VisitPerson
from crm_api.visits.policies import progress
from crm_api.visits.service import bookings, colleagues, steps
from crm_api.visits.terms import Step, VisitStatus

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def plan_visit(content: dict[str, Any], *, by: Actor, now: datetime) -> Visit:
    """Plan a visit and reserve its slot; told twice with one id, it is one visit.

    An unannounced visit begins now and reserves nothing: its check-in is a fact.

    :raises NotFound: if the actor may not see the customer, or somebody to be met
    :raises IdTaken: if the id belongs to another visit
    :raises ContactBlocked: if the caps do not allow it, with the next free moment
    :raises OverrideDoesNotFit: if the override binds another contact
    :raises OverrideSettled: if nobody approved it, or it was used or taken back
    :raises OverrideLapsed: if its time is over
    :raises OverrideUnvouched: if who approved it has left, or may not any more
    """
    override_id = content.pop("override_id", None)
    persons = [p["customer_id"] for p in content["persons"] if p["customer_id"]]
    met = [content["customer_id"], *persons]
    queries.require_customers(met, visible_to=by)
    steps.lock_customers(met)
    return plan_locked(content, by=by, now=now, override_id=override_id)


def plan_locked(
    content: dict[str, Any], *, by: Actor, now: datetime, override_id: str | None = None
) -> Visit:
    """Plan a visit whose customers are locked already."""
    customer = customers.get_customer(content["customer_id"], visible_to=by)
    digest = steps.digest_of(content)
    if content["id"] and (known := queries.find_taken(content["id"])):
        return _repeat(known, digest=digest)
    _require_time(content, now=now)
    if queries.are_objectives_taken([o["id"] for o in content["objectives"] if o["id"]]):
        raise IdTaken
    owner_id = customer.owner_id or by.id
    visit = visit_from(content, owner_id=owner_id, by=by, now=now, digest=digest)
    agreed = content["confirmation"]
    if agreed:
        visit.confirm(**agreed, at=now)
    if not visit.is_unannounced:
        bookings.book(visit, at=visit.starts_at, by_id=by.id, override_id=override_id)
    db.session.add(visit)
    db.session.flush()
    if agreed:
        steps.note_step(visit, Step.CONFIRM, agreed, by=by, now=now)
    db.session.refresh(visit, ["slot"])
    return visit


def _repeat(known: Visit, *, digest: str) -> Visit:
    if known.plan_digest != digest:
        raise IdTaken
    return known


def _require_time(content: dict[str, Any], *, now: datetime) -> None:
    if not content["is_unannounced"]:
        progress.require_plannable(content["starts_at"], now=now, pointer="/starts_at")
    elif progress.is_too_far_ahead(content["starts_at"], now=now):
        raise Invalid("/starts_at", "An unannounced visit begins now; plan one that is to come.")


def visit_from(
    content: dict[str, Any], *, owner_id: str, by: Actor, now: datetime, digest: str
) -> Visit:
    """Return a visit with all that the plan names. It holds no slot yet."""
    plain = ("customer_id", "purpose", "category", "place", "starts_at", "ends_at", "tools")
    return Visit(
        id=content["id"] or new_id(),
        owner_id=owner_id,
        planned_by_id=by.id,
        status=VisitStatus.PLANNED,
        plan_digest=digest,
        place_latitude=content["place_latitude"],
        place_longitude=content["place_longitude"],
        is_unannounced=content["is_unannounced"],
        created_at=now,
        objectives=_objectives(content, now=now),
        persons=[
            VisitPerson(position=n, created_at=now, **person)
            for n, person in enumerate(content["persons"], 1)
        ],
        colleagues=colleagues.colleagues_of(
            content["colleague_ids"], owner_id=owner_id, by=by, now=now
        ),
        record=None,
        promises=[],
        follow_ups=[],
        offers=[],
        opportunities=[],
        **{name: content[name] for name in plain},
    )


def _objectives(content: dict[str, Any], *, now: datetime) -> list[VisitObjective]:
    return [
        VisitObjective(
            id=objective["id"] or new_id(), position=n, text=objective["text"], created_at=now
        )
        for n, objective in enumerate(content["objectives"], 1)
    ]
