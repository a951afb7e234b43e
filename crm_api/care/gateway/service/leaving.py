"""What becomes of a gateway's messages when it can no longer be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.care.gateway import queries
from crm_api.care.gateway.queries.outbox import IS_SUBMITTING
from crm_api.care.gateway.service.steps import lock_with_subjects
from crm_api.care.models import CareMessage
from crm_api.care.service import messages as outbox
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency

if TYPE_CHECKING:
    from datetime import datetime


def doubt_messages_of(gateway_id: str, *, reason: str, now: datetime) -> int:
    """Park what a gateway began and never answered; return how many that were.

    Whoever takes its place never had these messages in hand: a report or a person settles them.
    What it only leased goes back to the queue by itself.
    """
    its_own = sa.and_(IS_SUBMITTING, CareMessage.gateway_id == gateway_id)
    messages = lock_with_subjects(queries.find_messages(its_own))
    still = [m for m in messages if m.state is MessageState.SUBMITTING]
    for message in still:
        outbox.move(message, MessageState.UNCERTAIN, at=now, reason=reason, by_id=gateway_id)
    contact_frequency.doubt_slots([message.slot_id for message in still])
    return len(still)
