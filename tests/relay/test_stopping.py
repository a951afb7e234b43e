"""The whole process, told to stop."""

import random
import signal
import subprocess
import sys
import time

from tests.relay.centre import LATE_SECONDS, Centre
from tests.relay.factories import document
from tests.support.server import ROOT, free_port


def test_on_term_it_finishes_the_one_in_hand_and_gives_the_rest_back(crm, tmp_path):
    keys = [f"m{n}" for n in range(5)]
    crm.hand_out(*(document(key) for key in keys))
    with Centre(free_port(), random.Random(1), be_late=1) as centre:
        relay = _start(crm, centre, tmp_path)
        _wait_until(lambda: centre.accepted)
        relay.send_signal(signal.SIGTERM)
        said = relay.communicate(timeout=20 + LATE_SECONDS)[1]

    assert relay.returncode == 0, said
    [sent] = centre.accepted
    assert {key: crm.answers_of(key) for key in keys} == {
        key: ["submitted" if key == sent else "not_submitted"] for key in keys
    }
    assert "虚构" not in said
    assert "13900000001" not in said


def _start(crm, centre, folder):
    return subprocess.Popen(
        [sys.executable, "-m", "gateway_relay"],
        cwd=ROOT / "examples",
        env={
            "RELAY_CRM_URL": crm.url,
            "RELAY_CRM_KEY": "fictional",
            "RELAY_JOURNAL": str(folder / "relay.db"),
            "RELAY_WORKERS": "1",
            "RELAY_LOG_LEVEL": "DEBUG",
            "RELAY_WAIT_SECONDS": "0",
            "RELAY_KANNEL_URL": centre.url,
            "RELAY_LISTEN": f"127.0.0.1:{free_port()}",
        },
        stderr=subprocess.PIPE,
        text=True,
    )


def _wait_until(is_true):
    deadline = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
