"""Give files back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.attachments import queries
from crm_api.attachments.errors import NotYetWhole
from crm_api.attachments.inspecting import THUMBNAIL_TYPE
from crm_api.attachments.stores import current_store
from crm_api.kit.downloads import StoredContent
from crm_api.kit.errors import NotFound
from crm_api.kit.transactions import end_reading

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor


def open_content(attachment_id: str, *, visible_to: Actor) -> StoredContent:
    """Open the file of an attachment, byte for byte as it came.

    :raises NotFound: if there is none, or none that the actor may see
    :raises NotYetWhole: if its bytes have not all arrived
    """
    found = queries.get_attachment(attachment_id, visible_to=visible_to)
    if found.file is None:
        raise NotYetWhole(received_bytes=found.received_bytes, byte_size=found.byte_size)
    key, media_type = found.file.key, found.file.media_type
    name, byte_size, digest = found.file_name, found.byte_size, found.digest
    end_reading()
    return StoredContent(
        file=current_store().open(key),
        name=name,
        media_type=media_type,
        byte_size=byte_size,
        etag=digest,
    )


def open_thumbnail(attachment_id: str, *, visible_to: Actor) -> StoredContent:
    """Open the small picture of a photo: upright, and without what the camera noted.

    :raises NotFound: if there is none, or none that the actor may see
    """
    found = queries.get_attachment(attachment_id, visible_to=visible_to)
    if found.file is None or found.file.thumbnail_key is None:
        raise NotFound("thumbnail")
    key, digest = found.file.thumbnail_key, found.digest
    end_reading()
    file = current_store().open(key)
    byte_size = file.seek(0, 2)
    file.seek(0)
    return StoredContent(
        file=file,
        name=f"{attachment_id}.jpg",
        media_type=THUMBNAIL_TYPE,
        byte_size=byte_size,
        etag=f"{digest}-thumbnail",
    )
