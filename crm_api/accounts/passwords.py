"""Password hashes: slow on purpose, hence never computed while the database is held."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """Return what is stored in the place of a password."""
    return _hasher.hash(password)


def matches(password: str, *, stored: str | None) -> bool:
    """Tell whether a password is the one. Takes as long where there is none to compare with."""
    try:
        _hasher.verify(stored or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody's password")
