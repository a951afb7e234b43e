"""Set tiers, by hand or by measure; key persons follow their group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers import locks, queries
from crm_api.customers.errors import TierFollowsGroup, WrongMeasure
from crm_api.customers.models import Customer
from crm_api.customers.policies.tiers import tier_in_force, tier_of_group, tier_of_individual
from crm_api.customers.service.changes import note_change
from crm_api.customers.terms import Aspect, Kind, Tier
from crm_api.kit.db import db
from crm_api.kit.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def set_tier(customer_id: str, *, tier: Tier, reason: str, by: Actor, now: datetime) -> Customer:
    """Set a customer's tier by hand; a group's key persons of great influence follow.

    :raises NotFound: if the actor may not see the customer
    :raises TierFollowsGroup: if the customer is such a key person
    """
    customer = _lock_and_get(customer_id, by=by)
    if queries.group_tiers([customer_id])[customer_id]:
        raise TierFollowsGroup
    _settle(customer, own_tier=tier, reason=reason, by=by, now=now)
    return customer


def assess_tier(
    customer_id: str,
    *,
    monthly_fen: Sequence[int] | None = None,
    monthly_revenue_fen: int | None = None,
    mobile_lines: int | None = None,
    by: Actor,
    now: datetime,
) -> Customer:
    """Derive a customer's own tier from what it brings, by the thresholds in force.

    :raises NotFound: if the actor may not see the customer
    :raises WrongMeasure: if the measure does not suit the kind of customer
    """
    customer = _lock_and_get(customer_id, by=by)
    thresholds = queries.tier_thresholds()
    if customer.kind is Kind.INDIVIDUAL and monthly_fen:
        tier = tier_of_individual(monthly_fen, by=thresholds)
        reason = f"monthly bills of {', '.join(map(str, monthly_fen[-3:]))} fen"
    elif customer.kind is Kind.GROUP and None not in (monthly_revenue_fen, mobile_lines):
        revenue, lines = monthly_revenue_fen or 0, mobile_lines or 0
        tier = tier_of_group(monthly_revenue_fen=revenue, mobile_lines=lines, by=thresholds)
        reason = f"monthly revenue of {revenue} fen, {lines} mobile lines"
    else:
        raise WrongMeasure
    _settle(customer, own_tier=tier, reason=reason, by=by, now=now)
    return customer


def set_tiers(
    customers: Sequence[Customer], *, tier: Tier, reason: str, by: Actor, now: datetime
) -> tuple[set[str], set[str]]:
    """Set the tier of many by hand; return who is changed, and who follows a group instead.

    They and the key persons of great influence among their people are locked.
    """
    of_groups = queries.group_tiers([c.id for c in customers])
    following = {c.id for c in customers if of_groups[c.id]}
    changed = [c for c in customers if c.id not in following and c.own_tier is not tier]
    for customer in changed:
        customer.own_tier = tier
        _put(customer, tier, reason=reason, by=by, now=now)
    db.session.flush()
    groups = [c.id for c in changed if c.kind is Kind.GROUP]
    followers = queries.great_key_person_ids(*groups) if groups else ()
    settle_followers(followers, reason="follows the group", by=by, now=now)
    return {c.id for c in changed}, following


def settle_followers(person_ids: Sequence[str], *, reason: str, by: Actor, now: datetime) -> None:
    """Serve these persons by the tier of their groups, or again by their own. They are locked."""
    statement = sa.select(Customer).where(Customer.id.in_(person_ids)).order_by(Customer.id)
    tiers = queries.group_tiers(person_ids)
    for person in db.session.scalars(statement):
        tier = tier_in_force(person.own_tier, of_groups=tiers[person.id])
        _put(person, tier, reason=reason, by=by, now=now)
    db.session.flush()


def _lock_and_get(customer_id: str, *, by: Actor) -> Customer:
    """Lock the customer and who follows it, and read it."""
    followers = queries.great_key_person_ids(customer_id)
    locks.lock_subjects(customer_ids=[customer_id, *followers])
    if not set(queries.great_key_person_ids(customer_id)) <= set(followers):
        raise Busy  # one more was linked while we waited for the lock
    return queries.get_customer(customer_id, visible_to=by)


def _settle(customer: Customer, *, own_tier: Tier, reason: str, by: Actor, now: datetime) -> None:
    customer.own_tier = own_tier
    of_groups = queries.group_tiers([customer.id])[customer.id]
    tier = tier_in_force(own_tier, of_groups=of_groups)
    _put(customer, tier, reason=reason, by=by, now=now)
    db.session.flush()
    if customer.kind is Kind.GROUP:
        followers = queries.great_key_person_ids(customer.id)
        settle_followers(followers, reason="follows the group", by=by, now=now)


def _put(customer: Customer, tier: Tier, *, reason: str, by: Actor, now: datetime) -> None:
    if customer.tier is tier:
        return
    before, customer.tier = {"tier": customer.tier}, tier
    after = {"tier": tier}
    note_change(
        customer, Aspect.TIER, before=before, after=after, reason=reason, by_id=by.id, now=now
    )
