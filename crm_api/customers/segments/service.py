"""Make, change and forget segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role
from crm_api.calendars import service as calendars
from crm_api.customers import queries as customers
from crm_api.customers.models import Segment, SegmentTag, SegmentVersion
from crm_api.customers.segments import queries
from crm_api.customers.segments.errors import NotYourSegment, SegmentInUse, SegmentIsBinding
from crm_api.customers.segments.policies.criteria import tags_named, to_document
from crm_api.customers.tags.queries import require_tags
from crm_api.kit import clock
from crm_api.kit.bulk import insert_rows
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.ids import new_id
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest


def create_segment(content: dict[str, Any], *, by: Actor, now: datetime) -> Segment:
    """Save a filter over the customers of a team under a name.

    :raises NotFound: if the team is none of the actor's, or a tag is not the actor's to use
    :raises IdTaken: if the id belongs to another segment
    """
    team = accounts.get_team(content.get("team_id") or by.team_id, visible_to=by)
    facts = {**content, "team_id": team.id, "criteria": to_document(content["criteria"])}
    known = db.session.get(Segment, content["id"]) if "id" in content else None
    if known is not None:
        return _repeat(known, facts, by=by)
    segment = Segment(**{"id": new_id(), **facts}, owner_id=by.id, created_at=now)
    db.session.add(segment)
    _keep(segment, by=by, now=now)
    return segment


def change_segment(
    segment_id: str, *, changes: dict[str, Any], expected_version: int, by: Actor, now: datetime
) -> Segment:
    """Change what a segment asks, its name, or with whom it is shared.

    :raises NotFound: if it, or a tag that it shall name, is not the actor's to use
    :raises NotYourSegment: if a colleague keeps it
    :raises SegmentIsBinding: if policies name it, and the actor is no administrator
    :raises StaleVersion: if somebody changed it since it was read
    """
    segment = _get_own(segment_id, by=by)
    if "criteria" in changes:
        changes = {**changes, "criteria": to_document(changes["criteria"])}
    require_version(segment, expected=expected_version, wanted=changes)
    if all(getattr(segment, name) == value for name, value in changes.items()):
        return segment
    if segment.is_binding and changes.get("criteria", segment.criteria) != segment.criteria:
        _hold_bound(by=by)
    for name, value in changes.items():
        setattr(segment, name, value)
    _keep(segment, by=by, now=now)
    return segment


def bind_segment(segment_id: str) -> None:
    """Let rules bind whoever is in a segment, from now on."""
    own = sa.update(Segment).where(Segment.id == segment_id, Segment.is_binding.is_(False))
    db.session.execute(own.values(is_binding=True))


def remove_segment(segment_id: str, *, by: Actor) -> None:
    """Forget a segment, with its versions.

    :raises NotFound: if it is not the actor's to use
    :raises NotYourSegment: if a colleague keeps it
    :raises SegmentInUse: if something names it: the database knows what does
    """
    segment = _get_own(segment_id, by=by)
    try:
        with db.session.begin_nested():
            db.session.delete(segment)
            db.session.flush()
    except IntegrityError:
        raise SegmentInUse from None


def fetch_members(segment_id: str, *, visible_to: Actor, page: PageRequest, now: datetime) -> Page:
    """Return a page of those customers in a segment whom the actor may see, oldest first.

    :raises NotFound: if the segment is not the actor's to use
    """
    segment = queries.get_segment(segment_id, visible_to=visible_to)
    among = queries.is_in_segment(segment, today=calendars.local_day(now))
    return customers.fetch_customers(visible_to=visible_to, page=page, among=among)


def _get_own(segment_id: str, *, by: Actor) -> Segment:
    segment = queries.get_segment(segment_id, visible_to=by)
    if segment.owner_id == by.id:
        return segment
    if by.role is Role.ACCOUNT_MANAGER:
        raise NotYourSegment(owner_id=segment.owner_id)
    try:
        accounts.get_team(segment.team_id, visible_to=by)
    except NotFound:
        raise NotYourSegment(owner_id=segment.owner_id) from None
    return segment


def _hold_bound(*, by: Actor) -> None:
    """Let no decision rest on who was in a segment before: it is a change of policy."""
    if by.role is not Role.ADMIN:
        raise SegmentIsBinding
    clock.hold_policies_still(db.session())


def _repeat(known: Segment, facts: dict[str, Any], *, by: Actor) -> Segment:
    same = all(getattr(known, name) == value for name, value in facts.items())
    if known.owner_id != by.id or not same:
        raise IdTaken
    return known


def _keep(segment: Segment, *, by: Actor, now: datetime) -> None:
    """Store a segment with what it says now and the tags that it names."""
    named = tags_named(segment.criteria)
    require_tags(named, visible_to=by)
    db.session.flush()
    version = SegmentVersion(
        segment_id=segment.id,
        number=segment.version,
        name=segment.name,
        criteria=segment.criteria,
        by_id=by.id,
        created_at=now,
    )
    db.session.add(version)
    db.session.execute(sa.delete(SegmentTag).where(SegmentTag.segment_id == segment.id))
    rows = [{"segment_id": segment.id, "tag_id": tag_id} for tag_id in sorted(named)]
    insert_rows(SegmentTag, rows)
