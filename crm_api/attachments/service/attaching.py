"""Hang attachments on what a floor above keeps, and take them off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.attachments import queries

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.attachments.models import Attachment


def attach(attachment_id: str, *, by: Actor, now: datetime) -> Attachment:
    """Take one's own loose attachment for something, before or after its bytes have come.

    The caller keeps what it hangs on, in the same transaction.

    :raises NotFound: if there is none, or it is another's
    :raises AttachmentInUse: if it hangs on something else
    """
    attachment = queries.get_own(attachment_id, by=by, for_change=True)
    attachment.attach(at=now)
    return attachment


def detach(attachment_id: str, *, by: Actor) -> None:
    """Let go of an attachment: from now on it is its uploader's alone, until it is swept.

    :raises NotFound: if there is none, or none that the actor may see
    """
    queries.get_attachment(attachment_id, visible_to=by, for_change=True).detach()
