"""Those of us who go along: named ahead, and there in person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.kit.db import db
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.ids import new_id
from crm_api.visits import queries
from crm_api.visits.errors import ColleagueWasThere, NotAlong, StepTakenOtherwise, VisitClosed
from crm_api.visits.models import VisitColleague
from crm_api.visits.policies.progress import UNCLOSED
from crm_api.visits.service import presence
from crm_api.visits.service.steps import digest_of, hold_visit
from crm_api.visits.terms import Step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.visits.models import Visit


def name_colleagues(
    visit_id: str, *, colleague_ids: Sequence[str], by: Actor, now: datetime
) -> Visit:
    """Say who goes along. Whoever checked in stays: that they were there is a fact.

    :raises NotFound: if the actor may not see the visit, or ask somebody of these along
    :raises VisitClosed: if the visit is over and done with
    :raises ColleagueWasThere: if somebody who checked in is left out
    """
    visit = hold_visit(visit_id, by=by)
    if visit.status not in UNCLOSED:
        raise VisitClosed
    wanted = set(colleague_ids)
    here = {c.staff_id for c in visit.colleagues}
    gone = [c for c in visit.colleagues if c.staff_id not in wanted]
    if there := sorted(c.staff_id for c in gone if c.arrived_at):
        raise ColleagueWasThere(colleague_ids=there)
    for colleague in gone:
        visit.colleagues.remove(colleague)
    visit.colleagues += colleagues_of(
        [c for c in colleague_ids if c not in here], owner_id=visit.owner_id, by=by, now=now
    )
    db.session.flush()
    return visit


def colleagues_of(
    colleague_ids: Sequence[str], *, owner_id: str, by: Actor, now: datetime
) -> list[VisitColleague]:
    """Return those who are to go along.

    :raises Invalid: if the visit's own owner is among them
    :raises NotFound: if one is nobody whom the actor may ask along
    """
    wanted = sorted(set(colleague_ids))
    if owner_id in wanted:
        raise Invalid("/colleague_ids", "Whoever owns the visit goes anyway; name the others.")
    found = queries.find_colleagues(wanted, visible_to=by) if wanted else ()
    if len(found) < len(wanted):
        raise NotFound("colleague")
    return [
        VisitColleague(id=new_id(), staff_id=one.id, staff=one, added_by_id=by.id, created_at=now)
        for one in found
    ]


def arrive(visit_id: str, content: dict[str, Any], *, by: Actor, now: datetime) -> Visit:
    """Note that a colleague is there, graded by their own position. Told twice, it is once.

    :raises NotFound: if the actor neither sees the visit nor goes along
    :raises NotAlong: if the actor sees the visit, and nobody asked them along
    :raises VisitClosed: if the visit is over and done with
    :raises StepTakenOtherwise: if they arrived already, elsewhere or at another time
    """
    visit = queries.get_seen_visit(visit_id, visible_to=by, for_change=True)
    mine = next((c for c in visit.colleagues if c.staff_id == by.id), None)
    if mine is None:
        raise NotAlong
    digest = digest_of(content)
    if mine.arrived_at is not None:
        if mine.arrival_digest != digest:
            raise StepTakenOtherwise(step=Step.CHECK_IN, status=visit.status)
        return visit
    if visit.status not in UNCLOSED:
        raise VisitClosed
    _note_arrival(mine, visit, content, now=now)
    mine.arrival_digest = digest
    db.session.flush()
    return visit


def _note_arrival(
    mine: VisitColleague, visit: Visit, content: dict[str, Any], *, now: datetime
) -> None:
    at = presence.moment_of(content, now=now)
    before = queries.find_position_before(mine.staff_id, visit_id=visit.id, at=at)
    there = presence.seen(visit, content, at=at, now=now, previous=before)
    mine.verdict, mine.verdict_reasons, mine.distance_m = presence.graded(there)
    mine.latitude, mine.longitude = content["latitude"], content["longitude"]
    mine.accuracy_m = content["accuracy_m"]
    mine.arrived_at, mine.was_there = at, True


def say_who_came(visit: Visit, present_ids: Sequence[str] | None) -> None:
    """Keep which colleagues were there. Who checked in was, whatever the record forgets.

    :raises Invalid: if it names somebody who was not to go along
    """
    if present_ids is None:
        return
    if set(present_ids) - {c.staff_id for c in visit.colleagues}:
        raise Invalid("/colleagues_present", "Name colleagues who go along on this visit.")
    for colleague in visit.colleagues:
        colleague.was_there = colleague.staff_id in present_ids or colleague.arrived_at is not None
