"""The policies of the model: the table that we ship, written down anew, and random ones."""

from __future__ import annotations

import random

from crm_api.contact_frequency import policies
from crm_api.contact_frequency.terms import (
    Period,
    RuleKind,
    ScopeKind,
    Strength,
    SubjectKind,
    Waiver,
)
from crm_api.customers.terms import Category, Channel
from tests.governor_proof.model import EVERY_CATEGORY, EVERY_CHANNEL, Law, Person

HOUR, DAY, WEEK = 3_600, 86_400, 7 * 86_400
TIERS = {
    "standard": 2,
    "quasi_high_end": 2,
    "vip": 3,
    "silver": 3,
    "gold": 3,
    "diamond": 4,
    "supreme": 4,
}
SEGMENTS = ("quiet", "loud")
CAPPED = frozenset({"care", "marketing", "service"})
VISITS = frozenset({"visit"})
TEXT = frozenset({"sms", "wechat", "email"})
ENDPOINT = frozenset({"endpoint"})


def _total(tier: str, n: int) -> Law:
    blocks = (EVERY_CHANNEL, CAPPED)
    key = "total_7_days" if n == 2 else f"total_7_days.{tier}"
    return Law(key, "rolling", n=n, seconds=WEEK, blocks=blocks, scope=("tier", tier))


def _own(key: str, category: str, kind: str, **amount) -> Law:
    own = (EVERY_CHANNEL, frozenset({category}))
    return Law(key, kind, blocks=own, counts=own, **amount)


def _hours(key: str, *categories: str, strength: str = "legal", opens=8, closes=21, **more) -> Law:
    blocks = (EVERY_CHANNEL, frozenset(categories))
    hours = {"opens": opens * 60, "closes": closes * 60}
    return Law(key, "window", strength, blocks=blocks, **hours, **more)


SHIPPED = (
    *(_total(tier, n) for tier, n in TIERS.items()),
    Law("gap_24_hours", "min_gap", seconds=DAY, blocks=(EVERY_CHANNEL, CAPPED)),
    Law(
        "visit_week",
        "calendar",
        "soft",
        n=1,
        period="week",
        blocks=(VISITS, CAPPED),
        counts=(VISITS, EVERY_CATEGORY),
    ),
    _own("marketing_30_days", "marketing", "rolling_days", n=1, days=30),
    _own("care_day", "care", "calendar", n=1, period="day", subjects=ENDPOINT),
    _own("care_30_days", "care", "rolling_days", n=4, days=30),
    _own("complaint_24_hours", "complaint", "rolling", n=3, seconds=DAY),
    _own("complaint_7_days", "complaint", "rolling", n=6, seconds=WEEK),
    _own("payment_day", "payment", "calendar", n=1, period="day"),
    _own("payment_7_days", "payment", "rolling", n=3, seconds=WEEK),
    _hours("legal_hours", "care", "payment"),
    _hours("marketing_hours", "marketing", not_on_solemn_days=True),
    _hours("statutory_hours", "statutory", waived_by="deadline"),
    _hours("care_hours", "care", strength="hard", opens=9, closes=20),
    _hours("service_hours", "service", strength="hard"),
    _hours("complaint_hours", "complaint", strength="hard", waived_by="agreement"),
    _hours(
        "greeting_days",
        "care",
        strength="hard",
        opens=0,
        closes=24,
        not_on_solemn_days=True,
        greetings_only=True,
    ),
)


# Of a segment whose members come and go while the machine plays.
QUIET = Law(
    "quiet_14_days",
    "rolling",
    n=1,
    seconds=2 * WEEK,
    blocks=(EVERY_CHANNEL, CAPPED),
    scope=("segment", "quiet"),
)


def random_laws(rng: random.Random, customer_id: str, person: Person) -> tuple[Law, ...]:
    """Return a few policies of any kind; some have narrower ones that may loosen them, or not."""
    laws = [_random_law(rng, f"law {n}") for n in range(rng.randint(1, 4))]
    for law in list(laws):
        if law.kind != "window" and rng.random() < 0.5:
            laws[laws.index(law)] = broad = _with(law, **_may_loosen(rng, law))
            laws += _narrower(rng, broad, customer_id, person)
    return tuple(laws)


def _random_law(rng: random.Random, key: str) -> Law:
    kind = rng.choice(["rolling", "rolling", "rolling_days", "calendar", "min_gap", "window"])
    shape = {
        "rolling": lambda: {
            "n": rng.choice([0, 1, 1, 2, 2, 3]),
            "seconds": rng.choice([HOUR, DAY, 3 * DAY, WEEK]),
        },
        "rolling_days": lambda: {"n": rng.randint(1, 3), "days": rng.choice([1, 2, 7, 30])},
        "calendar": lambda: {
            "n": rng.randint(1, 2),
            "period": rng.choice(["day", "week", "month"]),
        },
        "min_gap": lambda: {"seconds": rng.choice([1, 1800, DAY, 2 * DAY])},
        "window": lambda: _random_hours(rng),
    }[kind]()
    channels = [EVERY_CHANNEL, EVERY_CHANNEL, TEXT, VISITS, frozenset({"call"})]
    categories = [EVERY_CATEGORY, EVERY_CATEGORY, CAPPED, frozenset({"care", "payment"})]
    return Law(
        key,
        kind,
        rng.choice(["hard", "hard", "hard", "legal", "soft"]),
        blocks=(rng.choice(channels[:3]), rng.choice(categories)),
        counts=(rng.choice(channels), rng.choice(categories)),
        subjects=rng.choice(
            [frozenset({"customer", "endpoint"}), frozenset({"customer"}), ENDPOINT]
        ),
        **shape,
    )


def _random_hours(rng: random.Random) -> dict:
    # No hour that a clock may skip or show twice: what such a policy means, nobody has said.
    opens = rng.choice([0, 6 * 60, 9 * 60 + 30, 22 * 60])
    return {
        "opens": opens,
        "closes": rng.choice([c for c in (4 * 60, 12 * 60, 23 * 60, 1440) if c > opens]),
        "weekdays": frozenset(rng.choice([range(1, 8), range(1, 6), (2, 7)])),
        "workdays_only": rng.random() < 0.3,
        "not_on_solemn_days": rng.random() < 0.4,
        "greetings_only": rng.random() < 0.2,
        "waived_by": rng.choice([None, None, "agreement", "deadline"]),
    }


def _may_loosen(rng: random.Random, law: Law) -> dict:
    scopes = [s for s in ("tier", "segment", "customer") if rng.random() < 0.6]
    ceiling = rng.choice([None, 1, 2]) if law.kind != "min_gap" else rng.choice([None, 1800])
    return {"may_be_loosened_by": frozenset(scopes), "ceiling": ceiling}


def _narrower(rng: random.Random, broad: Law, customer_id: str, person: Person) -> list[Law]:
    found, above = [], broad
    own = [("segment", one) for one in sorted(person.segments)]
    for scope in (("tier", person.tier), *own, ("segment", "others"), ("customer", customer_id)):
        if rng.random() < 0.6:
            amount = {"n": None if broad.n is None else rng.choice([0, 1, 2, 3, 3, 5])}
            if broad.kind == "min_gap":
                amount = {"seconds": rng.choice([60, 1800, 3 * DAY])}
            named = {"key": f"{broad.key} of {' '.join(scope)}", "scope": scope}
            under = rng.choice([broad.key, above.key])
            above = _with(broad, **named, **amount, loosens=under, **_may_loosen(rng, broad))
            found.append(above)
    return found


def _with(law: Law, **changes) -> Law:
    return Law(**{**law.__dict__, **changes})


def rule_of(law: Law) -> policies.Rule:
    """Tell the governor of a law in its own words."""
    return policies.Rule(
        key=law.key,
        kind=RuleKind(law.kind),
        strength=Strength(law.strength),
        scope_kind=ScopeKind(law.scope[0]),
        scope_id=law.scope[1],
        loosens=law.loosens,
        loosened_by=frozenset(ScopeKind(s) for s in law.may_be_loosened_by),
        ceiling=law.ceiling,
        subjects=frozenset(SubjectKind(s) for s in law.subjects),
        channels=frozenset(Channel(c) for c in law.blocks[0]),
        categories=frozenset(Category(c) for c in law.blocks[1]),
        counted_channels=frozenset(Channel(c) for c in law.counts[0]),
        counted_categories=frozenset(Category(c) for c in law.counts[1]),
        limit=law.n,
        seconds=law.seconds,
        days=law.days,
        period=None if law.period is None else Period(law.period),
        opens=law.opens,
        closes=law.closes,
        weekdays=frozenset(law.weekdays),
        workdays_only=law.workdays_only,
        closed_on_solemn_days=law.not_on_solemn_days,
        greetings_only=law.greetings_only,
        waived_by=None if law.waived_by is None else Waiver(law.waived_by),
    )
