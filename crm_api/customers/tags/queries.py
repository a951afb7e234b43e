"""Which tags there are, and who bears them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Team
from crm_api.customers.models import CustomerTag, Tag
from crm_api.customers.queries.access import get_customer
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import fetch_page

if TYPE_CHECKING:
    from collections.abc import Collection

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest


def get_tag(tag_id: str, *, visible_to: Actor) -> Tag:
    """Return a tag.

    :raises NotFound: if there is none, or none that is the actor's to use
    """
    tag = db.session.scalars(usable_tags(visible_to).where(Tag.id == tag_id)).one_or_none()
    if tag is None:
        raise NotFound("tag")
    return tag


def require_tags(tag_ids: Collection[str], *, visible_to: Actor) -> None:
    """Make sure that all of these tags are the actor's to use, and hold them while this lasts.

    :raises NotFound: if one is not
    """
    wanted = set(tag_ids)
    if not wanted:
        return
    sought = usable_tags(visible_to).where(Tag.id.in_(sorted(wanted))).order_by(Tag.id)
    found = db.session.scalars(sought.with_for_update(read=True, key_share=True, of=Tag)).all()
    if len(found) < len(wanted):
        raise NotFound("tag")


def fetch_tags(*, team_id: str | None, visible_to: Actor, page: PageRequest) -> Page:
    """Return a page of the tags that the actor may use, by name."""
    statement = usable_tags(visible_to)
    if team_id is not None:
        statement = statement.where(Tag.team_id == team_id)
    return fetch_page(statement, by=[Tag.folded, Tag.id], page=page)


def fetch_tags_of(customer_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return a page of the tags that a customer bears and the actor may use, by name.

    :raises NotFound: if the actor may not see the customer
    """
    get_customer(customer_id, visible_to=visible_to)
    statement = usable_tags(visible_to).join(CustomerTag, CustomerTag.tag_id == Tag.id)
    statement = statement.where(CustomerTag.customer_id == customer_id)
    return fetch_page(statement, by=[Tag.folded, Tag.id], page=page)


def find_borne(customer_id: str, *, tag_id: str) -> CustomerTag | None:
    """Return that a locked customer bears a tag, if so."""
    key = (customer_id, tag_id)
    return db.session.get(CustomerTag, key, populate_existing=True)


def count_tags(customer_id: str) -> int:
    """Return how many tags a customer bears."""
    borne = sa.select(sa.func.count()).where(CustomerTag.customer_id == customer_id)
    return db.session.scalar(borne) or 0


def usable_tags(visible_to: Actor) -> sa.Select[Tag]:
    """Return a select of the tags of the actor's team, those above it, and those led."""
    shared = sa.select(Team.id).where(accounts.sharing_teams(visible_to))
    return sa.select(Tag).where(Tag.team_id.in_(shared))
