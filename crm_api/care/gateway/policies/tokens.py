"""The token that proves who holds a message."""

from __future__ import annotations

import hashlib
from typing import Final

TOKEN_BYTES: Final = 24


def hash_token(token: str) -> str:
    """Return what is stored of a token: the database alone does not let anybody speak for it."""
    return hashlib.sha256(token.encode()).hexdigest()


def digest_text(text: str) -> str:
    """Return what logs may keep of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
