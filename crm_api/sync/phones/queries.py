"""Reads of phones, limited to whose they are and who leads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts.models import Role, Staff
from crm_api.accounts.queries import subtree_team_ids
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page
from crm_api.sync.models import Phone

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.accounts.queries import Device
    from crm_api.kit.paging import PageRequest


def find_locked(staff_id: str, device_id: str) -> Phone | None:
    """Return a phone as it now is, locked, if it ever synced."""
    return db.session.scalars(_locked(staff_id, device_id)).one_or_none()


def lock_phone(staff_id: str, device_id: str) -> Phone:
    """Return a phone that is known to be there as it now is, locked."""
    return db.session.scalars(_locked(staff_id, device_id)).one()


def _locked(staff_id: str, device_id: str) -> sa.Select[Phone]:
    sought = sa.select(Phone).where(Phone.staff_id == staff_id, Phone.device_id == device_id)
    return sought.with_for_update().execution_options(populate_existing=True)


def is_revoked(device: Device) -> bool:
    """Tell whether somebody's device was turned away."""
    sought = sa.select(Phone.revoked_at)
    sought = sought.where(Phone.staff_id == device.staff_id, Phone.device_id == device.device_id)
    return db.session.scalar(sought) is not None


def get_phone(
    staff_id: str, device_id: str, *, visible_to: Actor, for_change: bool = False
) -> Phone:
    """Return a phone; for a change, as it is now, locked.

    :raises NotFound: if there is none, or the actor may not see it
    """
    sought = _visible(visible_to).where(Phone.staff_id == staff_id, Phone.device_id == device_id)
    if for_change:
        sought = sought.with_for_update(of=Phone).execution_options(populate_existing=True)
    phone = db.session.scalars(sought).one_or_none()
    if phone is None:
        raise NotFound("phone")
    return phone


def list_phones(
    *,
    visible_to: Actor,
    page: PageRequest,
    staff_id: str | None = None,
    is_revoked: bool | None = None,
    app_version: str | None = None,
    not_seen_since: datetime | None = None,
) -> Page:
    """Return phones by person and device, so that each page is a range of the key."""
    statement = _visible(visible_to)
    if staff_id is not None:
        statement = statement.where(Phone.staff_id == staff_id)
    if is_revoked is not None:
        statement = statement.where(Phone.revoked_at.is_not(None) == is_revoked)
    if app_version is not None:
        statement = statement.where(Phone.app_version == app_version)
    if not_seen_since is not None:
        statement = statement.where(Phone.last_seen_at < not_seen_since)
    return fetch_page(statement, by=[Phone.staff_id, Phone.device_id], page=page)


def _visible(actor: Actor) -> sa.Select[Phone]:
    statement = sa.select(Phone)
    if actor.role in (Role.ADMIN, Role.AUDITOR):
        return statement
    if actor.role is not Role.MANAGER:
        return statement.where(Phone.staff_id == actor.id)
    led = sa.select(Staff.id).where(Staff.team_id.in_(subtree_team_ids(actor.team_path)))
    return statement.where(sa.or_(Phone.staff_id.in_(led), Phone.staff_id == actor.id))
