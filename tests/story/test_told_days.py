"""The days that the docs tell, lived command by command on both engines."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.support.server import ROOT, Server, environment, flask, straight_path

ADDRESS = "http://127.0.0.1:8000"
FLASK = f"{sys.executable} -m flask --app crm_api.app"
STORIES = ("an-account-managers-day.md", "a-managers-morning.md", "mobile-sync.md")

pytestmark = pytest.mark.heavy(minutes=1)


def commands(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture
def district(own_database_url):
    """The demo district, served."""
    seeded = flask(own_database_url, "seed", "--demo")
    assert seeded.returncode == 0, seeded.stderr
    server = Server(own_database_url).start()
    yield server
    server.stop()


def test_the_days_go_as_they_are_told(district, own_database_url):
    words = commands("README.md")
    prelude = next(block for block in words if "crm() {" in block)
    for story in STORIES:
        script = prelude + "".join(commands(f"docs/{story}"))
        script = script.replace(ADDRESS, district.url).replace("./run flask", FLASK)
        done = subprocess.run(
            ["bash", "-c", f"set -euo pipefail\n{script}"],
            cwd=ROOT,
            env={**os.environ, **environment(own_database_url), "PATH": straight_path()},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{story}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        assert "urn:crm:problem:" not in done.stdout, done.stdout
