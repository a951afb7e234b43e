"""Say that a file will come; and that it is not wanted after all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api import config
from crm_api.attachments import policies, queries
from crm_api.attachments.errors import AttachmentInUse, TooManyLoose
from crm_api.attachments.models import Attachment
from crm_api.attachments.service.discarding import drop
from crm_api.attachments.terms import AttachmentStatus
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken
from crm_api.kit.ids import new_id
from crm_api.kit.touches import touching
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor

ANNOUNCED = ("file_name", "digest", "byte_size")


def announce_attachment(content: dict[str, Any], *, by: Actor, now: datetime) -> Attachment:
    """Make an attachment whose bytes are to come; told twice with one id, it is one.

    :raises ContentRefused: if nobody may bring such a file
    :raises IdTaken: if the id belongs to another attachment
    :raises TooManyLoose: if its sender attaches nothing
    """
    policies.require_not_barred(content["digest"], barred=config.current().barred_digests)
    known = queries.find_taken(content["id"])
    if known is None:
        known = _announced_now(content, by=by, now=now)
    return _repeated(known, content, by=by)


def _announced_now(content: dict[str, Any], *, by: Actor, now: datetime) -> Attachment:
    if queries.count_loose(by.id, at_most=policies.MOST_LOOSE) == policies.MOST_LOOSE:
        raise TooManyLoose(most=policies.MOST_LOOSE)
    attachment_id = content["id"] or new_id()
    said = {**content, "id": attachment_id, "uploaded_by_id": by.id, "created_at": now}
    row = {**said, "received_bytes": 0, "status": AttachmentStatus.RECEIVING}
    # Two of one id at once are one, or a clash that the caller is told of.
    announced = insert(Attachment).values(row).on_conflict_do_nothing()
    db.session.execute(touching(announced, [attachment_id]))
    return queries.get_taken(attachment_id)


def _repeated(known: Attachment, content: dict[str, Any], *, by: Actor) -> Attachment:
    is_same = all(getattr(known, name) == content[name] for name in ANNOUNCED)
    if known.uploaded_by_id != by.id or not is_same:
        raise IdTaken
    return known


def delete_attachment(attachment_id: str, *, by: Actor, now: datetime) -> None:
    """Take back an attachment that hangs on nothing.

    :raises NotFound: if there is none, or it is another's
    :raises AttachmentInUse: if it hangs on something
    """
    attachment = queries.get_own(attachment_id, by=by, for_change=True)
    if attachment.attached_at is not None:
        raise AttachmentInUse
    drop([attachment], now=now)
