"""The routes of attachments: announced as JSON, received as bytes, given back as a download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response

from crm_api import config
from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.attachments import queries, schemas, service
from crm_api.attachments.errors import (
    AttachmentInUse,
    ContentDiffers,
    ContentRefused,
    DigestMismatch,
    NotYetWhole,
    OffsetMismatch,
    PieceTooSmall,
    StorageUnavailable,
    TooManyLoose,
)
from crm_api.kit import clock
from crm_api.kit.downloads import RangeNotSatisfiable, send_stored
from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import page_schema
from crm_api.kit.segments import sent_segment
from crm_api.kit.uploads import takes_upload

if TYPE_CHECKING:
    from crm_api.attachments.models import Attachment
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

WRITERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
BYTES = {"type": "string", "format": "binary"}
TOO_LARGE = {"description": "Refused: `body_too_large`."}
PIECE = {
    "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": BYTES}}},
    "parameters": [
        {
            "name": "Content-Range",
            "in": "header",
            "schema": {"type": "string"},
            "example": "bytes 0-1048575/3145728",
            "description": "Which bytes these are (RFC 9110, 14.5: a partial PUT); all, if absent.",
        },
        {
            "name": "Content-Digest",
            "in": "header",
            "schema": {"type": "string"},
            "description": "`sha-256=:base64:` of these bytes (RFC 9530), checked if sent.",
        },
    ],
}
RANGE = {
    "parameters": [
        {
            "name": "Range",
            "in": "header",
            "schema": {"type": "string"},
            "example": "bytes=0-1023",
            "description": "Answered with 206 and that range.",
        }
    ],
    "responses": {"206": {"description": "The range asked for."}, "304": {"description": "Same."}},
}

blueprint = Blueprint(
    "attachments",
    __name__,
    description="Files (附件): announced with their digest, then sent in pieces that may be "
    "repeated: `PUT …/content` with `Content-Range`, and `HEAD …/content` for the offset.",
)


@blueprint.post("/v1/attachments")
@requires(*WRITERS)
@refuses(IdTaken, TooManyLoose, ContentRefused)
@blueprint.arguments(schemas.NewAttachmentSchema)
@blueprint.response(201, schemas.AttachmentSchema)
def announce_attachment(payload: Payload) -> Attachment:
    """Announce a file; its bytes follow."""
    return service.announce_attachment(payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/attachments")
@requires(*Role)
@refuses(Invalid)
@blueprint.arguments(schemas.AttachmentQuerySchema, location="query")
@blueprint.response(200, page_schema(schemas.AttachmentSchema))
def list_attachments(query: Payload) -> Page:
    """List one's own uploads, newest first: what is still to be sent, what hangs on nothing."""
    return queries.own_attachments(by=current_actor(), **query)


@blueprint.get("/v1/attachments/<record_id:attachment_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, schemas.AttachmentSchema)
def get_attachment(*, attachment_id: str) -> Attachment:
    """Get what is known of a file."""
    return queries.get_attachment(attachment_id, visible_to=current_actor())


@blueprint.delete("/v1/attachments/<record_id:attachment_id>")
@requires(*WRITERS)
@refuses(NotFound, AttachmentInUse)
@blueprint.response(204)
def delete_attachment(*, attachment_id: str) -> None:
    """Take back one's own file that hangs on nothing."""
    service.delete_attachment(attachment_id, by=current_actor(), now=clock.now())


# Before GET, which would answer HEAD as well: the first rule that fits is taken.
@blueprint.route("/v1/attachments/<record_id:attachment_id>/content", methods=["HEAD"])
@requires(*WRITERS)
@refuses(NotFound)
@blueprint.response(204)
def tell_offset(*, attachment_id: str) -> Response:
    """Tell where one's own upload stands: `Upload-Offset`, and whether it is complete."""
    upload = queries.get_upload(attachment_id, by=current_actor())
    return Response(status=204, headers=upload.progress)


@blueprint.put("/v1/attachments/<record_id:attachment_id>/content")
@takes_upload(lambda: config.current().max_attachment_bytes)
@requires(*WRITERS)
@refuses(NotFound, Invalid, OffsetMismatch, PieceTooSmall, DigestMismatch)
@refuses(ContentRefused, ContentDiffers, StorageUnavailable)
@blueprint.doc(**PIECE, responses={"413": TOO_LARGE})
@blueprint.response(200, schemas.AttachmentSchema)
def receive_content(*, attachment_id: str) -> Attachment:
    """Send a piece of a file, or all of it; once whole, it is checked and kept."""
    segment = sent_segment()
    return service.receive_content(attachment_id, segment, by=current_actor(), now=clock.now())


@blueprint.get("/v1/attachments/<record_id:attachment_id>/content")
@requires(*Role)
@refuses(NotFound, NotYetWhole, RangeNotSatisfiable, StorageUnavailable)
@blueprint.doc(**RANGE)
@blueprint.response(200, BYTES, content_type="application/octet-stream")
def get_content(*, attachment_id: str) -> Response:
    """Download a file, byte for byte as it came; ranges are answered."""
    shown = service.open_content(attachment_id, visible_to=current_actor())
    return send_stored(shown)


@blueprint.get("/v1/attachments/<record_id:attachment_id>/thumbnail")
@requires(*Role)
@refuses(NotFound, RangeNotSatisfiable, StorageUnavailable)
@blueprint.doc(**RANGE)
@blueprint.response(200, BYTES, content_type="image/jpeg")
def get_thumbnail(*, attachment_id: str) -> Response:
    """Download a small picture of a photo, without what the camera noted in it."""
    shown = service.open_thumbnail(attachment_id, visible_to=current_actor())
    return send_stored(shown)


BLUEPRINTS = (blueprint,)
