"""Phones lose answers, repeat themselves and are wiped: nothing leaves twice, nothing is lost."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest

from crm_api.care.terms import MessageState
from tests.care_gateway.factories import MORNING, make_messages, stored

S = MessageState
MESSAGES = 16
STEPS = 60


class PlayedPhone:
    """A phone as the app works it: it knows what it has seen until it is wiped."""

    def __init__(self, phone, administrator, chance, accepted):
        self.phone, self.administrator = phone, administrator
        self.chance, self.accepted = chance, accepted
        self.known = {}

    def pull(self):
        offered = self.phone.messages()
        if self.chance.random() < 0.3:
            return  # the answer never arrived
        for message in offered:
            self.known.setdefault(message["id"], "Pending")

    def work(self):
        for message_id in [i for i, state in self.known.items() if state == "Pending"][:3]:
            self.known[message_id] = self.chance.choice(["Sent", "Sent", "Sent", "Failed"])
            if self.known[message_id] == "Sent":
                self.accepted[message_id] += 1

    def tell(self):
        for message_id, state in self.known.items():
            if self.chance.random() < 0.3:  # more than once over time; some are never told
                self.phone.tell({"id": message_id, "state": state, "recipients": [], "states": {}})

    def wipe(self):
        again = self.administrator.post(f"/v1/smsgate-devices/{self.phone.id}/invitations")
        self.phone.register(again.json["secret"])
        self.known.clear()


@pytest.fixture
def both(phone, other_phone):
    return phone, other_phone


@pytest.mark.heavy
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_leaves_twice_and_every_doubt_is_listed(app, administrator, both, at, seed):
    chance, accepted = random.Random(seed), Counter()
    messages = make_messages(MESSAGES)
    phones = [PlayedPhone(one, administrator, chance, accepted) for one in both]
    moves = [*("pull", "work", "tell") * 4, "wipe"]

    for step in range(STEPS):
        at(MORNING + step * timedelta(minutes=5))
        getattr(chance.choice(phones), chance.choice(moves))()
    at(MORNING + timedelta(days=2))
    app.test_cli_runner().invoke(args=["care-gateway", "sweep"])

    states = {m.id: stored(m).state for m in messages}
    assert max(accepted.values()) == 1
    assert {states[i] for i in accepted} <= {S.SUBMITTED, S.UNCERTAIN}
    assert {states[m.id] for m in messages if m.id not in accepted} <= {
        *(S.REJECTED, S.UNCERTAIN, S.EXPIRED)
    }
    uncertain = administrator.get("/v1/stuck-care-messages?state=uncertain").json
    assert {i for i, state in states.items() if state is S.UNCERTAIN} == {
        m["id"] for m in uncertain["items"]
    }
