"""Print a fresh set of secrets, as lines for the environment: `python -m crm_api.config`."""

import base64
import secrets
import sys

from crm_api.config.reading import KEY_BYTES

NAMES = {"CRM_TOKEN_KEYS": "t1", "CRM_DATA_KEYS": "d1", "CRM_INDEX_KEY": "index"}

for name, key_id in NAMES.items():
    key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    sys.stdout.write(f"{name}={key_id}:{key}\n")
