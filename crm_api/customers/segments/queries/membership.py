"""Who is in a segment: its criteria as conditions over customers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.customers.models import Customer, Segment
from crm_api.customers.queries.conditions import bears, has_birthday, in_team
from crm_api.customers.segments.policies.criteria import from_document, years_before
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    Condition = sa.ColumnElement[bool]


def is_in_segment(segment: Segment, *, today: date) -> Condition:
    """Tell whether a customer is in a segment: of its team, and as its criteria say."""
    return sa.and_(in_team(segment.team_id), is_in(segment.criteria, today=today))


def memberships(
    segment_ids: Collection[str], *, today: date, among: Collection[str] | None = None
) -> dict[str, tuple[str, ...]]:
    """Return in which of these segments each customer is; who is in none is left out.

    Read by columns, past what the session knows: a decision needs what stands now.
    """
    asked = sa.select(Segment.id, Segment.team_id, Segment.criteria)
    asked = asked.where(is_among(Segment.id, sorted(segment_ids))).order_by(Segment.id)
    whose = sa.true() if among is None else is_among(Customer.id, sorted(among))
    members = [
        sa.select(Customer.id, sa.literal(segment.id, sa.String).label("segment_id")).where(
            whose, in_team(segment.team_id), is_in(segment.criteria, today=today)
        )
        for segment in db.session.execute(asked)
    ]
    found: dict[str, list[str]] = {}
    for customer_id, segment_id in db.session.execute(sa.union_all(*members)):
        found.setdefault(customer_id, []).append(segment_id)
    return {customer_id: tuple(sorted(ids)) for customer_id, ids in found.items()}


def versions_of(segment_ids: Collection[str]) -> list[tuple[str, int]]:
    """Return the version of each of these segments: when one changes, others may be in it."""
    asked = sa.select(Segment.id, Segment.version).where(is_among(Segment.id, sorted(segment_ids)))
    return [(row.id, row.version) for row in db.session.execute(asked.order_by(Segment.id))]


def is_in(criteria: Mapping[str, Any], *, today: date) -> Condition:
    """Tell whether a customer is as these criteria say, all of them together."""
    asked = from_document(criteria)
    return sa.and_(sa.true(), *(CRITERIA[name](value, today) for name, value in asked.items()))


def all_of(tag_ids: list[str]) -> Condition:
    """Bears every one of these tags."""
    return sa.and_(sa.true(), *(bears([tag_id]) for tag_id in tag_ids))


def _contract_ends_within(days: int, today: date) -> Condition:
    return Customer.contract_end_on.between(today, today + timedelta(days=days))


def _is_at_least(years: int, today: date) -> Condition:
    return Customer.birth_on <= years_before(today, years=years)


def _is_at_most(years: int, today: date) -> Condition:
    return Customer.birth_on > years_before(today, years=years + 1)


CRITERIA: dict[str, Callable[[Any, date], Condition]] = {
    "kinds": lambda kinds, _: Customer.kind.in_(kinds),
    "tiers": lambda tiers, _: Customer.tier.in_(tiers),
    "statuses": lambda statuses, _: Customer.status.in_(statuses),
    "genders": lambda genders, _: Customer.gender.in_(genders),
    "team_id": lambda team_id, _: in_team(team_id),
    "owner_ids": lambda owner_ids, _: Customer.owner_id.in_(owner_ids),
    "has_owner": lambda wanted, _: Customer.owner_id.is_not(None) == wanted,
    "has_phone": lambda wanted, _: Customer.phone.is_not(None) == wanted,
    "any_tags": lambda tags, _: bears(tags),
    "all_tags": lambda tags, _: all_of(tags),
    "no_tags": lambda tags, _: ~bears(tags),
    "joined_from": lambda day, _: Customer.joined_on >= day,
    "joined_until": lambda day, _: Customer.joined_on <= day,
    "contract_end_from": lambda day, _: Customer.contract_end_on >= day,
    "contract_end_until": lambda day, _: Customer.contract_end_on <= day,
    "contract_ends_within_days": _contract_ends_within,
    "birthday_within_days": lambda days, today: has_birthday((today, today + timedelta(days=days))),
    "age_from": _is_at_least,
    "age_until": _is_at_most,
    "plan_names": lambda names, _: Customer.plan_name.in_(names),
    "plan_monthly_fen_from": lambda fen, _: Customer.plan_monthly_fen >= fen,
    "plan_monthly_fen_until": lambda fen, _: Customer.plan_monthly_fen <= fen,
}
