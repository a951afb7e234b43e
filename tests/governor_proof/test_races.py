"""Twelve processes fight over a group, its key persons and a shared number; some are killed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import sqlalchemy as sa

from tests.governor_proof import rivals
from tests.support.server import ROOT, flask

pytestmark = pytest.mark.heavy

HALF_WRITTEN = {
    "a slot that touches nobody": """
        SELECT count(*) FROM contact_slots s
        WHERE NOT EXISTS (SELECT 1 FROM slot_subjects t WHERE t.slot_id = s.id)""",
    "a visit that does not touch all whom it meets": """
        SELECT count(*) FROM contact_slots s WHERE s.channel = 'visit'
        AND (SELECT count(*) FROM slot_subjects t WHERE t.slot_id = s.id) <> 3""",
    "a slot without its decision": """
        SELECT count(*) FROM contact_slots s
        WHERE NOT EXISTS (SELECT 1 FROM contact_decisions d WHERE d.id = s.decision_id)""",
    "a slot given back that still counts, or another that does not": """
        SELECT count(*) FROM contact_slots s JOIN slot_subjects t ON t.slot_id = s.id
        WHERE (s.state IN ('held', 'reserved', 'in_flight', 'uncertain', 'consumed'))
              <> (t.counting <> 'none')""",
    "subjects of one slot that say different moments": """
        SELECT count(*) FROM (SELECT slot_id FROM slot_subjects GROUP BY slot_id
        HAVING count(DISTINCT effective_micros) > 1) AS torn""",
}


def run_rivals(url):
    run = subprocess.run(
        [sys.executable, "-m", "tests.governor_proof.rivals", url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout)


def assert_audit_is_clean(url):
    audit = flask(url, "contact-frequency", "audit")
    assert audit.returncode == 0, audit.stdout + audit.stderr


def count(url, *statements):
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = [connection.execute(sa.text(s)).scalar_one() for s in statements]
    engine.dispose()
    return found


def test_many_who_overlap_never_deadlock_and_the_killed_leave_nothing_half_done(own_database_url):
    result = run_rivals(own_database_url)

    assert result["errors"] == []
    assert result["killed"] > 3
    [refused] = count(
        own_database_url, "SELECT count(*) FROM contact_decisions WHERE verdict = 'blocked'"
    )
    assert refused > 0
    assert result["done"] >= rivals.CHURNERS
    torn = dict(zip(HALF_WRITTEN, count(own_database_url, *HALF_WRITTEN.values()), strict=True))
    assert torn == dict.fromkeys(HALF_WRITTEN, 0)
    assert_audit_is_clean(own_database_url)
