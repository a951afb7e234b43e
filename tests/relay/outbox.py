"""Many messages that are due, each with its slot, made in a few strokes."""

from __future__ import annotations

import itertools
from datetime import timedelta

from crm_api.care.models import CareMessage
from crm_api.care.policies.lengths import measure
from crm_api.care.terms import MessageState, Occasion
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.values import Plan
from crm_api.customers.models import Customer
from crm_api.customers.service.derived import keep_derived, keep_reading, phone_of
from crm_api.customers.terms import Category, Channel, Kind, Tier
from crm_api.kit import clock
from crm_api.kit.bulk import insert_rows
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.factories.care import make_template

CHUNK = 500
GREETING = "【演示通信】虚构客户{}，祝您生日快乐！拒收请回复R"
_numbers = itertools.count(1)


def fill_outbox(count, *, text=GREETING):
    """Queue a greeting to each of as many customers, due now; return the messages' ids."""
    owner, template_id = make_staff(), make_template().id
    ids = []
    for start in range(0, count, CHUNK):
        with transaction():
            customers = [_customer(owner) for _ in range(min(CHUNK, count - start))]
            ids += _queue(customers, template_id, text=text)
    db.session.remove()
    return ids


def _customer(owner):
    number, now = next(_numbers), clock.now()
    customer = Customer(
        id=new_id(),
        kind=Kind.INDIVIDUAL,
        name=f"虚构{number}号",
        phone=f"+86137{number:08d}",
        account_no=f"R{number:09d}",
        team_id=owner.team_id,
        owner_id=owner.id,
        own_tier=Tier.STANDARD,
        created_at=now,
    )
    keep_reading(customer)
    db.session.add(customer)
    phone = phone_of(customer.phone, customer_id=customer.id, now=now, is_primary=True, label="")
    db.session.add(phone)
    return customer


def _queue(customers, template_id, *, text):
    now = clock.now()
    keep_derived(customers, now=now)
    db.session.flush()
    send_before = now + timedelta(hours=2)
    plans = [
        Plan(
            customer_id=customer.id,
            channel=Channel.SMS,
            category=Category.CARE,
            at=now,
            endpoint=customer.phone,
            occurrence=f"birthday:2026:{customer.id}",
            not_after=send_before,
            source=f"care_message:{new_id()}",
        )
        for customer in customers
    ]
    slots = contact_frequency.reserve_slots(plans, by_id=None)
    rows = [
        _row(plan, slot.id, template_id, text=text) for plan, slot in zip(plans, slots, strict=True)
    ]
    insert_rows(CareMessage, rows)
    return [row["id"] for row in rows]


def _row(plan, slot_id, template_id, *, text):
    said = text.format(plan.endpoint[-4:])
    length = measure(said)
    return {
        "id": plan.source.removeprefix("care_message:"),
        "created_at": plan.at,
        "state": MessageState.QUEUED,
        "reason": "",
        "customer_id": plan.customer_id,
        "slot_id": slot_id,
        "occasion": Occasion.BIRTHDAY,
        "occurrence": plan.occurrence,
        "on_day": plan.at.date(),
        "category": plan.category,
        "template_id": template_id,
        "template_version": 1,
        "priority": 5,
        "due_at": plan.at,
        "send_before": plan.not_after,
        "number": plan.endpoint,
        "sender": "10690000",
        "text": said,
        "encoding": length.encoding,
        "segments": length.segments,
        "attempt": 0,
        "idle_leases": 0,
        "lease_epoch": 0,
        "lease_worker": "",
    }
