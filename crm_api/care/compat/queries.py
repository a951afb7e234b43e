"""Phones, and what they have in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import ClientKey, MachineClient, Standing
from crm_api.care.compat.models import SmsGateDevice
from crm_api.care.gateway.policies.pace import MARGIN
from crm_api.care.gateway.queries.outbox import IS_SUBMITTING
from crm_api.care.models import CareMessage
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.kit.paging import PageRequest

_LAST_SEEN = (
    sa.select(sa.func.max(ClientKey.last_used_at))
    .where(ClientKey.client_id == SmsGateDevice.id)
    .scalar_subquery()
)


def get_device(device_id: str) -> SmsGateDevice:
    """Return a phone.

    :raises NotFound: if there is none with this id
    """
    device = db.session.get(SmsGateDevice, device_id)
    if device is None:
        raise NotFound("device")
    return device


def get_phone(client_id: str) -> SmsGateDevice:
    """Return the phone that a machine client is.

    :raises NotFound: if it is none, or was taken out of service
    """
    device = get_device(client_id)
    if device.removed_at is not None:
        raise NotFound("device")
    return device


def find_registration(device_id: str) -> datetime | None:
    """Return when a phone in service was let in, as it stands in the database now."""
    statement = sa.select(SmsGateDevice.registered_at).where(
        SmsGateDevice.id == device_id, SmsGateDevice.removed_at.is_(None)
    )
    return db.session.scalar(statement)


def lock_device(device_id: str) -> SmsGateDevice:
    """Lock a phone that there is, and read it as it is now."""
    statement = sa.select(SmsGateDevice).where(SmsGateDevice.id == device_id).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one()


def find_device_by_secret(digest: str, *, at: datetime) -> str | None:
    """Return the id of the phone that a secret registers, while it does."""
    statement = sa.select(SmsGateDevice.id).where(
        SmsGateDevice.secret_digest == digest, SmsGateDevice.secret_expires_at > at
    )
    return db.session.scalar(statement)


def list_devices(*, page: PageRequest, is_removed: bool | None) -> Page:
    """Return the phones, the newest first, with what is known of each."""
    columns: tuple[Any, ...] = (
        *(SmsGateDevice.id, SmsGateDevice.model, SmsGateDevice.created_at),
        *(SmsGateDevice.registered_at, SmsGateDevice.removed_at, MachineClient.name),
        _LAST_SEEN.label("last_seen_at"),
    )
    statement = sa.select(*columns).join(MachineClient, MachineClient.id == SmsGateDevice.id)
    if is_removed is not None:
        is_gone = SmsGateDevice.removed_at.is_not(None)
        statement = statement.where(is_gone if is_removed else ~is_gone)
    by = [SmsGateDevice.created_at, SmsGateDevice.id]
    return fetch_page(statement, by=by, page=page, descending=True)


def find_signing_key(device_id: str) -> str | None:
    """Return the key by which a phone signs, while it is let in at all."""
    statement = (
        sa.select(SmsGateDevice.signing_key)
        .join(MachineClient, MachineClient.id == SmsGateDevice.id)
        .where(
            SmsGateDevice.id == device_id,
            SmsGateDevice.registered_at.is_not(None),
            SmsGateDevice.removed_at.is_(None),
            MachineClient.status == Standing.ACTIVE,
        )
    )
    return db.session.scalar(statement)


def count_in_hand(gateway_id: str, *, now: datetime) -> int:
    """Count what a product was offered, has not answered, and might still send in time."""
    return db.session.scalar(sa.select(sa.func.count()).where(*_in_hand(gateway_id, now=now))) or 0


def messages_in_hand(gateway_id: str, *, now: datetime) -> Sequence[CareMessage]:
    """Return what a product was offered, has not answered, and might still send in time."""
    statement = (
        sa.select(CareMessage)
        .where(*_in_hand(gateway_id, now=now))
        .order_by(CareMessage.begun_at, CareMessage.priority, CareMessage.id)
    )
    return db.session.scalars(statement).all()


def _in_hand(gateway_id: str, *, now: datetime) -> tuple[Any, ...]:
    is_its_own = CareMessage.gateway_id == gateway_id
    return IS_SUBMITTING, is_its_own, CareMessage.send_before >= now + MARGIN
