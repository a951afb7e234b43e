"""What a change of policies would do, against a plain count of the same rows."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bench.rig import say
from bench.table import Result, at_most

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.rig import Rig

TRIES = 3
DAY = 86_400
AT_MOST = 50
# The rows that the simulation weighs, read once and counted by what it tells them apart by.
COUNT = """
SELECT c.tier, s.channel, s.category, count(*)
FROM slot_subjects s JOIN customers c ON c.id = s.subject_id
WHERE s.counting <> 'none'
  AND s.effective_micros >= (extract(epoch FROM now() - interval '110 days') * 1000000)::bigint
  AND s.effective_micros < (extract(epoch FROM now() + interval '50 days') * 1000000)::bigint
GROUP BY c.tier, s.channel, s.category
"""


def measure(rig: Rig) -> list[Result]:
    """Measure a stricter cap for everybody: the best of a few tries each."""
    say("the plain count …")
    with rig.connect() as connection:
        plain = min(_timed(lambda: connection.execute(COUNT).fetchall()) for _ in range(TRIES))
    say("simulating a policy …")
    seconds, found = _simulate(rig)
    wanted, is_met = at_most(AT_MOST, seconds / plain)
    return [
        Result(
            path=f"simulate a policy for {rig.scale.customers:,} customers",
            ours=f"{seconds:.2f} s, {found}",
            baseline=f"{plain:.2f} s plain SQL count of the rows of those days",
            ratio=seconds / plain,
            target=wanted,
            is_met=is_met,
        )
    ]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _simulate(rig: Rig) -> tuple[float, str]:
    from crm_api.app import create_app  # noqa: PLC0415 - the app first
    from crm_api.contact_frequency import service as contact_frequency  # noqa: PLC0415
    from crm_api.contact_frequency.desk.service import simulating  # noqa: PLC0415
    from crm_api.contact_frequency.policies import DEFAULT_RULES  # noqa: PLC0415
    from crm_api.kit.db import db  # noqa: PLC0415
    from crm_api.kit.transactions import reading_apart, transaction  # noqa: PLC0415
    from tests.support.databases import settings_for  # noqa: PLC0415

    now = datetime.now(UTC)
    total = next(rule for rule in DEFAULT_RULES if rule.key == "total_7_days")
    stricter = replace(total, limit=1, seconds=20 * DAY)
    times, found = [], None
    with create_app(settings_for(rig.url)).app_context():
        with transaction():
            contact_frequency.ensure_default_policies(now=now)
        for _ in range(TRIES):
            began = time.perf_counter()
            with reading_apart():
                comparison = simulating.compare_with(
                    stricter, is_retired=False, effective_from=None, now=now
                )
                found = simulating.simulate(comparison, step=lambda: None)
            times.append(time.perf_counter() - began)
        db.engine.dispose()
    assert found is not None
    return min(times), f"{len(found.contacts):,} refused, {len(found.customers):,} less free"
