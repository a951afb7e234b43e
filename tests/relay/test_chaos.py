"""Two hosts with a journal each, eight workers, all of it killed at every step, on both engines.

Of many messages none is accepted twice by the message centre, none is lost, and every doubt stands
on the list of the uncertain or was settled by a report.

RELAY_MESSAGES=2000 asks for more of them. RELAY_SEED plays one run again.
"""

from __future__ import annotations

import contextlib
import os
import random
import time

import pytest

from tests.relay.centre import Centre
from tests.relay.dying import FOR_EACH_MESSAGE, STEPS
from tests.relay.field import Host
from tests.relay.outbox import fill_outbox
from tests.support.server import free_port

MESSAGES = int(os.environ.get("RELAY_MESSAGES", "400"))
SEED = int(os.environ.get("RELAY_SEED", str(random.SystemRandom().randrange(10**6))))
UNKIND = {"refuse": 0.01, "lose": 0.01, "hang_up": 0.02, "be_late": 0.005}
IN_HASTE = {"batch": 50, "lease_seconds": 4, "submit_timeout": 1}
REACHED = {"submitted", "delivered", "undelivered"}

pytestmark = pytest.mark.heavy(minutes=0.7)


def test_killed_at_every_step_none_goes_out_twice_and_none_is_lost(field, record_property):
    record_property("RELAY_SEED", SEED)
    rng = random.Random(SEED)
    ids = set(fill_outbox(MESSAGES))
    with Centre(free_port(), random.Random(rng.random()), **UNKIND) as centre:
        deaths = fates(rng)
        hosts = [
            Host(field, name=name, fates=deaths[n::2], kannel_url=centre.url, **IN_HASTE)
            for n, name in enumerate(("north", "south"))
        ]
        with contextlib.ExitStack() as running:
            for host in hosts:
                running.enter_context(host)
            kill_the_server(field, rng)
            field.wait_until_settled(hosts)
    field.flask("care-gateway", "sweep")

    # Some come too late for the last messages; which, is chance.
    assert len({death for host in hosts for death in host.deaths}) >= len(STEPS) // 2
    assert [host.exit_code for host in hosts] == [0, 0]
    assert twice(centre) == {}
    check_none_lost(field.states(), ids, centre)
    check_doubts(field.states(), hosts, listed=field.uncertain())
    field.flask("contact-frequency", "audit")


def fates(rng):
    """Return a death for each step, in any order: soon, or amidst a batch."""
    found = []
    for step in rng.sample(STEPS, len(STEPS)):
        is_often = step.split()[1] in FOR_EACH_MESSAGE
        found.append((step, rng.randrange(1, 25) if is_often else 1))
    return found


def kill_the_server(field, rng):
    """Twice while they work."""
    for _ in range(2):
        time.sleep(rng.uniform(1, 4))
        field.server.kill()
        field.server.start()


def twice(centre):
    return {key: times for key, times in centre.accepted.items() if times > 1}


def check_none_lost(states, ids, centre):
    """What was accepted counts as sent or as a doubt; what was not, ended with its reason."""
    assert set(states) == ids
    accepted = set(centre.accepted)
    assert {i: states[i] for i in accepted if states[i] not in {*REACHED, "uncertain"}} == {}
    others = ids - accepted
    assert {i: states[i] for i in others if states[i] not in {"rejected", "uncertain"}} == {}
    assert {i for i in ids if states[i] == "rejected"} <= centre.refused


def check_doubts(states, hosts, *, listed):
    """What a journal could not vouch for is listed for people, or a report settled it."""
    attempts = [attempt for host in hosts for attempt in host.attempts()]
    assert [attempt for attempt in attempts if not attempt[2]] == []
    doubtful = {i for i, state, _ in attempts if state == "unknown"}
    assert listed == {i for i, state in states.items() if state == "uncertain"}
    assert listed <= doubtful
    assert {i: states[i] for i in doubtful - listed if states[i] not in REACHED} == {}


def test_without_journal_or_begin_messages_go_out_twice(field, backend):
    """What plain lease-and-ack does: the test above would notice. One mutant an engine will do."""
    mutant = {"sqlite": "forget_the_journal", "postgres": "begin_afterwards"}[backend]
    fill_outbox(60)
    fates = [("after submit", 10)] * 3
    with Centre(free_port(), random.Random(1)) as centre:
        hosts = [
            Host(
                field,
                name=name,
                fates=[*fates, ("never", 1)],
                mutants=[mutant],
                kannel_url=centre.url,
                **{**IN_HASTE, "lease_seconds": 2},
            )
            for name in ("north", "south")
        ]
        with hosts[0], hosts[1]:
            field.wait_until_settled(hosts)

    assert len(twice(centre)) >= 1
