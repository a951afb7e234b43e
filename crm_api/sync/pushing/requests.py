"""Read what comes with a push: a body, perhaps compressed, and what the device says of itself."""

from __future__ import annotations

import hashlib
import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from crm_api.kit.idempotency import sent_key
from crm_api.kit.json import MalformedJson
from crm_api.kit.transactions import end_reading
from crm_api.sync.pushing.errors import MalformedPush, PushTooLarge
from crm_api.sync.pushing.mending import mended
from crm_api.sync.pushing.reading import MOST_BYTES, MOST_RECORDS
from crm_api.sync.pushing.values import Sender

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

GZIP: Final = 16 + zlib.MAX_WBITS


def received_body() -> Any:
    """Return the body as JSON, whatever its content type: the stock example sends none.

    :raises PushTooLarge: if it is too large, or would be once it is unpacked
    :raises MalformedJson: if it is not JSON
    """
    end_reading()  # a slow sender must not keep others from the database
    sent = _unpacked(request.get_data(cache=False))
    try:
        return orjson.loads(sent)
    except orjson.JSONDecodeError:
        return _mended_body(sent)


def _mended_body(sent: bytes) -> Any:
    try:
        return orjson.loads(mended(sent))
    except orjson.JSONDecodeError as error:
        msg = f"The body is not valid JSON: {error}."
        raise MalformedJson(msg) from None


def _unpacked(sent: bytes) -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding == "identity":
        return sent
    if encoding != "gzip":
        raise UnsupportedMediaType("Send the body as it is, or compressed by gzip.")
    unpacking = zlib.decompressobj(GZIP)
    try:
        whole = unpacking.decompress(sent, MOST_BYTES)
    except zlib.error:
        raise MalformedPush("", "The body is not gzip.") from None
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise PushTooLarge(most_records=MOST_RECORDS, most_bytes=MOST_BYTES)
    return whole


def told_by_device(headers: Payload, *, now: datetime) -> Sender:
    """Return what the device says of itself. One that tells no time is believed to be right."""
    device_now = headers["device_now"]
    skew = timedelta() if device_now is None else _moment(device_now) - now
    return Sender(
        device_id=headers["device_id"],
        app_version=headers["app_version"],
        skew=skew,
        restore_seen=headers["restore_seen"],
        key=_key(),
    )


def _key() -> str | None:
    """Return what stands for the key: a key may be longer than what an answer is kept under."""
    key = sent_key()
    return None if key is None else hashlib.sha256(key.encode()).hexdigest()


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms)
