"""What an account manager reads: concrete, in two languages, and as the README shows it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import StoredDecision
from crm_api.contact_frequency.policies import PolicyFrame, decide
from crm_api.contact_frequency.policies.facts import (
    EndpointFacts,
    Facts,
    HoldFact,
    OptOutFact,
    PersonFacts,
    SlotFact,
    WishFact,
)
from crm_api.contact_frequency.policies.moments import day_number, micros
from crm_api.contact_frequency.policies.rules import Rule
from crm_api.contact_frequency.policies.sentences import SENTENCES
from crm_api.contact_frequency.terms import (
    ContactClass,
    HoldKind,
    Period,
    ReasonCode,
    RuleKind,
    Strength,
)
from crm_api.contact_frequency.values import Plan
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
from tests.factories.accounts import make_staff
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

README = Path(__file__).resolve().parents[2] / "README.md"
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 3, 4, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def told(customer, owner, *, at, channel="call", category="service"):
    """Ask as the app does; return the sentences of the reasons."""
    query = f"at={at.isoformat().replace('+00:00', 'Z')}&channel={channel}&category={category}"
    reply = owner.get(f"/v1/customers/{customer.id}/contact-budget?{query}")
    assert reply.status_code == 200, reply.json
    reasons = [r for r in reply.json["reasons"] if r["subject"]["kind"] == "customer"]
    return [(r["code"], r["message_zh"], r["message"]) for r in reasons]


@pytest.fixture
def five_cases(now, sign_in):
    """Five everyday questions, each of a customer of its own, and what is answered."""
    owner = make_staff()
    caller = sign_in(owner)
    called, busy, anybody, opted_out, left_alone = (make_customer(owner) for _ in range(5))
    _made(make_plan(called, now), at=now - 19 * HOUR, now=now)
    reserve(make_plan(busy, now + 2 * DAY, channel=Channel.VISIT))
    _made(make_plan(busy, now, channel=Channel.WECHAT), at=now - DAY, now=now)
    in_transaction(contact_frequency.opt_out, opted_out.phone, at=now, source="desk")
    in_transaction(
        contact_frequency.place_hold,
        HoldKind.LEAVE_ALONE,
        customer_id=left_alone.id,
        from_at=now,
        until_at=now + 14 * DAY,
        reason="travelling",
        by_id=None,
    )
    care = {"category": "care", "at": now + HOUR}
    return {
        "gap_too_short": told(called, caller, at=now + HOUR),
        "cap_reached": told(busy, caller, at=now + 4 * DAY),
        "outside_hours": told(anybody, caller, at=now + 12 * HOUR),
        "opted_out": told(opted_out, caller, channel="sms", **care),
        "leave_alone": told(left_alone, caller, channel="wechat", **care),
    }


def _made(plan, *, at, now):
    in_transaction(
        contact_frequency.record_fact,
        plan,
        occurred_at=at,
        recorded_at=now,
        outcome="reached",
        by_id="x",
    )


def test_the_readme_shows_five_everyday_cases_as_they_are_answered(five_cases):
    shown = README.read_text(encoding="utf-8")

    for case, reasons in five_cases.items():
        [(code, chinese, english)] = reasons
        assert code == case
        assert f"| `{code}` | {chinese}<br>{english} |" in shown


def person(**changes):
    return PersonFacts(customer_id="c", tier="standard", **changes)


def slots(*moments, channel=Channel.CALL):
    return tuple(
        SlotFact(f"s{n}", micros(at), channel, Category.CARE, f"s{n}")
        for n, at in enumerate(moments)
    )


def cap(**changes):
    return Rule(**{"key": "a_cap", "strength": Strength.HARD, "limit": 1, **changes})


def window(**changes):
    return Rule(key="hours", kind=RuleKind.WINDOW, strength=Strength.HARD, **changes)


WEEKLY = cap(kind=RuleKind.CALENDAR, period=Period.WEEK, strength=Strength.SOFT)
EVERY_CODE = {
    ReasonCode.CAP_REACHED: (
        Facts(persons=(person(slots=slots(NOON - DAY)),)),
        cap(kind=RuleKind.ROLLING_DAYS, days=30, counted_categories=frozenset({Category.CARE})),
        "30 天内最多关怀联系 1 次，3月2日（周一）12:00 打过电话。",
    ),
    ReasonCode.DAILY_CAP_REACHED: (
        Facts(persons=(person(slots=slots(NOON + HOUR)),)),
        cap(kind=RuleKind.CALENDAR, period=Period.DAY),
        "每天最多接触 1 次，3月3日（周二）13:00 约了电话。",
    ),
    ReasonCode.PERIOD_CAP_REACHED: (
        Facts(persons=(person(slots=slots(NOON + HOUR)),)),
        WEEKLY,
        "仅作提醒，有理由即可继续。",
    ),
    ReasonCode.GAP_TOO_SHORT: (
        Facts(persons=(person(slots=slots(NOON - HOUR, NOON + HOUR)),)),
        cap(kind=RuleKind.MIN_GAP, limit=None, seconds=7200),
        "3月3日（周二）11:00 打过电话、3月3日（周二）13:00 约了电话，两次接触至少相隔 2 小时。",
    ),
    ReasonCode.NEVER_ALLOWED: (
        Facts(persons=(person(),)),
        cap(kind=RuleKind.ROLLING, limit=0, seconds=60),
        "现行政策不安排接触。",
    ),
    ReasonCode.OUTSIDE_HOURS: (
        Facts(persons=(person(),)),
        window(opens=840, closes=960, weekdays=frozenset({1, 3}), overridable_by=("manager",)),
        "关怀联系只在周一、周三 14:00-16:00 进行。",
    ),
    ReasonCode.SOLEMN_DAY: (
        Facts(persons=(person(),)),
        window(closed_on_solemn_days=True),
        "3月3日（周二）是肃穆的日子",
    ),
    ReasonCode.NOT_A_WORKDAY: (
        Facts(persons=(person(),)),
        window(workdays_only=True),
        "3月3日（周二）不是工作日。",
    ),
    ReasonCode.VISIT_CONTACTS_EXHAUSTED: (
        Facts(persons=(person(),), visit_at=micros(NOON + DAY), visit_contacts=2),
        None,
        "两次配套联系已经用完",
    ),
    ReasonCode.DO_NOT_DISTURB: (
        Facts(persons=(person(wishes=(WishFact(quiet_from=660, quiet_until=780),)),)),
        None,
        "客户要求3月3日（周二）11:00 至 3月3日（周二）13:00 不被打扰。",
    ),
    ReasonCode.OPTED_OUT: (
        Facts(
            persons=(person(),),
            endpoint=EndpointFacts(
                label="****8000", opt_outs=(OptOutFact(Channel.SMS, (Category.CARE,)),)
            ),
        ),
        None,
        "尾号 8000 的号码：已退订短信",
    ),
    ReasonCode.COMPLAINT_OPEN: (
        Facts(persons=(person(holds=(HoldFact(HoldKind.COMPLAINT, 0),)),)),
        None,
        "有投诉还没结案，结案前暂停关怀和营销。",
    ),
    ReasonCode.LEAVE_ALONE: (
        Facts(persons=(person(holds=(HoldFact(HoldKind.LEAVE_ALONE, 0, micros(NOON + DAY)),)),)),
        None,
        "约定 3月4日（周三）12:00 之前不打扰。",
    ),
    ReasonCode.MOURNING: (
        Facts(persons=(person(holds=(HoldFact(HoldKind.MOURNING, 0),)),)),
        None,
        "正在哀悼，关怀和营销一律暂停，解除后恢复。可由主管或管理员解除。",
    ),
    ReasonCode.DECEASED: (Facts(persons=(person(is_deceased=True),)), None, "客户已经去世。"),
    ReasonCode.MINOR_WITHOUT_CONSENT: (
        Facts(persons=(person(consent_due_until=micros(NOON + 400 * DAY)),)),
        None,
        "客户未成年（2027年4月7日（周三）12:00 成年）",
    ),
    ReasonCode.ACCOUNT_CLOSED: (Facts(persons=(person(is_closed=True),)), None, "客户已经销户。"),
    ReasonCode.OCCURRENCE_TAKEN: (
        Facts(persons=(person(),), occurrence_slot="other"),
        None,
        "同一件事已有一次联系，不重复。",
    ),
    ReasonCode.GREETED_THAT_DAY: (
        Facts(persons=(person(slots=tuple(replace(s, occasion_class=4) for s in slots(NOON))),)),
        None,
        "3月3日（周二）已有另一条祝福",
    ),
    ReasonCode.AFTER_LAST_MOMENT: (Facts(persons=(person(),)), None, "3月3日（周二）11:00 这次"),
    ReasonCode.IN_THE_PAST: (Facts(persons=(person(),)), None, "现在是 3月3日（周二）12:00。"),
    ReasonCode.SLOT_SETTLED: (
        Facts(persons=(person(),), is_settled=True),
        None,
        "这个预约已经不在了。",
    ),
}


def judged(code):
    facts, rule, _said = EVERY_CODE[code]
    plan = Plan(
        customer_id="c",
        channel=Channel.SMS,
        category=Category.CARE,
        at=NOON - HOUR if code is ReasonCode.IN_THE_PAST else NOON,
        visit_id="v" if facts.visit_at else None,
        not_after=NOON - HOUR if code is ReasonCode.AFTER_LAST_MOMENT else None,
        occasion_class=ContactClass.OTHER_DAY if code is ReasonCode.GREETED_THAT_DAY else None,
    )
    frame = PolicyFrame(
        rules=(rule,) if rule else (),
        zone=SHANGHAI,
        solemn_days=frozenset({day_number(date(2026, 3, 3))}),
    )
    return plan, facts, frame


@pytest.mark.parametrize("code", ReasonCode)
def test_each_reason_says_what_stands_in_the_way(code):
    decision = decide(*judged(code), NOON)

    [reason] = [r for r in decision.reasons if r.code is code]
    assert EVERY_CODE[code][2] in reason.message_zh
    for text in (reason.message, reason.message_zh):
        assert "None" not in text
        assert not re.search(r"[。.]{2}|  | [，。]|\{", text)
    assert reason.message.endswith(".")
    assert reason.message_zh.endswith("。")
    assert reason.message[0].isupper()


def test_where_one_reason_alone_stands_in_the_way_its_end_is_the_moment_that_is_free():
    facts = Facts(persons=(person(slots=slots(NOON - HOUR)),))
    gap = cap(kind=RuleKind.MIN_GAP, limit=None, seconds=7200, overridable_by=("manager", "admin"))
    frame = PolicyFrame(rules=(gap,), zone=SHANGHAI)
    plan = Plan(customer_id="c", channel=Channel.CALL, category=Category.CARE, at=NOON)

    [alone] = decide(plan, facts, frame, NOON).reasons
    quiet = WishFact(quiet_from=780, quiet_until=840)
    with_wish = Facts(persons=(person(slots=slots(NOON - HOUR), wishes=(quiet,)),))
    [beside] = decide(plan, with_wish, frame, NOON).reasons

    assert "3月3日（周二）13:00 后可以联系。如需破例，须由主管或管理员批准。" in alone.message_zh
    assert "The next is possible from Tue 3 Mar 13:00." in alone.message
    assert "这项限制到 3月3日（周二）13:00 为止。" in beside.message_zh


def test_what_holds_for_customer_and_number_is_told_once(customer, now):
    reserve(make_plan(customer, now + HOUR))
    [refusal] = in_transaction(
        contact_frequency.reserve_slots, [make_plan(customer, now + 2 * HOUR)], by_id="x"
    )
    stored = db.session.get(StoredDecision, refusal.id)
    gaps = [r for r in orjson.loads(stored.trace)["reasons"] if r["code"] == "gap_too_short"]
    own, numbers = gaps

    last = customer.phone[-4:]
    assert own["subject"]["kind"] == "customer"
    assert "two contacts are at least 24 hours apart" in own["message"]
    assert numbers["message"] == f"The same holds for the number ending in {last}."
    assert numbers["message_zh"] == f"尾号 {last} 的号码同样如此。"
    assert numbers["counted"] == own["counted"]


def test_what_was_told_twice_before_stays_so(customer, now):
    reserve(make_plan(customer, now + HOUR))
    [refusal] = in_transaction(
        contact_frequency.reserve_slots, [make_plan(customer, now + 2 * HOUR)], by_id="x"
    )
    stored = db.session.get(StoredDecision, refusal.id)
    facts = orjson.loads(stored.facts)
    facts["facts"]["wording"] = 2
    older = StoredDecision(facts=orjson.dumps(facts), frame_digest=stored.frame_digest)

    _own, numbers = orjson.loads(contact_frequency.replay(older))["reasons"]

    assert numbers["message"].startswith("For the number ending in")
    assert "two contacts are at least 24 hours apart" in numbers["message"]
    db.session.rollback()


def test_a_decision_told_in_the_first_wording_still_gives_its_bytes(customer, now):
    """Traces stored before sentences became concrete know of no wording."""
    reserve(make_plan(customer, now + HOUR))
    [refusal] = in_transaction(
        contact_frequency.reserve_slots, [make_plan(customer, now + 2 * HOUR)], by_id="x"
    )
    stored = db.session.get(StoredDecision, refusal.id)
    assert contact_frequency.replay(stored) == stored.trace

    facts = orjson.loads(stored.facts)
    del facts["facts"]["wording"]
    older = StoredDecision(facts=orjson.dumps(facts), frame_digest=stored.frame_digest)
    told = orjson.loads(contact_frequency.replay(older))

    for reason in told["reasons"]:
        chinese, english = SENTENCES[ReasonCode(reason["code"])]
        assert (reason["message_zh"], reason["message"]) == (f"{chinese}。", f"{english}.")
    db.session.rollback()
