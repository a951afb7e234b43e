"""Products ask while customers refuse: what is refused is never offered afterwards."""

from __future__ import annotations

import threading
import time
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Scope
from crm_api.care.models import CareMessage
from crm_api.care.terms import MessageState
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.care_gateway.test_processes import field, queue
from tests.factories.accounts import make_client
from tests.support import nearby

__all__ = ["field"]
pytestmark = pytest.mark.heavy

S = MessageState
MESSAGES = 36
PULLERS = 3
ROUNDS = MESSAGES // (PULLERS + 1)  # taken in step, they settle nearly every message


def ask(calls, path):
    """Ask until the server has time for it; return when it was asked last, and the answer."""
    while True:
        asked_at = time.monotonic()
        reply = calls.get(path)
        if reply.status_code != 503:
            assert reply.status_code == 200, reply.text
            return asked_at, reply


def test_nothing_is_offered_once_it_was_refused(field):
    messages = queue(MESSAGES)
    offered, refused = [], {}
    # On a busy machine one side would be done before the other has begun: nobody races ahead.
    together = threading.Barrier(PULLERS + 1, timeout=60)

    def at(key):
        return nearby.Client(base_url=f"{field.url}/v1/compat/kannel/{key}/", timeout=30)

    def take(calls):
        asked_at, reply = ask(calls, "next")
        if reply.content:
            offered.append((reply.headers["X-Kannel-To"], asked_at))
        return bool(reply.content)

    def pull(key):
        with at(key) as calls:
            for _ in range(ROUNDS):
                together.wait()
                take(calls)
            while take(calls):
                pass

    def refuse(key):
        with at(key) as calls:
            for turn, message in enumerate(reversed(messages)):
                if turn < ROUNDS:
                    together.wait()
                number = quote(message.number)
                ask(calls, f"mo?from={number}&to=10086&text=TD&id={message.id}")
                refused[message.number] = time.monotonic()

    keys = [make_client(Scope.GATEWAY)[1] for _ in range(PULLERS + 1)]
    threads = [threading.Thread(target=pull, args=[key]) for key in keys[1:]]
    threads.append(threading.Thread(target=refuse, args=[keys[0]]))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    with transaction(read_only=True):
        states = dict(db.session.execute(sa.select(CareMessage.number, CareMessage.state)).all())
    numbers = [number for number, _ in offered]
    assert len(refused) == MESSAGES
    assert len(set(numbers)) == len(numbers)
    assert [n for n, asked_at in offered if asked_at > refused[n]] == []
    assert states == {
        m.number: S.SUBMITTING if m.number in numbers else S.SUPPRESSED for m in messages
    }
    assert {S.SUBMITTING, S.SUPPRESSED} == set(states.values()), "nobody raced"
