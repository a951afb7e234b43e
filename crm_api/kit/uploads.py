"""Files in requests: large, slow, and read before anything is locked."""

from __future__ import annotations

import io
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from crm_api.kit.errors import Invalid
from crm_api.kit.idempotency import HEADER
from crm_api.kit.transactions import end_reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

V = TypeVar("V", bound="Callable[..., Any]")
FORM = "multipart/form-data"
KEPT_IN_MEMORY = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that came with a request, and the texts that came beside it."""

    file: IO[bytes]
    name: str
    texts: Mapping[str, str] = field(default_factory=dict)


def takes_upload(largest: Callable[[], int]) -> Callable[[V], V]:
    """Let a route take larger bodies than others. Stands above the guard."""

    def decorate(view: V) -> V:
        @wraps(view)
        def limited(*args: Any, **kwargs: Any) -> Any:
            request.max_content_length = largest()
            return view(*args, **kwargs)

        return cast("V", limited)

    return decorate


@contextmanager
def received_upload(*, types: tuple[str, ...]) -> Iterator[Upload]:
    """Give the file in the request: the part `file` of a form, or the body itself.

    :raises Invalid: if a form has no file
    """
    if request.mimetype not in (FORM, *types):
        raise UnsupportedMediaType(f"Send the file as {', '.join((FORM, *types))}.")
    if HEADER not in request.headers:  # whose key holds a lock already, and has read the body
        end_reading()  # a slow sender must not keep others from the database
    if request.mimetype == FORM:
        yield _part()
        return
    with tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as file:
        shutil.copyfileobj(_body(), file)
        file.seek(0)
        yield Upload(file=cast("IO[bytes]", file), name="")


def _part() -> Upload:
    part = request.files.get("file")
    if part is None:
        raise Invalid("/file", "The form has no part named `file`.")
    return Upload(file=part.stream, name=part.filename or "", texts=dict(request.form))


def _body() -> IO[bytes]:
    return io.BytesIO(request.get_data()) if HEADER in request.headers else request.stream
