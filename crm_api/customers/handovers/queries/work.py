"""What a handover has still to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers.handovers.models import HandedCustomer, HandedRow, Handover
from crm_api.customers.handovers.terms import HandoverState
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from crm_api.customers.handovers.terms import Outcome

AT_WORK = (HandoverState.UNDER_WAY, HandoverState.UNDOING)


def find_due_ids(now: datetime) -> Sequence[str]:
    """Return the handovers that take effect by now, or are on their way, the oldest first."""
    is_due = sa.and_(Handover.state == HandoverState.PLANNED, Handover.takes_effect_at <= now)
    statement = sa.select(Handover.id).where(sa.or_(is_due, Handover.state.in_(AT_WORK)))
    return db.session.scalars(statement.order_by(Handover.takes_effect_at, Handover.id)).all()


def find_state(handover_id: str) -> HandoverState:
    """Return how far a handover has come, without locking it."""
    return db.session.scalars(sa.select(Handover.state).where(Handover.id == handover_id)).one()


def lock_handover(handover_id: str) -> Handover:
    """Lock a handover and read it as it now is."""
    sought = sa.select(Handover).where(Handover.id == handover_id).with_for_update()
    return db.session.scalars(sought.execution_options(populate_existing=True)).one()


def find_items(handover_id: str, outcome: Outcome, *, limit: int | None) -> Sequence[str]:
    """Return the next customers of a handover who stand so, without locking them."""
    statement = _items(handover_id, outcome).with_only_columns(HandedCustomer.customer_id)
    return db.session.scalars(statement.limit(limit)).all()


def lock_items(
    handover_id: str, outcome: Outcome, *, customer_ids: Collection[str]
) -> Sequence[HandedCustomer]:
    """Return those of these customers who still stand so; the handover is locked."""
    statement = _items(handover_id, outcome).where(
        is_among(HandedCustomer.customer_id, customer_ids)
    )
    return db.session.scalars(statement.execution_options(populate_existing=True)).all()


def _items(handover_id: str, outcome: Outcome) -> sa.Select[HandedCustomer]:
    return (
        sa.select(HandedCustomer)
        .where(HandedCustomer.handover_id == handover_id, HandedCustomer.outcome == outcome)
        .order_by(HandedCustomer.customer_id)
    )


def find_moved_rows(handover_id: str, table_name: str) -> sa.Select[str]:
    """Return a select of the ids of a table's rows that a handover moved."""
    return sa.select(HandedRow.row_id).where(
        HandedRow.handover_id == handover_id, HandedRow.table_name == table_name
    )
