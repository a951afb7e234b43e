"""Make tags, and put them on customers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError

from crm_api.accounts import queries as accounts
from crm_api.customers import locks
from crm_api.customers import queries as customers
from crm_api.customers.models import CustomerTag, Tag
from crm_api.customers.policies.names import fold
from crm_api.customers.tags import queries
from crm_api.customers.tags.errors import TagInUse, TagKnown, TooManyTags
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from crm_api.accounts.actors import Actor

MOST_TAGS = 50


def create_tag(content: dict[str, Any], *, by: Actor, now: datetime) -> Tag:
    """Give a team a word for some of its customers.

    :raises NotFound: if the team is none of the actor's
    :raises TagKnown: if the team has the word already
    :raises IdTaken: if the id belongs to another tag
    """
    team = accounts.get_team(content.get("team_id") or by.team_id, visible_to=by)
    facts = {**content, "team_id": team.id, "folded": _fold(content["name"])}
    known = db.session.get(Tag, content["id"]) if "id" in content else None
    if known is not None:
        return _repeat(known, facts)
    tag = Tag(**facts, by_id=by.id, created_at=now)
    with _named_once():
        db.session.add(tag)
    return tag


def change_tag(tag_id: str, *, changes: dict[str, Any], expected_version: int, by: Actor) -> Tag:
    """Mend a tag's name or what it means; whoever bears it goes on to.

    :raises NotFound: if it is none of the actor's teams'
    :raises StaleVersion: if somebody changed it since it was read
    :raises TagKnown: if the team has the new name already
    """
    tag = _get_own(tag_id, by=by)
    require_version(tag, expected=expected_version, wanted=changes)
    with _named_once():
        for name, value in changes.items():
            setattr(tag, name, value)
        tag.folded = _fold(tag.name)
    return tag


def remove_tag(tag_id: str, *, by: Actor) -> None:
    """Forget a tag that nobody bears any more.

    :raises NotFound: if it is none of the actor's teams'
    :raises TagInUse: if a customer bears it, or a segment names it
    """
    tag = _get_own(tag_id, by=by)
    try:
        with db.session.begin_nested():
            db.session.delete(tag)
            db.session.flush()
    except IntegrityError:
        raise TagInUse from None


def put_tag(customer_id: str, *, tag_id: str, by: Actor, now: datetime) -> Tag:
    """Let a customer bear a tag. Who put it there first stays on record.

    :raises NotFound: if the actor may not see the customer, or not use the tag
    :raises TooManyTags: if the customer bears as many as say anything
    """
    locks.lock_subjects(customer_ids=[customer_id])
    customers.get_customer(customer_id, visible_to=by)
    tag = queries.get_tag(tag_id, visible_to=by)
    if queries.find_borne(customer_id, tag_id=tag_id) is None:
        row = {"customer_id": customer_id, "tag_id": tag_id, "by_id": by.id, "created_at": now}
        db.session.add(CustomerTag(**row))
        db.session.flush()
    if queries.count_tags(customer_id) > MOST_TAGS:
        raise TooManyTags(most=MOST_TAGS)
    return tag


def take_tag(customer_id: str, *, tag_id: str, by: Actor) -> None:
    """Take a tag from a customer, who may not bear it any more.

    :raises NotFound: if the actor may not see the customer, or not use the tag
    """
    locks.lock_subjects(customer_ids=[customer_id])
    customers.get_customer(customer_id, visible_to=by)
    queries.get_tag(tag_id, visible_to=by)
    borne = queries.find_borne(customer_id, tag_id=tag_id)
    if borne is not None:
        db.session.delete(borne)
        db.session.flush()


def _get_own(tag_id: str, *, by: Actor) -> Tag:
    """Return a tag of a team that the actor leads: those of teams above are theirs to mend."""
    tag = queries.get_tag(tag_id, visible_to=by)
    accounts.get_team(tag.team_id, visible_to=by)
    return tag


def _fold(name: str) -> str:
    folded = fold(name)
    if not folded:
        raise Invalid("/name", "Use letters or digits.")
    return folded


def _repeat(known: Tag, facts: dict[str, Any]) -> Tag:
    if any(getattr(known, name) != value for name, value in facts.items()):
        raise IdTaken
    return known


@contextmanager
def _named_once() -> Iterator[None]:
    """Store what happens inside, and tell a name that the team has already for what it is."""
    try:
        with db.session.begin_nested():
            yield
            db.session.flush()
    except IntegrityError as error:
        if "folded" in str(error.orig):
            raise TagKnown from None
        raise
