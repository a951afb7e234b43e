"""A bucket of an S3-compatible store, by boto3, which reads keys and endpoint from `AWS_*`."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from crm_api.attachments.errors import StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

log = structlog.get_logger()

# Checksums that S3 alone knows are left out, so that others which speak its language understand.
CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "max_attempts": 3},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    s3={"addressing_style": "path"},
)
READ_AHEAD = 256 * 1024


class BucketStore:
    """Keeps each object under its key, below a prefix."""

    def __init__(self, bucket: str, *, prefix: str = "") -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.rstrip('/')}/" if prefix else ""
        self._client: Any = boto3.client("s3", config=CONFIG)

    def put(self, key: str, file: IO[bytes]) -> None:
        """Put the object: S3 shows it whole or not at all."""
        file.seek(0)
        with _answering():
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=file)

    def open(self, key: str) -> IO[bytes]:
        """Ask for the size, so that what is missing is known before an answer begins."""
        where = {"Bucket": self._bucket, "Key": self._prefix + key}
        with _answering():
            size = self._client.head_object(**where)["ContentLength"]
        raw = _ObjectReader(self._client, where, size=size)
        return cast("IO[bytes]", io.BufferedReader(raw, READ_AHEAD))

    def delete(self, key: str) -> None:
        """Delete the object; S3 does not mind if it is gone."""
        with _answering():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def keys_before(self, moment: datetime) -> Iterator[str]:
        """List the bucket below the prefix, page by page."""
        pages = self._client.get_paginator("list_objects_v2")
        with _answering():
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for one in page.get("Contents", ()):
                    if one["LastModified"] < moment:
                        yield one["Key"].removeprefix(self._prefix)


class _ObjectReader(io.RawIOBase):
    """An object as a file: a request begins where reading does, so that a range costs a range."""

    def __init__(self, client: Any, where: dict[str, str], *, size: int) -> None:
        self._client = client
        self._where = where
        self._size = size
        self._at = 0
        self._body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset != self._at:
            self._let_go()
            self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        with _answering():
            if self._body is None:
                asked = {**self._where, "Range": f"bytes={self._at}-"}
                self._body = self._client.get_object(**asked)["Body"]
            block = self._body.read(len(buffer))
        buffer[: len(block)] = block
        self._at += len(block)
        return len(block)

    def close(self) -> None:
        self._let_go()
        super().close()

    def _let_go(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, HTTPClientError) as error:
        log.exception("attachment_bucket_failed", error=type(error).__name__)
        raise StorageUnavailable from None
