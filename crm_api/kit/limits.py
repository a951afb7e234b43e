"""How often one client may ask. Counted in each process: an upper bound, not a promise."""

from __future__ import annotations

import hashlib

from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address


def _client() -> str:
    token = request.headers.get("Authorization")
    if token:
        return hashlib.blake2b(token.encode(), digest_size=12).hexdigest()
    return str(get_remote_address())


limiter = Limiter(key_func=_client, storage_uri="memory://", headers_enabled=False)
