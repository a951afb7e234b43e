"""Phones come and go: an administrator lets each in, by a secret that works once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from crm_api.accounts import service as accounts
from crm_api.accounts.models import Scope
from crm_api.accounts.tokens import digest_of
from crm_api.audit import service as audit
from crm_api.care.compat import queries
from crm_api.care.compat.errors import DeviceRemoved, RegistrationRefused
from crm_api.care.compat.models import SmsGateDevice
from crm_api.care.gateway import service as gateway
from crm_api.contact_frequency import service as contact_frequency
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor

SECRET_LASTS: Final = timedelta(hours=24)
REPLACED: Final = "device_replaced"
REMOVED: Final = "device_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What to type into a phone: the secret is shown once."""

    device_id: str
    secret: str
    signing_key: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What a phone gets for its secret, once."""

    id: str
    token: str
    login: str
    password: str = ""


def add_device(*, name: str, by: Actor, now: datetime) -> Invitation:
    """Make room for a phone: a machine client without a key, and the secret that fetches one.

    :raises ClientNameTaken: if another machine has this name
    """
    client = accounts.create_client(
        id=None, name=name, scopes=[Scope.GATEWAY], by_id=by.id, now=now
    )
    device = SmsGateDevice(id=client.id, created_at=now, signing_key=secrets.token_urlsafe(24))
    db.session.add(device)
    return _invite(device, by=by, now=now)


def invite_again(device_id: str, *, by: Actor, now: datetime) -> Invitation:
    """Give a new secret: for a phone that lost its key, whose key was seen, or another phone.

    What the device has goes on until the secret is used.

    :raises NotFound: if there is no such device
    :raises DeviceRemoved: if it was taken out of service
    """
    queries.get_device(device_id)
    device = queries.lock_device(device_id)
    if device.removed_at is not None:
        raise DeviceRemoved
    return _invite(device, by=by, now=now)


def _invite(device: SmsGateDevice, *, by: Actor, now: datetime) -> Invitation:
    secret = secrets.token_urlsafe(12)
    device.secret_digest = digest_of(secret)
    device.secret_expires_at = now + SECRET_LASTS
    db.session.flush()
    _tell("smsgate_device.invited", device.id, by_id=by.id, at=now)
    return Invitation(
        device_id=device.id,
        secret=secret,
        signing_key=device.signing_key,
        expires_at=device.secret_expires_at,
    )


def register_device(secret: str, *, model: str, now: datetime) -> Registered:
    """Let a phone in for its secret, and let its former key go.

    The app on it may be a new one that knows nothing of what was offered before: that is parked,
    and never offered to it.

    :raises RegistrationRefused: if the secret was used, is too old, or was never given out
    """
    digest = digest_of(secret)
    found = queries.find_device_by_secret(digest, at=now)
    if found is None:
        raise RegistrationRefused
    contact_frequency.stop_begins()
    gateway.doubt_messages_of(found, reason=REPLACED, now=now)
    device = queries.lock_device(found)
    if device.secret_digest != digest:  # somebody was quicker
        raise RegistrationRefused
    device.secret_digest = device.secret_expires_at = None
    device.registered_at = now
    device.model = model
    issued = accounts.issue_key(device.id, overlap=timedelta(), by_id=None, now=now)
    _tell("smsgate_device.registered", device.id, by_id=None, at=now)
    return Registered(id=device.id, token=issued.key, login=device.id)


def remove_device(device_id: str, *, by: Actor, now: datetime) -> SmsGateDevice:
    """Shut a phone out at once; what it had in hand goes to the list of doubts.

    :raises NotFound: if there is no such device
    """
    queries.get_device(device_id)
    contact_frequency.stop_begins()
    gateway.doubt_messages_of(device_id, reason=REMOVED, now=now)
    accounts.deactivate_client(device_id, by=by, now=now)
    device = queries.lock_device(device_id)
    if device.removed_at is None:
        device.removed_at = now
        device.secret_digest = device.secret_expires_at = None
        _tell("smsgate_device.removed", device.id, by_id=by.id, at=now)
    return device


def require_same_phone(device_id: str, *, registered_at: datetime | None) -> None:
    """Refuse to offer anything to a phone whose place another took meanwhile.

    Asked after a begin, in its transaction: a registration waits for the begins under way, and
    parks what they bound; what begins after it, on the former phone's word, must be undone.

    :raises NotFound: if it is another's place by now
    """
    if queries.find_registration(device_id) != registered_at:
        raise NotFound("device")


def _tell(action: str, device_id: str, *, by_id: str | None, at: datetime) -> None:
    audit.record(action, by_id=by_id, at=at, subject_kind="machine_client", subject_id=device_id)
