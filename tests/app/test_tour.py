"""The README's tour, taken as by somebody new: in a copy of the checkout that `./run` serves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.support import nearby
from tests.support.server import free_port, straight_path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = "http://127.0.0.1:8000"
START_SECONDS = 180
NIGHT = 3

pytestmark = pytest.mark.heavy(minutes=2)


@pytest.fixture
def checkout(tmp_path):
    """What a clone would hold; only the installed packages are borrowed."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    copy = tmp_path / "clone"
    for name in filter(None, tracked.stdout.split("\0")):
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    (copy / ".venv").symlink_to(sys.prefix)
    return copy


class NewUser:
    """Somebody with two terminals and nothing set."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        self.url = f"http://127.0.0.1:{free_port()}"
        self.log = checkout.parent / "run.log"
        self._server: subprocess.Popen[bytes] | None = None

    def _environment(self, **settings: str) -> dict[str, str]:
        home = os.environ.get("HOME", "/")
        return {"PATH": straight_path(), "HOME": home, "LANG": "C.UTF-8", **settings}

    def start(self, **settings: str) -> str:
        """Run `./run` until it serves; return what it said."""
        bind = self.url.removeprefix("http://")
        with self.log.open("wb") as log:
            self._server = subprocess.Popen(
                ["./run"],
                cwd=self.checkout,
                env=self._environment(BIND=bind, **settings),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            said = self.log.read_text()
            assert self._server.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.1)
        return self.log.read_text()

    def _is_ready(self) -> bool:
        try:
            return nearby.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """Press Ctrl-C, as it were."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait(30)
            self._server = None

    def type(self, script: str, **settings: str) -> str:
        """Type all of it into one shell that stops at the first failure; return what is shown."""
        done = subprocess.run(
            ["bash", "-c", f"set -euo pipefail\n{script}"],
            cwd=self.checkout,
            env=self._environment(**settings),
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout


@pytest.fixture
def new_user(checkout):
    user = NewUser(checkout)
    yield user
    user.stop()


def tour():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.partition("\n## A tour\n")[2].partition("\n## ")[0]


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", tour(), re.DOTALL | re.MULTILINE)


def take_tour(user, **settings):
    script = "".join(blocks("sh"))
    assert DEFAULT in script
    return user.type(script.replace(DEFAULT, user.url), **settings)


def a_zone_where_it_is_night():
    ahead = (NIGHT - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}"


def require_what_the_tour_tells(shown):
    assert '"name": "演示客户二"' in shown
    assert "Wants to climb in spring" in shown
    assert '"kind": "new_home"' in shown
    assert "The ledger is clean" in shown
    assert "; 0 chains broken." in shown
    assert re.search(r"^care plan from .* for 7 day\(s\): ", shown, re.MULTILINE)
    assert '"leased": [' in shown
    assert shown.count("urn:crm:problem:") == 1  # the second visit, and nothing else, is refused
    for line in "".join(blocks("text")).splitlines():
        assert line.strip().rstrip(",") in shown


def test_a_new_user_takes_the_tour_by_day_and_again_by_night(new_user):
    said = new_user.start()

    assert f"Serving on {new_user.url}\n" in said
    assert f"{new_user.url}/docs\n" in said
    assert "5 members of staff and 8 customers are new." in said
    assert "the password is visit-demo-2026." in said
    require_what_the_tour_tells(take_tour(new_user))
    new_user.stop()

    night = {"CRM_TIME_ZONE": a_zone_where_it_is_night()}
    said = new_user.start(**night)

    assert "Reference data: 0 policies and 0 templates are new, as are 0 forbidden words" in said
    assert "Installing" not in said
    require_what_the_tour_tells(take_tour(new_user, **night))
    assert "0 members of staff and 0 customers are new." in new_user.type("./run flask seed --demo")


def test_the_tour_names_every_demo_sign_in_and_what_lets_it_in():
    district = (ROOT / "seeds" / "demo" / "district.toml").read_text(encoding="utf-8")
    words = re.findall(r'^(?:login|password) = "(.+)"$', district, re.MULTILINE)

    assert words
    assert [word for word in words if f"`{word}`" not in tour()] == []
