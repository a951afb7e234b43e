"""What gateways look up, and what people settle: doubts, and refusals in many words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.audit import service as audit
from crm_api.care import queries as care
from crm_api.care.gateway import queries
from crm_api.care.gateway.errors import NotUncertain
from crm_api.care.gateway.service.inbound import source_of
from crm_api.care.gateway.service.steps import count_as_sent, lock_with_subjects
from crm_api.care.gateway.terms import Settlement
from crm_api.care.gateway.values import Reconciliation, Reply
from crm_api.care.service import messages as outbox
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.care.gateway.models import InboundMessage
    from crm_api.care.models import CareMessage

NOT_SENT = "settled_not_sent"


def get_reconciliation(message_id: str, *, gateway_id: str) -> Reconciliation:
    """Return where a message stands and how it came there, for the gateway that had it.

    :raises NotFound: if there is none, or it is another gateway's
    """
    message = queries.get_message(message_id, gateway_id=gateway_id)
    return Reconciliation(
        message=message,
        steps=queries.steps_of(message_id),
        attempts=queries.attempts_of([message_id], gateway_id=gateway_id),
    )


def settle_message(
    message_id: str, *, outcome: Settlement, note: str, by: Actor, now: datetime
) -> CareMessage:
    """Say of a message that nobody could vouch for whether it was sent.

    Found not to be sent it is still not sent again: its moment is gone, and the doubt was ours.

    :raises NotUncertain: if its end is known
    """
    visible = care.get_message(message_id, visible_to=by)
    [message] = lock_with_subjects([visible])
    if message.state is not MessageState.UNCERTAIN:
        if _was_settled_so(message, outcome):
            return message
        raise NotUncertain(state=message.state)
    if outcome is Settlement.SENT:
        count_as_sent([message], at=now)
        outbox.move(message, MessageState.SUBMITTED, at=now, reason=note, by_id=by.id)
    else:
        contact_frequency.release_slot(message.slot_id, reason=NOT_SENT)
        outbox.move(message, MessageState.CANCELLED, at=now, reason=NOT_SENT, by_id=by.id)
    audit.record(
        "care_message.settled",
        by_id=by.id,
        at=now,
        subject_kind="care_message",
        subject_id=message.id,
        details={"outcome": outcome, "note": note},
    )
    return message


def _was_settled_so(message: CareMessage, outcome: Settlement) -> bool:
    if outcome is Settlement.SENT:
        return message.state is MessageState.SUBMITTED
    return message.state is MessageState.CANCELLED and message.reason == NOT_SENT


def review_inbound(inbound_id: str, *, is_refusal: bool, by: Actor, now: datetime) -> Reply:
    """Read what a customer wrote at length, and let the number be written to if it was no refusal.

    :raises NotFound: if there is none to review, or none of the reader's customers wrote it
    :raises ReviewedAlready: if somebody decided otherwise
    """
    message = queries.get_inbound(inbound_id, visible_to=by)
    contact_frequency.lock_number(message.number)
    message = queries.lock_inbound(message.id)
    if message.reviewed_at is None or message.is_refusal != is_refusal:
        _review(message, is_refusal=is_refusal, by=by, now=now)
    return queries.replies_of([message], visible_to=by)[0]


def _review(message: InboundMessage, *, is_refusal: bool, by: Actor, now: datetime) -> None:
    message.review(is_refusal=is_refusal, by_id=by.id, at=now)
    if not is_refusal and _is_all_that_silences(message):
        contact_frequency.opt_in(message.number, at=now, source=f"review:{message.id}")
    audit.record(
        "care_inbound.reviewed",
        by_id=by.id,
        at=now,
        subject_kind="care_inbound",
        subject_id=message.id,
        details={"is_refusal": is_refusal},
    )


def _is_all_that_silences(message: InboundMessage) -> bool:
    """Tell whether the number would be free but for this message: other refusals stand."""
    source = queries.find_opt_out_source(message.number)
    return source == source_of(message) and not queries.has_refused_since(message)


def answer_inbound(inbound_id: str, *, by: Actor, now: datetime) -> Reply:
    """Take a customer's message off the list of those that want an answer.

    What was said is a contact of its own, logged as any other. Of two who do so, the first counts.

    :raises NotFound: if there is none, or none of the reader's customers wrote it
    """
    message = queries.lock_inbound(queries.get_inbound(inbound_id, visible_to=by).id)
    message.answer(by_id=by.id, at=now)
    return queries.replies_of([message], visible_to=by)[0]
