"""Files on their way out: never run by a browser, in ranges where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from flask import request, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from flask import Response

HEADERS = {
    # Whoever opens it in a browser after all gets no script, no frame, no origin of ours.
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    # Kept by nobody on the way; kept by the app only to ask whether it is still the same.
    "Cache-Control": "private, no-cache",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredContent:
    """A file on its way out."""

    file: IO[bytes]
    name: str
    media_type: str
    byte_size: int
    etag: str


class RangeNotSatisfiable(DomainError):
    """The bytes asked for lie beyond the end of the file."""

    status = 416
    code = "range_not_satisfiable"

    def __init__(self, *, byte_size: int) -> None:
        super().__init__("The file ends before that.", byte_size=byte_size)


def send_stored(content: StoredContent) -> Response:
    """Answer with a file: as a download, with its type as we found it, whole or in a range.

    :raises RangeNotSatisfiable: if the range begins beyond its end
    """
    answer = send_file(
        content.file,
        mimetype=content.media_type,
        as_attachment=True,
        download_name=content.name,
        conditional=False,
    )
    size = answer.content_length = content.byte_size
    answer.set_etag(content.etag)
    answer.headers.update(HEADERS)
    try:
        answer.make_conditional(request, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        content.file.close()
        raise RangeNotSatisfiable(byte_size=size) from None
    return answer


def send_made(file: IO[bytes], *, name: str, media_type: str) -> Response:
    """Answer with a file that was made for this one request, as a download."""
    answer = send_file(file, mimetype=media_type, as_attachment=True, download_name=name)
    answer.headers.update({**HEADERS, "Cache-Control": "no-store"})
    return answer
