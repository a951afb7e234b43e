"""Messages in the outbox, with real slots; gateways, and what they say."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from crm_api.accounts.models import Scope
from crm_api.care.models import CareMessage, CareTemplate
from crm_api.care.policies.lengths import measure
from crm_api.care.terms import MessageState, Occasion
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.values import Plan
from crm_api.contact_history.models import Contact
from crm_api.customers.terms import Category, Channel
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_client
from tests.factories.care import make_template
from tests.factories.customers import make_customer
from tests.support.callers import Caller

MORNING = datetime(2026, 3, 2, 2, tzinfo=UTC)  # 10:00 on a Monday in Shanghai
EVENING = datetime(2026, 3, 2, 12, tzinfo=UTC)  # 20:00, when greetings end
_numbers = itertools.count(1)


def make_message(customer=None, **changes) -> CareMessage:
    """Make a message that is due now and keeps until the evening, with its reserved slot."""
    customer = customer or make_customer()
    template_id = _template_id()
    number = next(_numbers)
    now = clock.now()
    facts = {
        "id": new_id(),
        "state": MessageState.QUEUED,
        "customer_id": customer.id,
        "occasion": Occasion.BIRTHDAY,
        "occurrence": f"birthday:2026:{customer.id}:{number}",
        "on_day": now.date(),
        "category": Category.CARE,
        "template_id": template_id,
        "template_version": 1,
        "priority": 5,
        "due_at": now,
        "send_before": EVENING,
        "number": customer.phone,
        "sender": "10086",
        "text": f"【演示通信】虚构客户{number}，祝您生日快乐！拒收请回复R",
        "created_at": now,
        **changes,
    }
    length = measure(facts["text"])
    plan = Plan(
        customer_id=customer.id,
        channel=Channel.SMS,
        category=facts["category"],
        at=max(facts["due_at"], now),
        endpoint=facts["number"],
        occurrence=facts["occurrence"],
        not_after=facts["send_before"],
        source=f"care_message:{facts['id']}",
    )
    with transaction():
        slot = contact_frequency.reserve_slot(plan, by_id=None)
        message = CareMessage(
            slot_id=slot.id, encoding=length.encoding, segments=length.segments, **facts
        )
        db.session.add(message)
    # Detached, so that reading it later opens no transaction, which on SQLite would block others.
    db.session.expunge(message)
    return message


def make_messages(count: int, **changes) -> list[CareMessage]:
    """Make messages for as many customers."""
    return [make_message(**changes) for _ in range(count)]


def _template_id() -> str:
    found = db.session.scalar(sa.select(CareTemplate.id))
    db.session.rollback()
    return found or make_template().id


class Gateway(Caller):
    """A gateway with its own key, that speaks the contract."""

    def __init__(self, app) -> None:
        self.identity, key = make_client(Scope.GATEWAY)
        super().__init__(app.test_client(), key)

    @property
    def id(self) -> str:
        return self.identity.id

    def pull(self, most=100, *, seconds=60, wait=0, worker="w1"):
        body = {"max": most, "lease_seconds": seconds, "wait_seconds": wait, "worker": worker}
        reply = self.post("/v1/gateway/leases", json=body)
        assert reply.status_code == 200, reply.json
        return reply.json

    def lease(self, most=100, **kwargs):
        return self.pull(most, **kwargs)["leased"]

    def begin(self, *messages):
        held = [hold(message) for message in messages]
        reply = self.post("/v1/gateway/begins", json={"messages": held})
        assert reply.status_code == 200, reply.json
        return [answer["code"] or answer["state"] for answer in reply.json["messages"]]

    def begun(self, most=100):
        """Lease and begin."""
        messages = self.lease(most)
        assert set(self.begin(*messages)) == {"submitting"}
        return messages

    def ack(self, message, result="submitted", **said):
        return self.ack_all([{**ack_of(message, result), **said}])[0]

    def ack_all(self, acks):
        reply = self.post("/v1/gateway/acks", json={"acks": acks})
        assert reply.status_code == 200, reply.json
        return [answer["code"] or answer["state"] for answer in reply.json["acks"]]

    def report(self, status, *, report_id=None, **said):
        report = {
            "report_id": report_id or f"r{next(_numbers)}",
            "status": status,
            "at": clock.now().isoformat(),
            **said,
        }
        reply = self.post("/v1/gateway/reports", json={"reports": [report]})
        assert reply.status_code == 200, reply.json
        return reply.json["reports"][0]["outcome"]

    def bring(self, text, *, number, inbound_id=None):
        message = {
            "inbound_id": inbound_id or f"i{next(_numbers)}",
            "from": number,
            "to": "10086",
            "text": text,
            "received_at": clock.now().isoformat(),
        }
        reply = self.post("/v1/gateway/inbound", json={"messages": [message]})
        assert reply.status_code == 200, reply.json
        answer = reply.json["messages"][0]
        return answer["outcome"], answer["action"]

    def state_of(self, message):
        return self.get(f"/v1/gateway/messages/{message['id']}")


def hold(message):
    """Name a leased message by its id and token."""
    return {"id": message["id"], "lease_token": message["lease"]["token"]}


def ack_of(message, result):
    return {**hold(message), "result": result}


def stored(message) -> CareMessage:
    """Read a message as it is now."""
    message_id = message["id"] if isinstance(message, dict) else message.id
    db.session.rollback()
    found = db.session.get(CareMessage, message_id, populate_existing=True)
    db.session.expunge(found)
    db.session.rollback()
    return found


def later(moment=MORNING, **kwargs):
    return moment + timedelta(**kwargs)


def slot_state(message):
    found = db.session.get(Slot, message.slot_id, populate_existing=True).state
    db.session.rollback()
    return found


def contacts_of(message):
    wanted = sa.select(Contact).where(Contact.customer_id == message.customer_id)
    found = db.session.scalars(wanted).all()
    db.session.rollback()
    return found
