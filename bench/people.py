"""Who asks: sessions of the generated staff, signed by the product's own keys."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crm_api.accounts.tokens import digest_of, keyring
from crm_api.app import create_app
from crm_api.kit.db import db
from tests.support.databases import settings_for

if TYPE_CHECKING:
    from bench.rig import Rig

SESSION = """
INSERT INTO device_sessions (id, staff_id, device_id, device_name, created_at, last_used_at,
                             expires_at)
SELECT 'session-' || id, id, 'bench', '', now(), now(), now() + interval '1 day' FROM staff
ON CONFLICT DO NOTHING
"""
CLIENT = """
INSERT INTO machine_clients (id, name, scopes, status, version, created_at)
VALUES ('gateway', 'bench gateway', '["gateway"]', 'active', 1, now());
INSERT INTO client_keys (id, client_id, digest, created_at) VALUES ('key', 'gateway', '{}', now());
"""


def tokens(rig: Rig) -> dict[str, str]:
    """Return an access token for everybody on the generated staff."""
    with rig.connect() as connection:
        connection.execute(SESSION)
        people = [str(row[0]) for row in connection.execute("SELECT id FROM staff")]
    now = datetime.now(UTC)
    app = create_app(settings_for(rig.url))
    with app.app_context():
        signed = {
            person: keyring().sign(
                staff_id=person, session_id=f"session-{person}", at=now, seconds=7200
            )
            for person in people
        }
        db.engine.dispose()
    return signed


def gateway_key(rig: Rig) -> str:
    """Make a gateway and return its key."""
    key = base64.urlsafe_b64encode(b"bench gateway").decode()
    with rig.connect() as connection:
        connection.execute(CLIENT.format(digest_of(key)))
    return key
