"""Change a chunk's customers alike, in a number of statements that does not grow with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.customers import locks
from crm_api.customers import queries as customers_queries
from crm_api.customers.bulk.policies.tasks import from_document
from crm_api.customers.bulk.terms import EditKind
from crm_api.customers.bulk.values import CHANGED, UNCHANGED, Result, refused
from crm_api.customers.errors import TierFollowsGroup
from crm_api.customers.models import CustomerTag, DoNotDisturbWish
from crm_api.customers.provenance import service as provenance
from crm_api.customers.provenance.terms import Origin
from crm_api.customers.provenance.values import Source
from crm_api.customers.service import profile, standing, tiers
from crm_api.customers.service.wishes import UNSAID
from crm_api.customers.tags.errors import TooManyTags
from crm_api.customers.tags.queries import require_tags
from crm_api.customers.tags.service import MOST_TAGS
from crm_api.customers.terms import Status, Tier
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.errors import Busy, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crm_api.customers.bulk.values import Order
    from crm_api.customers.models import Customer

    Results = Mapping[str, Result]


def lock_all(ids: Sequence[str], order: Order) -> None:
    """Lock these customers and, where tiers change, the key persons who follow them.

    :raises Busy: if one more came to follow while the locks were waited for
    """
    followers = set(_who_follows(ids, order))
    locks.lock_subjects(customer_ids=[*ids, *followers])
    if not set(_who_follows(ids, order)) <= followers:
        raise Busy


def _who_follows(ids: Sequence[str], order: Order) -> Sequence[str]:
    if order.task["kind"] != EditKind.TIER:
        return ()
    return customers_queries.great_key_person_ids(*ids)


def edit(customers: Sequence[Customer], order: Order) -> Results:
    """Change these customers, who are locked; return what became of each."""
    return EDITS[EditKind(order.task["kind"])](customers, order)


def _set_tiers(customers: Sequence[Customer], order: Order) -> Results:
    changed, following = tiers.set_tiers(
        customers, tier=Tier(order.task["tier"]), reason=order.reason, by=order.by, now=order.now
    )
    return {
        c.id: refused(TierFollowsGroup.code) if c.id in following else _told(c.id in changed)
        for c in customers
    }


def _set_statuses(customers: Sequence[Customer], order: Order) -> Results:
    status = Status(order.task["status"])
    return {
        c.id: _told(
            standing.put_status(c, status, reason=order.reason, by_id=order.by.id, now=order.now)
        )
        for c in customers
    }


def _change_plans(customers: Sequence[Customer], order: Order) -> Results:
    changes = from_document(order.task["plan"])
    on_record: dict[str, Any] = {"by_id": order.by.id, "now": order.now}
    changed = {
        c.id for c in customers if profile.put_plan(c, changes, reason=order.reason, **on_record)
    }
    provenance.note_all_learned(
        dict.fromkeys(sorted(changed), tuple(changes)),
        source=Source(Origin.BULK_EDIT, order.job_id),
        **on_record,
    )
    return {c.id: _told(c.id in changed) for c in customers}


def _note_wishes(customers: Sequence[Customer], order: Order) -> Results:
    said = {**UNSAID, **from_document(order.task["wish"])}
    sought = sa.select(DoNotDisturbWish).where(
        is_among(DoNotDisturbWish.customer_id, [c.id for c in customers]),
        DoNotDisturbWish.lifted_at.is_(None),
    )
    known = {
        wish.customer_id
        for wish in db.session.scalars(sought)
        if all(getattr(wish, name) == value for name, value in said.items())
    }
    new = [c.id for c in customers if c.id not in known]
    db.session.add_all(
        DoNotDisturbWish(**said, customer_id=id_, by_id=order.by.id, created_at=order.now)
        for id_ in new
    )
    return {c.id: _told(c.id not in known) for c in customers}


def _add_tags(customers: Sequence[Customer], order: Order) -> Results:
    wanted, borne = set(order.task["tags"]), _tags_of(customers)
    try:
        require_tags(wanted, visible_to=order.by)
    except NotFound as error:  # removed, or another team's, since the job was accepted
        return {c.id: refused(error.code) for c in customers}
    full = {c.id for c in customers if len(borne[c.id].keys() | wanted) > MOST_TAGS}
    db.session.add_all(
        CustomerTag(customer_id=c.id, tag_id=tag, by_id=order.by.id, created_at=order.now)
        for c in customers
        if c.id not in full
        for tag in sorted(wanted - borne[c.id].keys())
    )
    return {
        c.id: refused(TooManyTags.code) if c.id in full else _told(not wanted <= borne[c.id].keys())
        for c in customers
    }


def _remove_tags(customers: Sequence[Customer], order: Order) -> Results:
    unwanted, borne = set(order.task["tags"]), _tags_of(customers)
    for tags in borne.values():
        for tag_id in unwanted & tags.keys():
            db.session.delete(tags[tag_id])
    return {c.id: _told(bool(unwanted & borne[c.id].keys())) for c in customers}


def _tags_of(customers: Sequence[Customer]) -> dict[str, dict[str, CustomerTag]]:
    found: dict[str, dict[str, CustomerTag]] = {c.id: {} for c in customers}
    statement = sa.select(CustomerTag).where(is_among(CustomerTag.customer_id, list(found)))
    for row in db.session.scalars(statement):
        found[row.customer_id][row.tag_id] = row
    return found


def _told(is_changed: bool) -> Result:  # noqa: FBT001 - reads as what it is
    return CHANGED if is_changed else UNCHANGED


EDITS: Mapping[EditKind, Callable[[Sequence[Customer], Order], Results]] = {
    EditKind.TIER: _set_tiers,
    EditKind.STATUS: _set_statuses,
    EditKind.PLAN: _change_plans,
    EditKind.WISH: _note_wishes,
    EditKind.ADD_TAGS: _add_tags,
    EditKind.REMOVE_TAGS: _remove_tags,
}
