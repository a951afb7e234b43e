"""Pieces of a file in requests: a partial PUT, as RFC 9110 (14.5) has it.

`Content-Range: bytes FIRST-LAST/TOTAL` says which bytes a body holds; without it, it is the whole.
`Content-Digest` (RFC 9530), where it is sent, is checked for the piece.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from flask import request
from werkzeug.exceptions import ClientDisconnected

from crm_api.kit.errors import Invalid

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers

BLOCK = 64 * 1024
RANGE_POINTER = "/headers/Content-Range"
DIGEST_POINTER = "/headers/Content-Digest"
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.ASCII)
_SHA_256 = re.compile(r"(?:^|[,\s])sha-256=:([A-Za-z0-9+/=]*):", re.ASCII)
_SHA_256_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Some bytes of a file, not yet read."""

    stream: IO[bytes]
    start: int = 0
    length: int | None = None
    total: int | None = None
    digest: bytes | None = None

    def copy_to(self, file: IO[bytes], *, at_most: int) -> int:
        """Read the bytes; return how many came.

        Fewer than announced come where the connection broke: they are worth keeping.

        :raises Invalid: if there are more or fewer than announced, or others than the digest says
        """
        most = at_most if self.length is None else min(self.length, at_most)
        whole, count = hashlib.sha256(), 0
        while block := self._read():
            count += len(block)
            if count > most:
                raise Invalid(RANGE_POINTER, f"More than the {most} bytes that fit were sent.")
            whole.update(block)
            file.write(block)
        if block is not None:
            self._require_all(count, whole.digest())
        return count

    def _read(self) -> bytes | None:
        """Return the next bytes, none at the end, None where the connection broke."""
        try:
            return self.stream.read(BLOCK)
        except ClientDisconnected:
            return None

    def _require_all(self, count: int, digest: bytes) -> None:
        if self.length is not None and count != self.length:
            raise Invalid(RANGE_POINTER, f"{self.length} bytes were announced, {count} came.")
        if self.digest is not None and digest != self.digest:
            raise Invalid(DIGEST_POINTER, "The piece was damaged on its way. Send it again.")


def sent_segment() -> Segment:
    """Return the piece of a file that the request brings.

    :raises Invalid: if its headers cannot be read
    """
    digest = _digest(request.headers)
    if "Content-Range" not in request.headers:
        return Segment(stream=request.stream, digest=digest)
    first, last, total = _range(request.headers["Content-Range"])
    return Segment(
        stream=request.stream, start=first, length=last - first + 1, total=total, digest=digest
    )


def _range(given: str) -> tuple[int, int, int]:
    found = _RANGE.fullmatch(given.strip())
    first, last, total = map(int, found.groups()) if found else (0, 0, 0)
    if not first <= last < total:
        raise Invalid(RANGE_POINTER, "Write it like `bytes 0-1048575/3145728`.")
    return first, last, total


def _digest(headers: Headers) -> bytes | None:
    found = _SHA_256.search(headers.get("Content-Digest", ""))
    if found is None:  # other algorithms are not known here, and nobody need send any
        return None
    try:
        digest = base64.b64decode(found[1], validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != _SHA_256_BYTES:
        raise Invalid(DIGEST_POINTER, "Write it like `sha-256=:<base64>:`.")
    return digest
