"""Know the phones: note what they say of themselves, name them, turn them away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crm_api import config
from crm_api.accounts import service as accounts
from crm_api.accounts.errors import DeviceRevoked
from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.upserts import insert
from crm_api.sync.epochs import queries as epochs
from crm_api.sync.models import Phone
from crm_api.sync.phones import queries
from crm_api.sync.phones.errors import ServerRestored, UpgradeRequired
from crm_api.sync.phones.policies import is_older

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from crm_api.accounts.actors import Actor

FIRST_SCHEMA = 1


def see_phone(
    by: Actor,
    *,
    device_id: str,
    app_version: str,
    now: datetime,
    schema_version: int | None = None,
    cursor: int = 0,
    restore_seen: int | None = None,
) -> Phone:
    """Let a phone in, locked, with what it now says of itself.

    `cursor` is the one that it sent, 0 if none; `restore_seen` the epoch of X-Restore-Seen.

    :raises DeviceRevoked: if it was turned away
    :raises UpgradeRequired: if its app is older than what is still understood
    :raises ServerRestored: if it may hold what a restored backup lost
    """
    age = epochs.current_age().number
    # One that brings nothing has nothing to save. One that brings a cursor was known before: by
    # data that a backup has replaced.
    meet = partial(_meet, by.id, device_id, seen_epoch=1 if cursor else age, now=now)
    phone = queries.find_locked(by.id, device_id) or meet()
    if phone.revoked_at is not None:
        raise DeviceRevoked
    phone.schema_version = schema_version or phone.schema_version
    phone.app_version, phone.last_seen_at = app_version, now
    refuse_old_apps(app_version=app_version, schema_version=phone.schema_version)
    _ask_for_what_was_lost(phone, restore_seen=restore_seen, age=age, meet=meet)
    return phone


def refuse_old_apps(*, app_version: str, schema_version: int) -> None:
    """Refuse an app that the server does not understand any more.

    :raises UpgradeRequired: naming the oldest that it does
    """
    settings = config.current()
    oldest, oldest_schema = settings.oldest_app_version, settings.oldest_schema_version
    if is_older(app_version, than=oldest) or schema_version < oldest_schema:
        raise UpgradeRequired(oldest_app_version=oldest, oldest_schema_version=oldest_schema)


def _meet(staff_id: str, device_id: str, *, seen_epoch: int, now: datetime) -> Phone:
    met = {
        "staff_id": staff_id,
        "device_id": device_id,
        "schema_version": FIRST_SCHEMA,
        "first_seen_at": now,
        "last_seen_at": now,
        "seen_epoch": seen_epoch,
    }
    # Its first two requests may come at once.
    db.session.execute(insert(Phone).values(met).on_conflict_do_nothing())
    return queries.lock_phone(staff_id, device_id)


def _ask_for_what_was_lost(
    phone: Phone, *, restore_seen: int | None, age: int, meet: Callable[[], Phone]
) -> None:
    """Stop a phone of an earlier age, until it answers to what it was told in this one.

    An answer alone will not do: a backup restored twice gives the same number to two ages.
    """
    if phone.seen_epoch == age:
        return
    if restore_seen != age or phone.told_epoch != age:
        lost_since = epochs.lost_since(phone.seen_epoch)
        remember = partial(_note_told, meet, age=age)
        raise ServerRestored(epoch=age, restored_to=lost_since, remember=remember)
    phone.seen_epoch = age


def _note_told(meet: Callable[[], Phone], *, age: int) -> None:
    meet().told_epoch = age


def name_phone(staff_id: str, device_id: str, *, name: str, by: Actor) -> Phone:
    """Call one of the actor's own phones by a name that tells it from others.

    :raises NotFound: if the actor has no such phone
    """
    if staff_id != by.id:
        raise NotFound("phone")
    phone = queries.get_phone(staff_id, device_id, visible_to=by, for_change=True)
    phone.name = name
    return phone


def revoke_phone(staff_id: str, device_id: str, *, reason: str, by: Actor, now: datetime) -> Phone:
    """Let a phone sync no more, and end the sign-ins on that device.

    What it has yet to send stays on it: nobody can know what that is. Said again, it is so already.

    :raises NotFound: if there is no such phone, or the actor may not see it
    :raises Outranked: if it is not the actor who helps people of its owner's role
    """
    phone = queries.get_phone(staff_id, device_id, visible_to=by, for_change=True)
    if staff_id != by.id:
        accounts.get_helped(staff_id, by=by)
    if phone.revoked_at is None:
        phone.revoked_at, phone.revoked_by_id = now, by.id
        accounts.end_sessions_on(staff_id, device_id, because="device_revoked", at=now)
        _tell_of_revocation(phone, reason=reason, by=by, now=now)
    return phone


def _tell_of_revocation(phone: Phone, *, reason: str, by: Actor, now: datetime) -> None:
    audit.record(
        "phone_revoked",
        by_id=by.id,
        at=now,
        subject_kind="staff",
        subject_id=phone.staff_id,
        details={"device_id": phone.device_id, "reason": reason},
    )
