"""What can be said of two occasions at once, and of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm_api.care.models import CareMessage, CareTemplate, CareTemplateVersion
from crm_api.care.policies.choosing import Pool
from crm_api.care.queries.templates import words_of
from crm_api.care.terms import MessageState, TemplateStatus
from crm_api.customers.models import Customer, ExtendedProfile
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crm_api.care.policies.choosing import Words
    from crm_api.care.policies.together import Pair
    from crm_api.care.terms import Occasion


def words_for_both() -> dict[Pair, Pool]:
    """Return what is approved to be said of two occasions at once, in a fixed order."""
    statement = (
        sa.select(CareTemplateVersion, CareTemplate, CareTemplate.also_occasion)
        .join(CareTemplate, CareTemplate.id == CareTemplateVersion.template_id)
        .where(
            CareTemplateVersion.status == TemplateStatus.APPROVED,
            CareTemplate.also_occasion.is_not(None),
        )
        .order_by(CareTemplate.id)
    )
    found: dict[Pair, list[Words]] = {}
    for version, template, also_occasion in db.session.execute(statement):
        also = (cast("Occasion", also_occasion), template.also_festival_key)
        pair = frozenset({(template.occasion, template.festival_key), also})
        found.setdefault(pair, []).append(words_of(template, version))
    return {pair: Pool(words) for pair, words in found.items()}


def find_pairs(winner_slot_ids: Iterable[str]) -> Sequence[Any]:
    """Return the waiting messages of these slots with what they say besides, the dearest first."""
    loser = aliased(CareMessage)
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
            Customer.person_id,
            ExtendedProfile.communication_style.label("style"),
        )
        .join(loser, loser.winner_slot_id == CareMessage.slot_id)
        .join(Customer, Customer.id == CareMessage.customer_id)
        .outerjoin(ExtendedProfile, ExtendedProfile.id == Customer.id)
        .where(is_among(CareMessage.slot_id, sorted(winner_slot_ids)))
        .where(CareMessage.state == MessageState.QUEUED)
        .where(loser.state == MessageState.COALESCED)
        .order_by(CareMessage.id, loser.priority, loser.id)
    )
    return db.session.execute(statement).all()
