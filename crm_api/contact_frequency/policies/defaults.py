"""The policies we ship: the table of the product's rules, all of them to be changed by versions."""

from __future__ import annotations

from dataclasses import replace

from crm_api.contact_frequency.policies.rules import ALL_CATEGORIES, Rule
from crm_api.contact_frequency.terms import (
    Period,
    RuleKind,
    ScopeKind,
    Strength,
    SubjectKind,
    Waiver,
)
from crm_api.customers.terms import Category, Channel, Tier

HOUR = 3_600
DAY = 24 * HOUR
LEADERS = ("manager", "admin")
EVERYONE = ("account_manager", "manager", "admin")
CAPPED = frozenset({Category.CARE, Category.MARKETING, Category.SERVICE})
ONLY_ENDPOINTS = frozenset({SubjectKind.ENDPOINT})
VISITS = frozenset({Channel.VISIT})

TOTAL = Rule(
    key="total_7_days",
    kind=RuleKind.ROLLING,
    strength=Strength.HARD,
    limit=2,
    seconds=7 * DAY,
    categories=CAPPED,
    loosened_by=frozenset({ScopeKind.TIER, ScopeKind.CUSTOMER}),
    ceiling=4,
    overridable_by=LEADERS,
)
GAP = Rule(
    key="gap_24_hours",
    kind=RuleKind.MIN_GAP,
    strength=Strength.HARD,
    seconds=DAY,
    categories=CAPPED,
    overridable_by=LEADERS,
)
VISIT_WEEK = Rule(
    key="visit_week",
    kind=RuleKind.CALENDAR,
    strength=Strength.SOFT,
    limit=1,
    period=Period.WEEK,
    channels=VISITS,
    categories=CAPPED,
    counted_channels=VISITS,
    counted_categories=ALL_CATEGORIES,
    overridable_by=EVERYONE,
)


def _of_tier(tier: Tier, limit: int) -> Rule:
    return replace(
        TOTAL,
        key=f"total_7_days.{tier}",
        limit=limit,
        scope_kind=ScopeKind.TIER,
        scope_id=tier.value,
        loosens=TOTAL.key,
        loosened_by=frozenset({ScopeKind.CUSTOMER}),
    )


def _own_cap(key: str, category: Category, **amount: object) -> Rule:
    own = frozenset({category})
    amount = {"kind": RuleKind.ROLLING, "overridable_by": LEADERS, **amount}
    return Rule(
        key=key,
        strength=Strength.HARD,
        categories=own,
        counted_categories=own,
        **amount,  # type: ignore[arg-type]
    )


def _hours(key: str, categories: set[Category], strength: Strength, **more: object) -> Rule:
    return Rule(
        key=key,
        kind=RuleKind.WINDOW,
        strength=strength,
        categories=frozenset(categories),
        **{"opens": 8 * 60, "closes": 21 * 60, **more},  # type: ignore[arg-type]
    )


RULES: tuple[Rule, ...] = (
    TOTAL,
    _of_tier(Tier.VIP, 3),
    _of_tier(Tier.SILVER, 3),
    _of_tier(Tier.GOLD, 3),
    _of_tier(Tier.DIAMOND, 4),
    _of_tier(Tier.SUPREME, 4),
    GAP,
    VISIT_WEEK,
    _own_cap("marketing_30_days", Category.MARKETING, kind=RuleKind.ROLLING_DAYS, limit=1, days=30),
    _own_cap(
        "care_day",
        Category.CARE,
        kind=RuleKind.CALENDAR,
        limit=1,
        period=Period.DAY,
        subjects=ONLY_ENDPOINTS,
    ),
    _own_cap("care_30_days", Category.CARE, kind=RuleKind.ROLLING_DAYS, limit=4, days=30),
    _own_cap("complaint_24_hours", Category.COMPLAINT, limit=3, seconds=DAY),
    _own_cap("complaint_7_days", Category.COMPLAINT, limit=6, seconds=7 * DAY),
    _own_cap("payment_day", Category.PAYMENT, kind=RuleKind.CALENDAR, limit=1, period=Period.DAY),
    _own_cap("payment_7_days", Category.PAYMENT, limit=3, seconds=7 * DAY),
    _hours("legal_hours", {Category.CARE, Category.PAYMENT}, Strength.LEGAL),
    _hours("marketing_hours", {Category.MARKETING}, Strength.LEGAL, closed_on_solemn_days=True),
    _hours("statutory_hours", {Category.STATUTORY}, Strength.LEGAL, waived_by=Waiver.DEADLINE),
    _hours(
        "care_hours",
        {Category.CARE},
        Strength.HARD,
        opens=9 * 60,
        closes=20 * 60,
        overridable_by=LEADERS,
    ),
    _hours("service_hours", {Category.SERVICE}, Strength.HARD, overridable_by=LEADERS),
    _hours(
        "complaint_hours",
        {Category.COMPLAINT},
        Strength.HARD,
        waived_by=Waiver.AGREEMENT,
        overridable_by=LEADERS,
    ),
    _hours(
        "greeting_days",
        {Category.CARE},
        Strength.HARD,
        opens=0,
        closes=24 * 60,
        closed_on_solemn_days=True,
        greetings_only=True,
    ),
)
