"""The statements of a simulation: set by set, and the same for both engines.

Each of them weighs one rule for the people whom it is for. `asked` are the contacts that the rule
can block. With values in microseconds, local days or numbers of a bucket, whose width is 1, all
caps have one form: some window of the rule's width around the contact holds as many different
others as it allows. A contact that was made is weighed against those before it, a planned one
against all others, as the second gate will: where its `claim` is given, but for the held ones
that would give way to it.

Window functions tell how many others there are; that is the answer where each stands for itself
(`is_odd` where a visit and what serves it count as one), unless several windows may hold a planned
one. For those few the different ones are counted exactly.

Everything put into the texts here is our own: words of enumerations, and whole numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.moments import DAY, SECOND
from crm_api.contact_frequency.terms import ALL_CHANNELS, Counting, Period, RuleKind
from crm_api.customers.terms import Channel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crm_api.contact_frequency.desk.policies.spreading import Kind
    from crm_api.contact_frequency.policies import Rule

LONGEST_BUCKET = 32 * DAY
_BUCKETS = {
    Period.DAY: "{s}.local_day",
    Period.WEEK: "(({s}.local_day + 3) / 7)",
    Period.MONTH: "{s}.local_month",
}
GIVEN = {
    "postgresql": """
WITH given AS (
    SELECT id, claim FROM jsonb_to_recordset(CAST(:given AS jsonb)) AS g(id text, claim text)
),""",
    "sqlite": """
WITH given AS (
    SELECT value ->> 'id' AS id, value ->> 'claim' AS claim FROM json_each(:given)
),""",
}

NEAR = """
WITH weighed AS (
    SELECT s.slot_id, s.subject_id, s.subject_kind, s.unit, s.effective_micros, {value} AS value,
           COALESCE(p.person_id, s.subject_id) AS whom, p.person_id,
           CASE WHEN {counts} THEN 1 ELSE 0 END AS counted,
           CASE WHEN s.claim IS NOT NULL THEN 1 ELSE 0 END AS held,
           CASE WHEN {asked} THEN 1 ELSE 0 END AS asked,
           COUNT(*) OVER (PARTITION BY COALESCE(p.person_id, s.subject_id), s.unit) AS alike
    FROM slot_subjects s LEFT JOIN customers p ON p.id = s.subject_id
    WHERE s.counting <> 'none' AND s.subject_kind IN ({kinds})
      AND s.effective_micros BETWEEN :first AND :last AND ({counts} OR {asked})
      AND (s.subject_kind = 'endpoint' OR p.person_id IS NOT NULL
           OR p.tier IN :tiers OR p.id IN :owners)
), near AS (
    SELECT w.*,
           SUM(counted) OVER (PARTITION BY whom ORDER BY effective_micros, slot_id
               ROWS UNBOUNDED PRECEDING) - counted AS passed,
           SUM(counted) OVER (PARTITION BY whom ORDER BY value
               RANGE BETWEEN UNBOUNDED PRECEDING AND CAST({width} AS bigint) PRECEDING) AS gone,
           SUM(counted) OVER around - counted AS others,
           SUM(held) OVER around - held AS held_others,
           MAX(alike) OVER (PARTITION BY whom) AS most_alike
    FROM weighed w
    WINDOW around AS (PARTITION BY whom ORDER BY value
        RANGE BETWEEN CAST({reach} AS bigint) PRECEDING AND CAST({reach} AS bigint) FOLLOWING)
), asked AS (
    SELECT slot_id, subject_id, subject_kind, unit, effective_micros, value, person_id,
           held_others, CAST(NULL AS text) AS claim,
           CASE WHEN most_alike > 1 THEN 1 ELSE 0 END AS is_odd
    FROM near
    WHERE asked > 0 AND {allowed}
        <= CASE WHEN effective_micros < :now THEN passed - COALESCE(gone, 0) ELSE others END
)"""

ASKED = """{given} asked AS (
    SELECT s.slot_id, s.subject_id, s.subject_kind, s.unit, s.effective_micros, {value} AS value,
           p.person_id, 0 AS held_others, {claim} AS claim, 1 AS is_odd
    FROM {rows} LEFT JOIN customers p ON p.id = s.subject_id
    WHERE s.subject_kind IN ({kinds}) AND {asked}
)"""

# With the tier alone where no policy names a segment, or else with the segments that one is in.
BY_TIER = {"members": "", "beside_m": "", "kind": "m.tier"}
BY_SEGMENT = {
    "beside_m": "LEFT JOIN members x ON x.id = m.id",
    "kind": "m.tier || ',' || COALESCE(x.segments, '')",
}
MEMBERS = {
    "postgresql": """, members AS MATERIALIZED (
    SELECT id, segments
    FROM jsonb_to_recordset(CAST(:members AS jsonb)) AS g(id text, segments text)
)""",
    "sqlite": """, members AS MATERIALIZED (
    SELECT value ->> 'id' AS id, value ->> 'segments' AS segments FROM json_each(:members)
)""",
}

FOUND = """{members}
SELECT a.slot_id, a.effective_micros, c.customer_id, w.tier, c.channel, c.category,
       MAX(a.held_others) AS held_others
FROM asked a {beside}
    JOIN contact_slots c ON c.id = a.slot_id
    JOIN customers w ON w.id = c.customer_id
    JOIN customers m
      ON m.id = CASE a.subject_kind WHEN 'customer' THEN a.subject_id ELSE c.customer_id END
    {beside_m}
    WHERE (a.effective_micros < :now OR c.state IN ('held', 'reserved'))
      AND (({kind} IN :kinds AND m.id NOT IN :apart) OR m.id IN :owners)
      AND ({refused})
    GROUP BY a.slot_id, a.effective_micros, c.customer_id, w.tier, c.channel, c.category"""

SAME_PEOPLE = """(
        SELECT a.subject_id AS id
        UNION SELECT g.id FROM customers g WHERE g.person_id = a.person_id)"""

CROWDED = """
    {allowed} = 0 OR (a.is_odd = 0 AND (a.effective_micros < :now OR {allowed} = 1)) OR EXISTS (
    SELECT 1 FROM {people} fp JOIN slot_subjects f ON f.subject_id = fp.id
    WHERE f.effective_micros BETWEEN a.effective_micros - {far} AND a.effective_micros
      AND {f_value} > a.value - {width} AND {f_value} <= a.value AND f.counting <> 'none'
      AND {allowed} <= (
        SELECT COUNT(DISTINCT b.unit) FROM {people} bp JOIN slot_subjects b ON b.subject_id = bp.id
        WHERE b.effective_micros BETWEEN f.effective_micros - {far} AND f.effective_micros + {far}
          AND {b_value} >= {f_value} AND {b_value} < {f_value} + {width}
          AND b.counting <> 'none' AND {b_counts} AND b.unit <> a.unit
          AND (a.claim IS NULL OR b.claim IS NULL OR b.claim < a.claim
               OR (b.claim = a.claim AND b.slot_id < a.slot_id))
          AND (a.effective_micros >= :now OR b.effective_micros < a.effective_micros
               OR (b.effective_micros = a.effective_micros AND b.slot_id < a.slot_id))))"""

BESIDE_HOURS = """LEFT JOIN ({days}) d ON d.day = a.value
     AND a.effective_micros >= d.opens AND a.effective_micros < d.closes"""

SPANS = """
WITH counted AS (
    SELECT COALESCE(p.person_id, s.subject_id) AS whom, s.unit, {value} AS value
    FROM slot_subjects s LEFT JOIN customers p ON p.id = s.subject_id
    WHERE s.counting <> 'none' AND s.subject_kind IN ({kinds})
      AND s.effective_micros BETWEEN :first AND :last AND {counts}
), near AS (
    SELECT whom, value, COUNT(*) OVER (PARTITION BY whom ORDER BY value
        RANGE BETWEEN CURRENT ROW AND CAST({reach} AS bigint) FOLLOWING) AS ahead
    FROM counted
), starts AS (
    SELECT DISTINCT whom, value FROM near WHERE ahead >= {allowed}
), units AS (
    SELECT f.whom, f.value, MIN(b.value) AS first
    FROM starts f JOIN counted b
      ON b.whom = f.whom AND b.value >= f.value AND b.value < f.value + {width}
    GROUP BY f.whom, f.value, b.unit
), ends AS (
    SELECT whom, value, first,
           ROW_NUMBER() OVER (PARTITION BY whom, value ORDER BY first) AS place
    FROM units
), closed AS (
    SELECT DISTINCT e.whom, d.bit FROM ends e JOIN ({days}) d
      ON d.value > e.first - {width} AND d.value < e.value + {width}
    WHERE e.place = {allowed}
), people AS (
    SELECT o.id, closed.bit FROM closed JOIN customers o ON o.id = closed.whom
    WHERE o.person_id IS NULL AND {meets}
    UNION ALL
    SELECT o.id, closed.bit FROM closed JOIN customers o ON o.person_id = closed.whom WHERE {meets}
    UNION ALL
    SELECT o.id, closed.bit FROM closed JOIN customers o ON o.phone = closed.whom WHERE {rings}
){members}
SELECT m.id, m.tier, SUM(DISTINCT people.bit) AS bits
FROM people JOIN customers m ON m.id = people.id {beside_m}
WHERE (({kind} IN :kinds AND m.id NOT IN :apart) OR m.id IN :owners)
  AND m.status IN ('active', 'suspended')
GROUP BY m.id, m.tier"""

EVERYTHING = {"given": "\nWITH", "claim": "CAST(NULL AS text)", "rows": "slot_subjects s"}


def among(dialect: str) -> dict[str, str]:
    """Return where `ASKED` finds the contacts that are given, with what they claim."""
    rows = "given JOIN slot_subjects s ON s.slot_id = given.id"
    return {"given": GIVEN[dialect], "claim": "given.claim", "rows": rows}


def told_apart(dialect: str, members: Mapping[str, str]) -> dict[str, str]:
    """Return how `FOUND` and `SPANS` tell of which kind a customer is."""
    return {**BY_SEGMENT, "members": MEMBERS[dialect]} if members else BY_TIER


def kinds_among(members: Mapping[str, str], kinds: Iterable[Kind]) -> dict[str, list[str]]:
    """Return what these take of kinds, and their tiers for those that only narrow by them."""
    found = sorted(kinds)
    written = [f"{tier},{stamp}" if members else tier.value for tier, stamp in found]
    return {"kinds": written, "tiers": sorted({tier.value for tier, _ in found})}


def value_of(rule: Rule, alias: str) -> str:
    """Return where a contact stands, as a rule measures it."""
    if rule.kind is RuleKind.CALENDAR and rule.period is not None:
        return _BUCKETS[rule.period].format(s=alias)
    in_days = rule.kind in (RuleKind.ROLLING_DAYS, RuleKind.WINDOW)
    return f"{alias}.local_day" if in_days else f"{alias}.effective_micros"


def bucket_of(rule: Rule, day: int) -> int:
    """Return the bucket of a calendar rule in which a local day lies, as the statements name it."""
    if rule.period is Period.WEEK:
        return (day + 3) // 7
    return moments.month_number(day) if rule.period is Period.MONTH else day


def width_of(rule: Rule) -> int:
    """Return how wide a rule's window is, in its own measure."""
    if rule.kind in (RuleKind.CALENDAR, RuleKind.WINDOW):
        return 1
    if rule.kind is RuleKind.ROLLING_DAYS:
        return rule.days or 1
    return (rule.seconds or 0) * SECOND


def reach_of(rule: Rule) -> int:
    """Return how far from a contact others can matter, in microseconds and with room to spare."""
    if rule.kind is RuleKind.CALENDAR:
        return LONGEST_BUCKET
    if rule.kind is RuleKind.ROLLING_DAYS:
        return ((rule.days or 1) + 2) * DAY
    return (rule.seconds or 0) * SECOND


def allowed_by(rule: Rule) -> int:
    """Return how many contacts a window may hold."""
    return 1 if rule.kind is RuleKind.MIN_GAP else rule.limit or 0


def counts(rule: Rule, alias: str) -> str:
    """Return the condition that a contact uses up a rule's allowance."""
    kinds = [Counting.FULL]
    if rule.counted_channels == ALL_CHANNELS:
        kinds.append(Counting.ANY_ONLY)
    if rule.counted_channels == {Channel.VISIT}:
        kinds.append(Counting.VISIT_ONLY)
    return (
        f"({alias}.channel IN ({listed(rule.counted_channels)})"
        f" AND {alias}.category IN ({listed(rule.counted_categories)})"
        f" AND {alias}.counting IN ({listed(kinds)}))"
    )


def can_block(rule: Rule, alias: str) -> str:
    """Return the condition that a contact falls under a rule, in the times that are compared."""
    return (
        f"({alias}.counting <> 'none' AND {alias}.channel IN ({listed(rule.channels)})"
        f" AND {alias}.category IN ({listed(rule.categories)})"
        f" AND (({alias}.effective_micros >= :past_from AND {alias}.effective_micros < :now)"
        f" OR ({alias}.effective_micros >= :ahead_from"
        f" AND {alias}.effective_micros < :ahead_until)))"
    )


def listed(words: Iterable[str]) -> str:
    """Write words of ours as SQL reads a list of them; an empty list matches nothing."""
    return ", ".join(f"'{word}'" for word in sorted(words)) or "NULL"


def rows_of(columns: tuple[str, ...], rows: Iterable[tuple[int, ...]]) -> str:
    """Write whole numbers as a table; an empty one has no row."""

    def select(row: tuple[int, ...]) -> str:
        return "SELECT " + ", ".join(f"{n} AS {c}" for n, c in zip(row, columns, strict=True))

    none = select((0,) * len(columns)) + " WHERE 1 = 0"
    return " UNION ALL ".join(map(select, rows)) or none
