"""What people decide about holds and opt-outs; each leaves a trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Role, Team
from crm_api.audit import service as audit
from crm_api.contact_frequency.errors import NotYourHold
from crm_api.contact_frequency.queries import lists
from crm_api.contact_frequency.service import holding, locking, suppressing
from crm_api.contact_frequency.terms import HoldKind
from crm_api.customers import queries as customers
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.models import Hold, OptOut, Slot

LEADERS = (Role.MANAGER, Role.ADMIN)


def place_hold(
    kind: HoldKind,
    *,
    customer_id: str | None,
    team_id: str | None,
    until_at: datetime | None,
    reason: str,
    by: Actor,
    now: datetime,
) -> Hold:
    """Leave a customer alone, or let a region mourn.

    :raises NotYourHold: if the region is not the actor's to silence
    :raises NotFound: if the actor may not see the customer, or there is no such team
    """
    path = None
    if customer_id is not None:
        customers.get_customer(customer_id, visible_to=by)
    if team_id is not None:
        path = _path_of(team_id, by=by)
    hold = holding.place_hold(
        kind,
        customer_id=customer_id,
        team_path=path,
        from_at=now,
        until_at=until_at,
        reason=reason,
        by_id=by.id,
    )
    audit.record("hold_placed", **_about(hold, by=by, now=now))
    return hold


def _path_of(team_id: str, *, by: Actor) -> str:
    path = db.session.scalar(sa.select(Team.path).where(Team.id == team_id))
    if path is None or not (by.role is Role.ADMIN or path.startswith(by.team_path)):
        raise NotFound("team")
    if by.role not in LEADERS:
        raise NotYourHold
    return path


def lift_hold(hold_id: str, *, reason: str, by: Actor, now: datetime) -> Hold:
    """Let care and marketing resume.

    :raises NotYourHold: if it ends with its complaint, or with the region's mourning
    :raises HoldLifted: if it was lifted before for another reason
    :raises NotFound: if the actor may not see it
    """
    hold = lists.get_hold(hold_id, visible_to=by)
    if hold.kind is HoldKind.COMPLAINT or (hold.team_path and not _leads(by, hold.team_path)):
        raise NotYourHold
    hold = holding.lift_hold(hold.id, reason=reason, by_id=by.id, at=now)
    audit.record("hold_lifted", **_about(hold, by=by, now=now))
    return hold


def _leads(by: Actor, path: str) -> bool:
    return by.role is Role.ADMIN or (by.role is Role.MANAGER and path.startswith(by.team_path))


def _about(hold: Hold, *, by: Actor, now: datetime) -> dict[str, Any]:
    return {
        "by_id": by.id,
        "at": now,
        "subject_kind": "contact_hold",
        "subject_id": hold.id,
        "details": {"kind": hold.kind, "customer_id": hold.customer_id, "path": hold.team_path},
    }


def lift_opt_out(opt_out_id: str, *, wish: str, by: Actor, now: datetime) -> OptOut:
    """Lift an opt-out because the customer asked for it, in words that are kept.

    :raises NotFound: if the actor may not see it
    """
    refusal = lists.get_opt_out(opt_out_id, visible_to=by)
    if refusal.lifted_at is None:
        suppressing.opt_in(refusal.number, at=now, source=f"wish:{by.id}")
        audit.record(
            "opt_out_lifted",
            by_id=by.id,
            at=now,
            subject_kind="opt_out",
            subject_id=refusal.id,
            details={"wish": wish},
        )
    return refusal


def note_look(slot_id: str, *, by: Actor, now: datetime) -> Slot:
    """Note that a manager looked at a contact that was told of very late.

    :raises NotFound: if the actor may not see it
    """
    slot, _ = locking.get_slot(slot_id)
    customers.get_customer(slot.customer_id, visible_to=by)
    if slot.needs_look:
        slot.needs_look = False
        audit.record(
            "late_contact_seen",
            by_id=by.id,
            at=now,
            subject_kind="contact_slot",
            subject_id=slot.id,
        )
    return slot
