"""The whole loop over Debian's Kannel, with the settings that docs/kannel.md tells to type in."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Scope
from crm_api.care.gateway.models import InboundMessage
from crm_api.care.models import CareMessage
from crm_api.care.terms import MessageState
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.care_gateway.test_processes import field, queue
from tests.factories.accounts import make_client
from tests.factories.customers import make_customer
from tests.support.kannel import Kannel, needs_kannel

__all__ = ["field"]
pytestmark = [pytest.mark.heavy, needs_kannel]

S = MessageState
DOCS = Path(__file__).resolve().parents[2] / "docs" / "kannel.md"
CENTRES = {"timer": "denied-smsc-id = timer", "operator": "denied-prefix = +86138"}
SMSBOX = """reply-couldnotfetch = ""
reply-couldnotrepresent = ""
reply-requestfailed = ""
http-request-retry = 100
http-queue-delay = 1"""
TAKEN = "boxc_receiver: sms received"
PATIENCE_SECONDS = 120


@pytest.fixture
def kannel(field):
    """Kannel with the documented services, pointed at the server."""
    _, key = make_client(Scope.GATEWAY)
    [services] = re.findall(r"```ini\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    services = services.replace("https://crm.example.com", field.url).replace("KEY", key)
    with Kannel(centres=CENTRES, services=services, smsbox=SMSBOX) as kannel:
        yield kannel


def poll(kannel):
    """Ask again and again: where the machine is slow, an offer may come to nothing for a minute."""
    kannel.send("0 0 text poll", centre="timer", times=-1, every=0.1)


def wait_until(is_so, told):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, told()
        time.sleep(0.1)


def states_of(messages):
    """Read without the lock that the server needs."""
    wanted = sa.select(CareMessage.state).where(CareMessage.id.in_([m.id for m in messages]))
    with transaction(read_only=True):
        return Counter(db.session.scalars(wanted))


def answers():
    wanted = sa.select(InboundMessage.number, InboundMessage.text)
    with transaction(read_only=True):
        return [tuple(row) for row in db.session.execute(wanted)]


def test_each_message_leaves_once_and_comes_back_delivered(field, kannel):
    [refused] = queue(1)
    kannel.send(f"{refused.number} 10690000 text 退订", centre="operator")
    wait_until(lambda: states_of([refused]) == {S.SUPPRESSED: 1}, lambda: kannel.log("smsbox"))
    long = "【演示通信】" + "祝您生日快乐！🎂" * 12 + "拒收请回复R"
    messages = [*queue(8), *queue(1, text=long)]
    [unreachable] = queue(1, customer=make_customer(phone="+8613800001234"))

    poll(kannel)

    wait_until(lambda: states_of(messages) == {S.DELIVERED: 9}, lambda: kannel.log("smsbox"))
    wait_until(lambda: states_of([unreachable]) == {S.REJECTED: 1}, lambda: kannel.log("smsbox"))
    taken = {}
    for part in sorted(kannel.accepted("operator"), key=lambda part: part.part):
        taken.setdefault(part.to, []).append(part)
    assert {to: "".join(p.text for p in parts) for to, parts in taken.items()} == {
        m.number: m.text for m in messages
    }
    assert {to: len(parts) for to, parts in taken.items()} == {
        m.number: m.segments for m in messages
    }
    assert {p.sender for parts in taken.values() for p in parts} == {"10086"}
    assert kannel.accepted("timer") == []


def test_what_happens_while_we_are_away_is_told_to_us_and_to_nobody_else(field, kannel):
    [message] = queue(1)  # alone, so that what Kannel took is this one
    kannel.hang_up("operator")
    poll(kannel)
    wait_until(lambda: states_of([message]) == {S.SUBMITTING: 1}, lambda: kannel.log("smsbox"))
    # Killed before its answer is there, nobody would have the text: that is another story.
    wait_until(lambda: TAKEN in kannel.log("bearerbox"), lambda: kannel.log("bearerbox"))
    kannel.hang_up("timer")
    field.kill()
    [other] = queue(1)

    kannel.connect("operator")
    wait_until(lambda: kannel.accepted("operator"), lambda: kannel.log("bearerbox"))
    kannel.send(f"{other.number} 10690000 text TD", centre="operator")
    kannel.send("0 0 text poll", centre="timer", times=3)
    wait_until(lambda: "Retrying request" in kannel.log("smsbox"), lambda: "it gave up")
    field.start()

    wait_until(lambda: states_of([message]) == {S.DELIVERED: 1}, lambda: kannel.log("smsbox"))
    wait_until(lambda: answers() == [(other.number, "TD")], lambda: kannel.log("smsbox"))
    assert [one.text for one in kannel.accepted("operator") if one.to == message.number] == [
        message.text
    ]
    assert not [one for one in kannel.accepted("operator") if "could" in one.text.lower()]
