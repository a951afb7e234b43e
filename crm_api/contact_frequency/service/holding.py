"""Holds: care and marketing stand still for a customer, or for a region in mourning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.contact_frequency.models import Hold
from crm_api.contact_frequency.service import freezing
from crm_api.contact_frequency.service.replanning import recheck_customers
from crm_api.customers import locks
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.contact_frequency.terms import HoldKind


def place_hold(
    kind: HoldKind,
    *,
    customer_id: str | None = None,
    team_path: str | None = None,
    from_at: datetime,
    until_at: datetime | None = None,
    reason: str,
    source: str | None = None,
    by_id: str | None,
) -> Hold:
    """Stop care and marketing for a customer or for a team's whole subtree.

    A hold that its source placed already is kept, until the end that was told last. Once this
    commits, nothing that it covers begins.
    """
    if customer_id is not None:
        locks.lock_subjects(customer_ids=[customer_id])
    else:
        freezing.stop_begins()
    # By the clock that begins are judged by: the caller's own may be ahead of it.
    from_at = min(from_at, clock.after_lock(db.session()))
    hold = _of_source(kind, source, customer_id=customer_id, team_path=team_path)
    if hold is not None:
        hold.until_at = until_at
        return _rechecked(hold)
    hold = Hold(
        id=new_id(),
        created_at=from_at,
        kind=kind,
        customer_id=customer_id,
        team_path=team_path,
        from_at=from_at,
        until_at=until_at,
        reason=reason,
        source=source,
        by_id=by_id,
    )
    db.session.add(hold)
    return _rechecked(hold)


def _rechecked(hold: Hold) -> Hold:
    """Look again at what one customer is planned for; a region's plans are the sweep's."""
    db.session.flush()
    if hold.customer_id is not None:
        recheck_customers([hold.customer_id], now=clock.after_lock(db.session()))
    return hold


def _of_source(kind: HoldKind, source: str | None, **subject: str | None) -> Hold | None:
    if source is None:
        return None
    statement = sa.select(Hold).filter_by(kind=kind, source=source, **subject)
    return db.session.scalar(statement.where(Hold.lifted_at.is_(None)))


def lift_hold(hold_id: str, *, reason: str, by_id: str | None, at: datetime) -> Hold:
    """Let care and marketing resume.

    :raises HoldLifted: if it was lifted before for another reason
    :raises NotFound: if there is no such hold
    """
    hold = db.session.get(Hold, hold_id)
    if hold is None:
        raise NotFound("hold")
    if hold.customer_id is not None:
        locks.lock_subjects(customer_ids=[hold.customer_id])
        db.session.refresh(hold)
    hold.lift(reason=reason, by_id=by_id, at=at)
    return _rechecked(hold)
