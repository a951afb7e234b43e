"""How a visit takes a step: locked, in order, once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from crm_api.customers import queries as customers
from crm_api.customers.locks import lock_subjects
from crm_api.kit.db import db
from crm_api.kit.versions import require_version
from crm_api.visits import queries
from crm_api.visits.errors import StepTakenOtherwise
from crm_api.visits.models import VisitStep
from crm_api.visits.policies import progress

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.visits.models import Visit
    from crm_api.visits.terms import Step


def hold_visit(visit_id: str, *, by: Actor, also: Iterable[str] = ()) -> Visit:
    """Return a visit with its subjects, other customers and itself locked, as it is now.

    All subjects at once and before the row, as everywhere in the house.

    :raises NotFound: if the actor may not see it
    """
    lock_customers([*queries.customers_met(visit_id, visible_to=by), *also])
    return queries.get_visit(visit_id, visible_to=by, for_change=True)


def lock_customers(customer_ids: Iterable[str]) -> None:
    """Lock customers, everybody who is the same person, and the groups whom they speak for."""
    met = set(customer_ids)
    together = met | set(queries.groups_of(met))
    persons = customers.same_person_ids(together)
    lock_subjects(customer_ids={one for ids in persons.values() for one in ids})


def take_step(
    visit: Visit,
    step: Step,
    content: dict[str, Any],
    *,
    by: Actor,
    now: datetime,
    expected: int | None,
) -> bool:
    """Note that a visit takes a step; tell whether it is new, and no repeat.

    A repeat is answered even when its sender read an older version: the first answer was lost.

    :raises VisitOutOfOrder: if the visit cannot take it from where it stands
    :raises StepTakenOtherwise: if it took it with other content
    :raises StaleVersion: if the sender named a version, and it is not the current one
    """
    if not progress.may_follow(step, visit.status):
        _require_repeat(visit, step, digest_of(content))
        return False
    if expected is not None:
        require_version(visit, expected=expected, wanted=content)
    note_step(visit, step, content, by=by, now=now)
    return True


def note_step(
    visit: Visit, step: Step, content: dict[str, Any], *, by: Actor, now: datetime
) -> None:
    """Keep by whom a step was taken, and the digest by which a repeat is known."""
    digest = digest_of(content)
    db.session.add(
        VisitStep(visit_id=visit.id, step=step, digest=digest, by_id=by.id, created_at=now)
    )


def digest_of(content: dict[str, Any]) -> str:
    """Return the digest by which a repeat is known."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _require_repeat(visit: Visit, step: Step, digest: str) -> None:
    known = queries.find_last_digest(visit.id, step)
    if known is None:
        progress.require_order(step, visit.status)
    if known != digest:
        raise StepTakenOtherwise(step=step, status=visit.status)
