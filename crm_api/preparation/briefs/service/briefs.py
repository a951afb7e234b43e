"""The brief before a visit: composed on demand, frozen when fetched for keeps, acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.kit.errors import Invalid, NotFound
from crm_api.preparation.briefs import queries
from crm_api.preparation.briefs.errors import BriefChanged
from crm_api.preparation.briefs.policies import comparing
from crm_api.preparation.briefs.service import reading
from crm_api.preparation.briefs.service.freezing import composed, freeze
from crm_api.visits import queries as visits
from crm_api.visits import service as visiting
from crm_api.visits.policies import progress

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest
    from crm_api.preparation.briefs.models import Brief
    from crm_api.visits.models import Visit


def get_brief(
    visit_id: str, *, known_digest: str | None, visible_to: Actor, now: datetime
) -> dict[str, Any]:
    """Return the brief of a visit as it is now, and what changed since it was fetched.

    :raises NotFound: if the actor may not see the visit
    """
    visit = _get_briefed(visit_id, visible_to=visible_to)
    content, digest = composed(visit, now=now)
    return _told(
        visit, content, digest=digest, known_digest=known_digest, visible_to=visible_to, now=now
    )


def freeze_brief(visit_id: str, *, by: Actor, now: datetime) -> dict[str, Any]:
    """Keep the brief as it is now, so that it can be compared, printed and acknowledged later.

    :raises NotFound: if the actor may not see the visit
    """
    reading.hold_told_of(_get_briefed(visit_id, visible_to=by))
    visit = _get_briefed(visit_id, visible_to=by)
    content, digest = composed(visit, now=now)
    freeze(visit.id, content, digest=digest, by_id=by.id, now=now)
    return _told(visit, content, digest=digest, known_digest=digest, visible_to=by, now=now)


def _get_briefed(visit_id: str, *, visible_to: Actor) -> Visit:
    """Return a visit for whoever is briefed about it.

    Who only goes along is so until it closes: a brief of later days would tell them for ever how
    somebody fares who is not their customer.
    """
    visit = visits.get_seen_visit(visit_id, visible_to=visible_to)
    is_open = visit.status in progress.UNCLOSED
    return visit if is_open else visits.get_visit(visit_id, visible_to=visible_to)


def get_frozen(visit_id: str, *, digest: str, visible_to: Actor) -> dict[str, Any]:
    """Return a brief as it was read then.

    :raises NotFound: if the actor may not see the visit or whom the brief names, or nobody kept it
    """
    visit = visits.get_seen_visit(visit_id, visible_to=visible_to)
    brief = queries.get_brief(visit.id, digest=digest)
    if not reading.is_shown(brief, visit, to=visible_to):
        raise NotFound("brief")
    return {
        "visit_id": visit.id,
        "digest": brief.digest,
        "as_of": brief.created_at,
        "by_id": brief.by_id,
        "is_acknowledged": brief.digest == visit.brief_digest,
        **brief.content,
    }


def list_frozen(visit_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return when the brief of a visit was kept, and under which digest, the newest first.

    :raises NotFound: if the actor may not see the visit
    """
    visit = visits.get_seen_visit(visit_id, visible_to=visible_to)
    return queries.briefs(visit.id, page=page)


def acknowledge_brief(
    visit_id: str, *, digest: str, at: datetime | None, by: Actor, now: datetime
) -> dict[str, Any]:
    """Note who read which brief when; where it changed since, the answer says so.

    What was frozen can be acknowledged late, by a phone that was offline; what was only looked at
    cannot, once it is another.

    :raises NotFound: if the actor may not see the visit
    :raises BriefChanged: if nobody froze what was read, and it is another now
    :raises Invalid: if it cannot have been read at that moment
    """
    visit = reading.hold_briefed(visit_id, by=by)
    content, current = composed(visit, now=now)
    frozen = queries.find_brief(visit_id, digest=digest)
    if frozen is None:
        if digest != current:
            raise BriefChanged(current_digest=current)
        freeze(visit.id, content, digest=digest, by_id=by.id, now=now)
    read_at = _moment(at, frozen, now=now)
    visiting.note_brief_read(visit, digest=digest, now=read_at)
    return _told(visit, content, digest=current, known_digest=digest, visible_to=by, now=now)


def _moment(at: datetime | None, frozen: Brief | None, *, now: datetime) -> datetime:
    if at is None:
        return now
    earliest = now if frozen is None else frozen.created_at
    if at < earliest or progress.is_too_far_ahead(at, now=now):
        raise Invalid("/at", "A brief is read after it was made, and not in time to come.")
    return at


def _told(
    visit: Visit,
    content: dict[str, Any],
    *,
    digest: str,
    known_digest: str | None,
    visible_to: Actor,
    now: datetime,
) -> dict[str, Any]:
    known = queries.find_brief(visit.id, digest=known_digest)
    if known is not None and not reading.is_shown(known, visit, to=visible_to):
        known = None
    acknowledged = queries.find_brief(visit.id, digest=visit.brief_digest)
    return {
        "visit_id": visit.id,
        "as_of": now,
        "digest": digest,
        "has_changed": known_digest is not None and known_digest != digest,
        "changes": None if known is None else comparing.changes(known.content, content),
        "acknowledged_at": visit.brief_acknowledged_at,
        "acknowledged_digest": visit.brief_digest,
        "changed_since_acknowledged": (
            []
            if acknowledged is None
            else comparing.changed_sections(acknowledged.content, content)
        ),
        **content,
    }
