"""What may be done with attachments."""

from crm_api.attachments.service.announcing import announce_attachment, delete_attachment
from crm_api.attachments.service.attaching import attach, detach
from crm_api.attachments.service.discarding import drop
from crm_api.attachments.service.receiving import receive_content
from crm_api.attachments.service.showing import open_content, open_thumbnail
from crm_api.attachments.service.sweeping import (
    delete_bytes,
    discard_loose,
    discard_stalled,
    discard_strays,
    discard_unused_files,
    forget_discarded,
)

__all__ = [
    "announce_attachment",
    "attach",
    "delete_attachment",
    "delete_bytes",
    "detach",
    "discard_loose",
    "discard_stalled",
    "discard_strays",
    "discard_unused_files",
    "drop",
    "forget_discarded",
    "open_content",
    "open_thumbnail",
    "receive_content",
]
