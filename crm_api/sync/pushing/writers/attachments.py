"""What is known of a visit's files; their bytes go apart, by `PUT /v1/attachments/{id}/content`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crm_api.attachments import service as attachments
from crm_api.attachments.errors import AttachmentInUse, ContentRefused, TooManyLoose
from crm_api.attachments.schemas import NewAttachmentSchema
from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.sync.pushing.decoding import decode, load
from crm_api.sync.pushing.writers.shape import Writer
from crm_api.visits.attachments import service
from crm_api.visits.attachments.errors import TooManyAttachments
from crm_api.visits.attachments.schemas import NewVisitAttachmentSchema
from crm_api.visits.errors import VisitClosed

if TYPE_CHECKING:
    from crm_api.sync.pushing.values import Push, PushedRecord

FILE: Final = ("file_name", "digest", "byte_size")


def _create(record: PushedRecord, push: Push) -> None:
    file = load(NewAttachmentSchema, {**decode(record, push, names=FILE), "id": record.id})
    meaning = decode(record, push, names=("kind", "caption", "signed_by"))
    content = load(NewVisitAttachmentSchema, meaning)
    # Perhaps announced already, online, with half of its bytes here.
    attachments.announce_attachment(file, by=push.by, now=push.now)
    visit_id = record.text("visit_id") or ""
    by = push.actor_for(visit_id)
    service.attach_file(visit_id, record.id, content, by=by, now=push.now)


WRITER = Writer(
    create=_create,
    refuses=(
        NotFound,
        IdTaken,
        TooManyLoose,
        ContentRefused,
        VisitClosed,
        AttachmentInUse,
        TooManyAttachments,
        Invalid,
    ),
)
