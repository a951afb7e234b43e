"""Of whom two occasions can be said at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm_api.care.models import CareMessage, CareTemplate
from crm_api.care.policies.naming import name_of_event
from crm_api.care.terms import MessageState
from crm_api.customers.models import Customer, ExtendedProfile, LifeEvent
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WAITING = (MessageState.QUEUED, MessageState.LEASED)


def find_pairs(winner_slot_ids: Iterable[str]) -> Sequence[Any]:
    """Return the waiting messages of these slots with what they say besides, the dearest first."""
    loser, told = aliased(CareMessage), aliased(Customer)
    statement = (
        sa.select(
            CareMessage.id,
            CareMessage.customer_id,
            CareMessage.occasion,
            CareMessage.occurrence,
            CareMessage.category,
            CareMessage.on_day,
            loser.occasion.label("also_occasion"),
            loser.occurrence.label("also_occurrence"),
            Customer.name,
            Customer.gender,
            Customer.tier,
            Customer.joined_on,
            Customer.person_id,
            told.tier.label("also_tier"),
            told.joined_on.label("also_joined_on"),
            ExtendedProfile.communication_style.label("style"),
        )
        .join(loser, loser.winner_slot_id == CareMessage.slot_id)
        .join(Customer, Customer.id == CareMessage.customer_id)
        .join(told, told.id == loser.customer_id)
        .outerjoin(ExtendedProfile, ExtendedProfile.id == Customer.id)
        .where(is_among(CareMessage.slot_id, sorted(winner_slot_ids)))
        .where(CareMessage.state == MessageState.QUEUED)
        .where(loser.state == MessageState.COALESCED)
        .order_by(CareMessage.id, loser.priority, loser.id)
    )
    return db.session.execute(statement).all()


def find_speakers(message_ids: Iterable[str]) -> Sequence[Any]:
    """Return the waiting messages whose texts say one of these besides, with whom they touch."""
    loser = aliased(CareMessage)
    said = [
        sa.and_(occasion == loser.occasion, sa.func.coalesce(festival, "") == _festival_of(loser))
        for occasion, festival in (
            (CareTemplate.occasion, CareTemplate.festival_key),
            (CareTemplate.also_occasion, CareTemplate.also_festival_key),
        )
    ]
    statement = (
        sa.select(CareMessage.id, CareMessage.customer_id, CareMessage.number)
        .join(loser, loser.winner_slot_id == CareMessage.slot_id)
        .join(CareTemplate, CareTemplate.id == CareMessage.template_id)
        .where(is_among(loser.id, sorted(message_ids)), loser.state == MessageState.COALESCED)
        .where(CareMessage.state.in_(WAITING))
        .where(CareTemplate.also_occasion.is_not(None), sa.or_(*said))
        .order_by(CareMessage.id)
    )
    return db.session.execute(statement).all()


def _festival_of(message: Any) -> sa.ColumnElement[str]:
    return sa.func.coalesce(message.festival_key, "")


def names_of_events(event_ids: Iterable[str]) -> dict[str, str]:
    """Return how these life events are called."""
    statement = sa.select(LifeEvent.id, LifeEvent.kind, LifeEvent.label)
    rows = db.session.execute(statement.where(is_among(LifeEvent.id, sorted(event_ids))))
    return {row.id: name_of_event(row.kind, row.label) for row in rows}
