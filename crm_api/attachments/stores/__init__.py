"""Where the bytes lie: a folder, or a bucket of any S3-compatible store. Objects never change."""

from __future__ import annotations

from functools import lru_cache
from typing import IO, TYPE_CHECKING, Protocol

from crm_api import config
from crm_api.attachments.stores.folder import FolderStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

S3 = "s3://"


class Store(Protocol):
    """What a place for bytes can do. Each call may be repeated.

    :raises StorageUnavailable: from any of them, if the place does not answer
    """

    def put(self, key: str, file: IO[bytes]) -> None:
        """Keep the bytes of a file, from its start, whole or not at all, through a power cut."""

    def open(self, key: str) -> IO[bytes]:
        """Return a file to read, which can be sought in."""

    def delete(self, key: str) -> None:
        """Delete an object, if it is there."""

    def keys_before(self, moment: datetime) -> Iterator[str]:
        """Yield the keys of all objects that were put before a moment."""


def current_store() -> Store:
    """Return the store that the settings name."""
    return _store(config.current().attachments)


@lru_cache(maxsize=8)
def _store(place: str) -> Store:
    if not place.startswith(S3):
        return FolderStore(place)
    from crm_api.attachments.stores.bucket import BucketStore  # noqa: PLC0415 - half a second

    bucket, _, prefix = place.removeprefix(S3).partition("/")
    return BucketStore(bucket, prefix=prefix)
