"""Reads who comes up for an occasion and gets nothing, for want of words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.care.models import CareMessage, CareTemplate, CareTemplateVersion, PlanRefusal
from crm_api.care.terms import TemplateStatus
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer, ExtendedProfile
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from crm_api.accounts.actors import Actor

NOTHING_FRESH = "nothing_fresh"


def count_wordless(
    *, first: date, last: date, festival_keys: Iterable[str], visible_to: Actor | None
) -> Sequence[Any]:
    """Return how many get nothing, by occasion, festival, tier and style.

    Whoever got a message since they were planned last does not count.
    """
    festival = _festival_of(festival_keys)
    message = sa.select(CareMessage.id).where(CareMessage.occurrence == PlanRefusal.occurrence)
    groups = (PlanRefusal.occasion, festival, Customer.tier, ExtendedProfile.communication_style)
    statement = (
        sa.select(
            PlanRefusal.occasion,
            festival.label("festival_key"),
            Customer.tier,
            ExtendedProfile.communication_style.label("style"),
            sa.func.count().label("people"),
        )
        .join(Customer, Customer.id == PlanRefusal.customer_id)
        .outerjoin(ExtendedProfile, ExtendedProfile.id == Customer.id)
        .where(
            PlanRefusal.on_day.between(first, last),
            PlanRefusal.reason == NOTHING_FRESH,
            ~message.exists(),
        )
        .group_by(*groups)
        .order_by(*groups)
    )
    if visible_to is not None:
        statement = customers.limit_to(statement, visible_to=visible_to)
    return db.session.execute(statement).all()


def _festival_of(festival_keys: Iterable[str]) -> sa.ColumnElement[Any]:
    """Read the festival from the occurrence that names it."""
    cases = [
        (PlanRefusal.occurrence.startswith(f"festival:{key}:", autoescape=True), sa.literal(key))
        for key in sorted(festival_keys)
    ]
    return sa.case(*cases, else_=sa.null())


def count_awaiting() -> Sequence[Any]:
    """Return how many versions await approval, by what they are about."""
    groups = (CareTemplate.occasion, CareTemplate.festival_key)
    return db.session.execute(
        sa.select(*groups, sa.func.count().label("count"))
        .join(CareTemplateVersion, CareTemplateVersion.template_id == CareTemplate.id)
        .where(
            CareTemplateVersion.status == TemplateStatus.SUBMITTED,
            CareTemplate.also_occasion.is_(None),
        )
        .group_by(*groups)
    ).all()
