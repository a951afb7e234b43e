"""Templates and messages, made without ceremony."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from crm_api import config
from crm_api.care.models import CareMessage, CareTemplate
from crm_api.care.terms import Encoding, MessageState, Occasion
from crm_api.care.wording import service as wording
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.values import Plan
from crm_api.customers.models import Customer
from crm_api.customers.terms import Category, Channel
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff

_numbers = itertools.count(1)
BIRTHDAY = "【演示通信】{salutation}，祝您生日快乐，万事顺意！拒收请回复R"
WORDS = {
    Occasion.BIRTHDAY: "祝您生日快乐",
    Occasion.ANNIVERSARY: "{anniversary}到了，祝您幸福",
    Occasion.JOINING: "您入网{years}周年了，感谢一路相伴",
    Occasion.FESTIVAL: "{festival}将至，祝您阖家安康",
    Occasion.PROMOTION: "欣闻您荣升，谨致祝贺",
    Occasion.LIFE_EVENT: "欣闻{event}，谨致祝贺",
    Occasion.TIER_CHANGE: "您已成为我们的{tier}客户，感谢信任",
}


def make_template(
    occasion: Occasion = Occasion.BIRTHDAY,
    festival_key: str | None = None,
    *,
    is_approved: bool = True,
    **changes,
) -> CareTemplate:
    """Make a template; unless told otherwise, a second person has approved it."""
    number = next(_numbers)
    author = changes.pop("by", None) or make_staff()
    content = {
        "name": f"Template {number}",
        "occasion": occasion,
        "festival_key": festival_key,
        "category": Category.CARE,
        "text": f"【演示通信】{{salutation}}，{WORDS[occasion]}（{number}）。拒收请回复R",
        **changes,
    }
    with transaction():
        template = wording.create_template(**content, by=author, now=clock.now())
    if is_approved:
        approver = make_staff()
        with transaction():
            wording.submit_version(template.id, 1, by=author, now=clock.now())
        with transaction():
            wording.approve_version(template.id, 1, by=approver, now=clock.now())
    return template


def make_message(customer: Customer, *, due_at: datetime, **changes) -> CareMessage:
    """Queue a message to a customer, with a slot that the governor gave for it."""
    if "template_id" not in changes:
        template = make_template(changes.get("occasion", Occasion.BIRTHDAY), _festival(changes))
        changes["template_id"] = template.id
    day = due_at.astimezone(config.current().zone).date()
    message_id = changes.pop("id", new_id())
    occurrence = changes.pop("occurrence", f"test:{message_id}")
    send_before = changes.pop("send_before", due_at + timedelta(hours=4))
    with transaction():
        slot = contact_frequency.reserve_slot(
            Plan(
                customer_id=customer.id,
                channel=Channel.SMS,
                category=changes.get("category", Category.CARE),
                at=due_at,
                endpoint=customer.phone,
                occurrence=occurrence,
                not_after=send_before,
                source=f"care_message:{message_id}",
            ),
            by_id=None,
        )
        message = CareMessage(
            **{
                "id": message_id,
                "created_at": clock.now(),
                "state": MessageState.QUEUED,
                "customer_id": customer.id,
                "slot_id": slot.id,
                "occasion": Occasion.BIRTHDAY,
                "occurrence": occurrence,
                "on_day": day,
                "category": Category.CARE,
                "template_version": 1,
                "priority": 4,
                "due_at": due_at,
                "send_before": send_before,
                "number": customer.phone,
                "sender": "10690000",
                "text": f"【演示通信】{customer.name}，祝您生日快乐！拒收请回复R",
                "encoding": Encoding.UCS2,
                "segments": 1,
                **changes,
            }
        )
        db.session.add(message)
    return message


def _festival(changes: dict[str, object]) -> str | None:
    is_festival = changes.get("occasion") is Occasion.FESTIVAL
    return "mid_autumn" if is_festival else None
