"""What a forked process of the product finds loaded; see `tests/support/forks.py`."""

from __future__ import annotations

import os
import tempfile

# Read when the metrics are loaded: it makes them such as several processes may keep together.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(
    prefix="metrics-", dir=os.environ.get("CRM_TEST_FOLDER")
)


from crm_api.app import rooms

for package in ("kit", *rooms.PACKAGES):
    for room in ("routes", "models", "commands"):
        rooms._room(package, room)  # noqa: SLF001 - what an application loads as it is built
