"""Access tokens: short-lived, signed (EdDSA), and cheap to check again."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crm_api import config
from crm_api.accounts.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ALGORITHM = "EdDSA"
ISSUER = "urn:crm"
AUDIENCE = "urn:crm:api"
MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says."""

    staff_id: str
    session_id: str
    expires: int


class Keyring:
    """The signing keys in use: the first one signs, all of them verify.

    A verified token's digest is remembered, because a signature costs more to check than the
    query that follows. Whether the session still stands is asked anew each time.
    """

    def __init__(self, seeds: Mapping[str, bytes]) -> None:
        self.seeds = seeds
        self._private = {k: Ed25519PrivateKey.from_private_bytes(s) for k, s in seeds.items()}
        self._public: dict[str, Ed25519PublicKey] = {
            k: key.public_key() for k, key in self._private.items()
        }
        self._verified: dict[bytes, Claims] = {}
        self._lock = Lock()

    def sign(self, *, staff_id: str, session_id: str, at: datetime, seconds: int) -> str:
        """Return an access token."""
        issued = int(at.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": staff_id,
            "sid": session_id,
            "iat": issued,
            "exp": issued + seconds,
        }
        key_id, key = next(iter(self._private.items()))
        return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": key_id})

    def verify(self, token: str, *, at: datetime) -> Claims:
        """Return what the token says.

        :raises Unauthenticated: if we did not sign it for this API, or it expired
        """
        digest = hashlib.sha256(token.encode()).digest()
        claims = self._verified.get(digest)
        if claims is None:
            claims = self._check(token)
            self._remember(digest, claims)
        if claims.expires <= at.timestamp():
            raise Unauthenticated
        return claims

    def _check(self, token: str) -> Claims:
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            said = self._decode(token, self._public[str(key_id)])
            return Claims(said["sub"], said["sid"], int(said["exp"]))
        except (jwt.InvalidTokenError, KeyError, ValueError):
            raise Unauthenticated from None

    def _decode(self, token: str, key: Ed25519PublicKey) -> dict[str, Any]:
        # Expiry is compared by the caller, with the time that the edge was given.
        return jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={
                "require": ["exp", "iat", "sub", "sid", "aud", "iss"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )

    def _remember(self, digest: bytes, claims: Claims) -> None:
        with self._lock:
            while len(self._verified) >= MOST_REMEMBERED:
                del self._verified[next(iter(self._verified))]
            self._verified[digest] = claims

    def derive(self, *parts: str) -> bytes:
        """Return bytes that only the holder of the first key can derive from these parts."""
        seed = next(iter(self.seeds.values()))
        key = hmac.digest(seed, b"refresh", "sha256")
        return hmac.digest(key, "\n".join(parts).encode(), "sha256")


_ring: Keyring | None = None


def keyring() -> Keyring:
    """Return the keyring of the current settings."""
    global _ring  # noqa: PLW0603 - one process has one set of keys
    seeds = config.current().token_keys
    if _ring is None or _ring.seeds is not seeds:
        _ring = Keyring(seeds)
    return _ring


def digest_of(secret: str) -> str:
    """Return what is stored in the place of a token or key: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
