"""An outbox with a past: messages of all kinds and ends, and what numbers wrote back."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.care.gateway.terms import InboundAction
from crm_api.care.models import CareMessage, InboundMessage
from crm_api.care.terms import Encoding, MessageState, Occasion
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import Counting, SlotState
from crm_api.customers.terms import Category, Channel, Tier
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.touches import touching
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.care import make_template
from tests.factories.customers import make_customer

S = MessageState
ZONE = ZoneInfo("Asia/Shanghai")
FIRST = date(2026, 2, 23)  # a Monday
SENT = (S.SUBMITTED, S.DELIVERED, S.UNDELIVERED)
REASONS = {
    S.UNDELIVERED: ("reported",),
    S.REJECTED: ("rejected", "E27: 号码不存在"),
    S.SUPPRESSED: ("opted_out", "complaint_open", "brand_new_reason"),
    S.CANCELLED: ("在服丧",),
    S.EXPIRED: ("missed_its_window",),
    S.DEAD: ("retries_exhausted",),
    S.UNCERTAIN: ("gateway_unsure",),
    S.PREEMPTED: ("preempted",),
    S.COALESCED: ("coalesced",),
}


def local(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a moment of a day in Shanghai."""
    return datetime.combine(day, time(hour, minute), ZONE).astimezone(UTC)


def keep_message(customer, *, on_day: date, state=S.QUEUED, **changes) -> str:
    """Store a message as it would stand after its life, with its slot; return its id."""
    tier = changes.pop("tier", Tier.STANDARD)
    message_id, slot_id, due_at = new_id(), new_id(), local(on_day, 10)
    begun_at = due_at if state in SENT else None
    message = {
        "id": message_id,
        "created_at": due_at - timedelta(days=9),
        "state": state,
        "reason": REASONS.get(state, ("",))[0],
        "customer_id": customer.id,
        "slot_id": slot_id,
        "occasion": Occasion.BIRTHDAY,
        "festival_key": None,
        "occurrence": f"test:{message_id}",
        "on_day": on_day,
        "category": Category.CARE,
        "template_version": 1,
        "priority": 4,
        "due_at": due_at,
        "send_before": local(on_day, 20),
        "number": customer.phone,
        "sender": "10690000",
        "text": "…",
        "encoding": Encoding.UCS2,
        "segments": 1,
        "sent_segments": None,
        "begun_at": begun_at,
        "submitted_at": begun_at,
        **changes,
    }
    slot = {
        "id": slot_id,
        "created_at": due_at,
        "customer_id": customer.id,
        "channel": Channel.SMS,
        "category": Category.CARE,
        "state": SlotState.RELEASED,
        "counting": Counting.NONE,
        "effective_at": due_at,
        "tier": tier,
        "judged_at": due_at,
    }
    with transaction():
        db.session.execute(sa.insert(Slot), [slot])
        db.session.execute(touching(sa.insert(CareMessage)), [message])
    return message_id


def hear(number: str, *, at: datetime, action=InboundAction.OPT_OUT, is_refusal=None) -> None:
    """Store what a number wrote back."""
    inbound_id = new_id()
    heard = InboundMessage(
        id=inbound_id,
        created_at=at,
        gateway_id="gateway",
        inbound_id=inbound_id,
        number=number,
        sent_to="10690000",
        text="TD",
        received_at=at,
        action=action,
        is_refusal=is_refusal,
    )
    with transaction():
        db.session.add(heard)


class District:
    """Teams with managers, customers and a month of messages."""

    def __init__(self) -> None:
        self.root = make_team()
        self.east, self.west = (make_team(parent=self.root) for _ in range(2))
        self.corner = make_team(parent=self.east)
        self.elsewhere = make_team()
        self.manager = make_staff(Role.MANAGER, team=self.root)
        self.east_manager = make_staff(Role.MANAGER, team=self.east)
        teams = (self.root, self.east, self.west, self.corner, self.elsewhere)
        self.customers = [make_customer(make_staff(team=team)) for team in teams]
        self.birthday = make_template().id
        self.festival = make_template(Occasion.FESTIVAL, "mid_autumn").id

    def fill(self, *, seed: int, count: int) -> None:
        """Store messages at random, and a few refusals."""
        chance = random.Random(seed)
        for _ in range(count):
            customer = chance.choice(self.customers)
            day = FIRST + timedelta(days=chance.randrange(28))
            self._keep(customer, day, chance)
            if chance.random() < 0.2:
                hour = timedelta(hours=chance.randrange(300))
                hear(customer.phone, at=local(day, 10) + hour)

    def _keep(self, customer, day: date, chance: random.Random) -> None:
        state = chance.choice(list(S))
        is_festival = chance.random() < 0.5
        keep_message(
            customer,
            on_day=day,
            state=state,
            reason=chance.choice(REASONS.get(state, ("",))),
            tier=chance.choice([Tier.STANDARD, Tier.GOLD]),
            occasion=Occasion.FESTIVAL if is_festival else Occasion.BIRTHDAY,
            festival_key=chance.choice(["mid_autumn", "lantern"]) if is_festival else None,
            template_id=self.festival if is_festival else self.birthday,
            template_version=chance.choice([1, 2]),
            segments=chance.choice([1, 2]),
            sent_segments=chance.choice([None, 3]) if state in SENT else None,
        )
