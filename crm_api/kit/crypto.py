"""Personal data at rest: encrypted, and still findable by equality."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import TYPE_CHECKING

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.engine import Dialect

NONCE_BYTES = 12


class KeyMissing(RuntimeError):
    """A value was encrypted with a key that the settings no longer hold."""


def encrypt(text: str, *, keys: Mapping[str, bytes], purpose: str) -> str:
    """Return the text encrypted with the first key, as `key id:base64`.

    The purpose is authenticated with it: a value copied into another column does not open there.
    """
    key_id, key = next(iter(keys.items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), purpose.encode())
    return f"{key_id}:{base64.b64encode(sealed).decode()}"


def decrypt(sealed: str, *, keys: Mapping[str, bytes], purpose: str) -> str:
    """Return what was encrypted, with whichever key did it.

    :raises KeyMissing: if that key is gone
    """
    key_id, _, encoded = sealed.partition(":")
    if key_id not in keys:
        msg = f"No data key {key_id!r}: keep retired keys until everything is encrypted anew."
        raise KeyMissing(msg)
    content = base64.b64decode(encoded)
    nonce, text = content[:NONCE_BYTES], content[NONCE_BYTES:]
    return AESGCM(keys[key_id]).decrypt(nonce, text, purpose.encode()).decode()


def blind_index(text: str, *, key: bytes, purpose: str) -> str:
    """Return a digest that finds equal values and, without the key, tells nothing of them."""
    return hmac.new(key, f"{purpose}\n{text}".encode(), hashlib.sha256).hexdigest()


class EncryptedText(sa.TypeDecorator[str]):
    """Text that only this process can read; `keys` gives the keys, the one in use first."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, keys: Callable[[], Mapping[str, bytes]], *, purpose: str) -> None:
        super().__init__()
        self.keys = keys
        self.purpose = purpose

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Encrypt on the way in."""
        if value is None:
            return None
        return encrypt(value, keys=self.keys(), purpose=self.purpose)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Decrypt on the way out."""
        return None if value is None else self.opened(value)

    def opened(self, value: str) -> str:
        """Return what was stored."""
        return decrypt(value, keys=self.keys(), purpose=self.purpose)
