"""Know the phones: note what they say of themselves, name them, turn them away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api import config
from crm_api.accounts import service as accounts
from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.upserts import insert
from crm_api.sync.epochs import queries as epochs
from crm_api.sync.models import Phone
from crm_api.sync.phones import queries
from crm_api.sync.phones.errors import DeviceRevoked, ServerRestored, UpgradeRequired
from crm_api.sync.phones.policies import epoch_of, is_older

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.sync.epochs.queries import Age

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

    `cursor` is the one that it sent, 0 if none; `restore_seen` the epoch of X-Restore-Seen. A phone
    that holds a cursor of an earlier epoch may hold what the server lost, whether known or not.

    :raises DeviceRevoked: if it was turned away
    :raises UpgradeRequired: if its app is older than what is still understood
    :raises ServerRestored: if it has yet to learn that a backup was restored
    """
    age = epochs.current_age()
    phone = _get_or_meet(by, device_id=device_id, cursor=cursor, age=age, now=now)
    if phone.revoked_at is not None:
        raise DeviceRevoked
    phone.schema_version = schema_version or phone.schema_version
    phone.app_version, phone.last_seen_at = app_version, now
    refuse_old_apps(app_version=app_version, schema_version=phone.schema_version)
    _ask_for_what_was_lost(phone, restore_seen=restore_seen, age=age)
    return phone


def refuse_old_apps(*, app_version: str, schema_version: int) -> None:
    """Refuse an app that the server does not understand any more.

    :raises UpgradeRequired: naming the oldest that it does
    """
    settings = config.current()
    oldest, oldest_schema = settings.oldest_app_version, settings.oldest_schema_version
    if is_older(app_version, than=oldest) or schema_version < oldest_schema:
        raise UpgradeRequired(oldest_app_version=oldest, oldest_schema_version=oldest_schema)


def _get_or_meet(by: Actor, *, device_id: str, cursor: int, age: Age, now: datetime) -> Phone:
    phone = queries.find_locked(by.id, device_id)
    if phone is not None:
        return phone
    met = {
        "staff_id": by.id,
        "device_id": device_id,
        "schema_version": FIRST_SCHEMA,
        "first_seen_at": now,
        "last_seen_at": now,
        # One that brings nothing has nothing to save; the cursor tells what another one knows of.
        "seen_epoch": min(age.number, epoch_of(cursor)) if cursor else age.number,
    }
    # Its first two requests may come at once.
    db.session.execute(insert(Phone).values(met).on_conflict_do_nothing())
    return queries.lock_phone(by.id, device_id)


def _ask_for_what_was_lost(phone: Phone, *, restore_seen: int | None, age: Age) -> None:
    if phone.seen_epoch < age.number and restore_seen == age.number:
        phone.seen_epoch = age.number
    if phone.seen_epoch < age.number:
        raise ServerRestored(epoch=age.number, restored_to=age.restored_to)


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
