"""A folder of the local disk, or one that several hosts share."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

import structlog

from crm_api.attachments.errors import StorageUnavailable
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

log = structlog.get_logger()

UNFINISHED = ".unfinished"


class FolderStore:
    """Keeps each object as a file."""

    def __init__(self, place: str) -> None:
        self._root = Path(place)

    def put(self, key: str, file: IO[bytes]) -> None:
        """Write beside, sync, then rename: nobody ever finds half an object."""
        target = self._root / key
        draft = target.with_name(new_id() + UNFINISHED)
        file.seek(0)
        with _answering():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with draft.open("xb") as written:
                    shutil.copyfileobj(file, written, 1024 * 1024)
                    written.flush()
                    os.fsync(written.fileno())
                draft.replace(target)
            finally:
                draft.unlink(missing_ok=True)
            self._sync_names(target.parent)

    def open(self, key: str) -> IO[bytes]:
        """Open the file."""
        with _answering():
            return (self._root / key).open("rb")

    def delete(self, key: str) -> None:
        """Delete the file."""
        with _answering():
            (self._root / key).unlink(missing_ok=True)

    def keys_before(self, moment: datetime) -> Iterator[str]:
        """Walk the folder; what a power cut left unfinished is found as well."""
        with _answering():
            for path in self._root.rglob("*"):
                with suppress(FileNotFoundError):  # another sweep was quicker
                    if path.is_file() and path.stat().st_mtime < moment.timestamp():
                        yield path.relative_to(self._root).as_posix()

    def _sync_names(self, folder: Path) -> None:
        # A rename is on disk once its folder is, a new folder once the one above it is.
        for one in (folder, *folder.parents):
            names = os.open(one, os.O_RDONLY)
            try:
                os.fsync(names)
            finally:
                os.close(names)
            if one == self._root:
                return


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.exception("attachment_folder_failed", error=type(error).__name__)
        raise StorageUnavailable from None
