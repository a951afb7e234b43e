"""What lists and segments may ask of a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm_api.accounts.models import Team
from crm_api.customers.models import Anniversary, Customer, CustomerTag
from crm_api.customers.policies.dates import dates_falling_between
from crm_api.customers.terms import AnniversaryKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date

    Condition = sa.ColumnElement[bool]


def in_team(team_id: str) -> Condition:
    """In this team or any beneath it."""
    top = aliased(Team)
    beneath = sa.select(Team.id).join(
        top, sa.func.substr(Team.path, 1, sa.func.length(top.path)) == top.path
    )
    return Customer.team_id.in_(beneath.where(top.id == team_id))


def has_birthday(days: tuple[date, date]) -> Condition:
    """Look birthdays up by the date that people keep, so that lunar birthdays are found as well."""
    wanted = sorted(dates_falling_between(*days))
    key = sa.tuple_(Anniversary.calendar, Anniversary.month, Anniversary.day)
    born = sa.select(Anniversary.customer_id).where(
        Anniversary.kind == AnniversaryKind.BIRTHDAY, key.in_([tuple(date_) for date_ in wanted])
    )
    return Customer.id.in_(born)


def bears(tag_ids: Collection[str]) -> Condition:
    """Bears one of these tags."""
    return sa.exists().where(
        CustomerTag.customer_id == Customer.id, CustomerTag.tag_id.in_(sorted(tag_ids))
    )


CONDITIONS: dict[str, Callable[[Any], Condition]] = {
    "kind": lambda kind: Customer.kind == kind,
    "tier": lambda tier: Customer.tier == tier,
    "status": lambda status: Customer.status == status,
    "owner_id": lambda owner_id: Customer.owner_id == owner_id,
    "team_id": in_team,
    "tag_id": lambda tag_id: bears([tag_id]),
    "birthday": has_birthday,
}
