"""Who asked for what to be erased, and what stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from crm_api.attachments.models import Attachment
from crm_api.care.models import LOST, CareMessage
from crm_api.care.terms import MessageState
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import SlotState
from crm_api.contact_history.models import Withdrawal
from crm_api.contact_history.terms import WithdrawalStatus
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import fetch_page
from crm_api.privacy.models import IS_OPEN, CustomerErasure
from crm_api.privacy.terms import ErasureStatus
from crm_api.visits.attachments.models import VisitAttachment
from crm_api.visits.models import Visit, VisitNote
from crm_api.visits.terms import VisitStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest

OPEN_VISITS = (
    VisitStatus.PLANNED,
    VisitStatus.CONFIRMED,
    VisitStatus.CHECKED_IN,
    VisitStatus.CHECKED_OUT,
)
ON_ITS_WAY = (MessageState.SUBMITTING, MessageState.UNCERTAIN)
STILL_TO_SEND = (MessageState.QUEUED, MessageState.LEASED, *sorted(LOST))
OPEN_SLOTS = (SlotState.HELD, SlotState.RESERVED, SlotState.IN_FLIGHT, SlotState.UNCERTAIN)
MOST_NAMED = 20


def fetch_erasures(*, visible_to: Actor, page: PageRequest, **equal: Any) -> Page:
    """Return a page of erasures of the customers whom the actor sees or saw, newest first."""
    wanted = {name: value for name, value in equal.items() if value is not None}
    statement = _limit_to(sa.select(CustomerErasure).filter_by(**wanted), visible_to=visible_to)
    return fetch_page(statement, by=[CustomerErasure.id], page=page, descending=True)


def get_erasure(erasure_id: str, *, visible_to: Actor) -> CustomerErasure:
    """Return an erasure.

    :raises NotFound: if there is none, or none that the actor may see
    """
    statement = sa.select(CustomerErasure).where(CustomerErasure.id == erasure_id)
    statement = _limit_to(statement, visible_to=visible_to)
    fresh = statement.execution_options(populate_existing=True)
    erasure = db.session.scalars(fresh).one_or_none()
    if erasure is None:
        raise NotFound("erasure")
    return erasure


def _limit_to(
    statement: sa.Select[CustomerErasure], *, visible_to: Actor
) -> sa.Select[CustomerErasure]:
    # By the customer's team, wherever it was asked: a customer who has gone to another one is no
    # longer to be forgotten, nor seen, by the former.
    joined = statement.join(Customer, Customer.id == CustomerErasure.customer_id)
    return customers.limit_to(joined, visible_to=visible_to, even_erased=True)


def find_open_erasure(customer_id: str) -> CustomerErasure | None:
    """Return the erasure of a customer that is not settled, if there is one."""
    statement = sa.select(CustomerErasure).where(
        CustomerErasure.customer_id == customer_id, IS_OPEN
    )
    return db.session.scalars(statement).one_or_none()


def due_erasures(today: date, *, after_id: str, limit: int) -> Sequence[CustomerErasure]:
    """Return the next approved erasures whose day has come, by id."""
    statement = sa.select(CustomerErasure).where(
        CustomerErasure.status == ErasureStatus.APPROVED,
        CustomerErasure.erase_on <= today,
        CustomerErasure.id > after_id,
    )
    return db.session.scalars(statement.order_by(CustomerErasure.id).limit(limit)).all()


def find_blockers(customer_id: str) -> list[dict[str, Any]]:
    """Return what is open with a customer: each with its kind and id, some of each kind.

    Who was merged since is erased with whom they go on as: that is another request.
    """
    successor = customers.successor_of(customer_id)
    if successor != customer_id:
        return [{"kind": "customer_merged", "id": successor}]
    return _open_with(customers.ids_of(customer_id))


def _open_with(customer_ids: Sequence[str]) -> list[dict[str, Any]]:
    ours = sa.select(CareMessage.slot_id).where(CareMessage.customer_id.in_(customer_ids))
    visits_slots = sa.select(Visit.slot_id).where(
        Visit.customer_id.in_(customer_ids), Visit.slot_id.is_not(None)
    )
    open_things = {
        "visit": sa.select(Visit.id).where(
            Visit.customer_id.in_(customer_ids), Visit.status.in_(OPEN_VISITS)
        ),
        "care_message": sa.select(CareMessage.id).where(
            CareMessage.customer_id.in_(customer_ids), CareMessage.state.in_(ON_ITS_WAY)
        ),
        "contact_reservation": sa.select(Slot.id).where(
            Slot.customer_id.in_(customer_ids),
            Slot.state.in_(OPEN_SLOTS),
            Slot.id.not_in(ours),
            Slot.id.not_in(visits_slots),
        ),
        "withdrawal": sa.select(Withdrawal.id).where(
            Withdrawal.customer_id.in_(customer_ids),
            Withdrawal.status == WithdrawalStatus.REQUESTED,
        ),
    }
    return [
        {"kind": kind, "id": found}
        for kind, statement in open_things.items()
        for found in db.session.scalars(statement.order_by(sa.text("1")).limit(MOST_NAMED))
    ]


def files_of(customer_ids: Sequence[str]) -> Sequence[Attachment]:
    """Return the files that hang on these customers' visits."""
    statement = (
        sa.select(Attachment)
        .options(selectinload(Attachment.file))
        .join(VisitAttachment, VisitAttachment.attachment_id == Attachment.id)
        .join(Visit, Visit.id == VisitAttachment.visit_id)
        .where(Visit.customer_id.in_(customer_ids))
    )
    return db.session.scalars(statement.order_by(Attachment.id)).all()


def told_since(moment: datetime, customer_ids: Sequence[str]) -> Sequence[str]:
    """Return notes and files of these customers' visits that came since: they name no customer."""
    notes = sa.select(VisitNote.id, VisitNote.created_at, VisitNote.visit_id)
    files = sa.select(Attachment.id, Attachment.created_at, VisitAttachment.visit_id).join(
        VisitAttachment, VisitAttachment.attachment_id == Attachment.id
    )
    told = sa.union_all(notes, files).subquery().c
    statement = sa.select(told.id).join(Visit, Visit.id == told.visit_id)
    return db.session.scalars(
        statement.where(Visit.customer_id.in_(customer_ids), told.created_at >= moment)
    ).all()


def messages_to_stop(customer_ids: Sequence[str]) -> Sequence[CareMessage]:
    """Return the messages to a customer that no gateway has begun, by id."""
    statement = sa.select(CareMessage).where(
        CareMessage.customer_id.in_(customer_ids), CareMessage.state.in_(STILL_TO_SEND)
    )
    return db.session.scalars(statement.order_by(CareMessage.id)).all()
