"""Requests to take entries back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.contact_history.models import Withdrawal
from crm_api.contact_history.terms import WithdrawalStatus
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import fetch_page

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest


def find_open_withdrawal(contact_id: str) -> Withdrawal | None:
    """Find the request about an entry that waits for a decision."""
    waiting = sa.select(Withdrawal).filter_by(
        contact_id=contact_id, status=WithdrawalStatus.REQUESTED
    )
    return db.session.scalar(waiting)


def get_withdrawal(withdrawal_id: str, *, visible_to: Actor) -> Withdrawal:
    """Return a request to take an entry back.

    :raises NotFound: if there is none, or none that the actor may see
    """
    found = customers.limit_to(_withdrawals(), visible_to=visible_to)
    withdrawal: Withdrawal | None = db.session.scalar(found.where(Withdrawal.id == withdrawal_id))
    if withdrawal is None:
        raise NotFound("withdrawal")
    return withdrawal


def list_withdrawals(
    *, status: WithdrawalStatus | None, page: PageRequest, visible_to: Actor
) -> Page:
    """Return requests to take entries back, oldest first."""
    found = customers.limit_to(_withdrawals(), visible_to=visible_to)
    if status is not None:
        found = found.where(Withdrawal.status == status)
    return fetch_page(found, by=[Withdrawal.created_at, Withdrawal.id], page=page)


def _withdrawals() -> sa.Select[Any]:
    return sa.select(Withdrawal).join(Customer, Customer.id == Withdrawal.customer_id)
