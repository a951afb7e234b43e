"""What gateways leave for people: messages that nobody can move on, reports that match nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import MachineClient, Team
from crm_api.care.gateway.models import IS_UNMATCHED, DeliveryAttempt, DeliveryReport
from crm_api.care.models import CareMessage
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.care.terms import MessageState
    from crm_api.kit.paging import PageRequest

IS_STUCK = sa.text("care_messages.state IN ('uncertain', 'dead')")


def list_stuck(
    *,
    state: MessageState | None,
    due_before: datetime | None,
    gateway_id: str | None,
    team_id: str | None,
    visible_to: Actor,
    page: PageRequest,
) -> Page:
    """Return messages of which only people can say what became of them, the oldest first.

    :raises NotFound: if the reader may not see the team
    """
    statement = customers.limit_to(_stuck(), visible_to=visible_to)
    if state is not None:
        statement = statement.where(CareMessage.state == state)
    if due_before is not None:
        statement = statement.where(CareMessage.due_at < due_before)
    if gateway_id is not None:
        statement = statement.where(CareMessage.gateway_id == gateway_id)
    if team_id is not None:
        team = accounts.get_team(team_id, visible_to=visible_to)
        statement = statement.where(accounts.in_subtree(team.path))
    return fetch_page(statement, by=[CareMessage.due_at, CareMessage.id], page=page)


def _stuck() -> Any:
    """Select them with what the last attempt to send them left behind."""
    last = (
        sa.select(DeliveryAttempt.id)
        .where(DeliveryAttempt.message_id == CareMessage.id)
        .order_by(DeliveryAttempt.created_at.desc(), DeliveryAttempt.id.desc())
        .limit(1)
        .correlate(CareMessage)
        .scalar_subquery()
    )
    return (
        sa.select(
            *(CareMessage.id, CareMessage.state, CareMessage.reason, CareMessage.customer_id),
            *(CareMessage.number, CareMessage.occasion, CareMessage.on_day, CareMessage.text),
            *(CareMessage.due_at, CareMessage.begun_at, CareMessage.attempt),
            *(CareMessage.idle_leases, CareMessage.gateway_id, CareMessage.lease_worker),
            MachineClient.name.label("gateway_name"),
            Customer.team_id,
            *(DeliveryAttempt.provider_id, DeliveryAttempt.error),
        )
        .join(Customer, Customer.id == CareMessage.customer_id)
        .join(Team, Team.id == Customer.team_id)
        .outerjoin(MachineClient, MachineClient.id == CareMessage.gateway_id)
        .outerjoin(DeliveryAttempt, DeliveryAttempt.id == last)
        .where(IS_STUCK)
    )


def list_unmatched(
    *, gateway_id: str | None, stored_before: datetime | None, page: PageRequest
) -> Page:
    """Return reports of which nobody knows what they speak of, the oldest first."""
    statement = sa.select(DeliveryReport).where(IS_UNMATCHED)
    if gateway_id is not None:
        statement = statement.where(DeliveryReport.gateway_id == gateway_id)
    if stored_before is not None:
        statement = statement.where(DeliveryReport.created_at < stored_before)
    return fetch_page(statement, by=[DeliveryReport.created_at, DeliveryReport.id], page=page)
