"""Read JSON as phones write it: a text that was cut within a character must not stop a push."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from re import Match

_HIGH, _LOW = rb"u[dD][89abAB][0-9a-fA-F]{2}", rb"u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPES: Final = re.compile(rb"\\(?:(%b\\%b)|(%b|%b)|.)" % (_HIGH, _LOW, _HIGH, _LOW), re.DOTALL)


def mended(text: bytes) -> bytes:
    """Put the sign of a missing character where half a pair of surrogates stands.

    JavaScript counts in such halves: a text shortened to so many of them may end in one, which no
    other language reads.
    """
    return _ESCAPES.sub(_mended, text)


def _mended(escape: Match[bytes]) -> bytes:
    return escape.group() if escape.group(2) is None else rb"\ufffd"
