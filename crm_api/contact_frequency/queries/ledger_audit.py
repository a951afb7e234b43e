"""The audit statement itself, the same for both engines but for how each reads JSON.

`audited` says whose slots are looked at, and together with whose: customers who are one person
share their budgets from when they were linked. `marked` finds where the slot N places later lies
less than W away, by a window function over each budget's counted slots. That is a breach unless
some of them are one visit with what serves it, so `runs` counts the different ones there. `judged`
are a run's slots that were judged last: one of them broke the cap, and must carry an overrun that
says why, of the customer or of the number as the run is; or any of them one that is younger, where
an exempt contact followed its customer to a busy number, which excuses nothing with the customer.
What came to stand too close on a number by such a move needs a new plan: until it gets one it
breaks nothing, for the second gate lets none of it pass. Who was `met` beside the customer has a
tier of their own, which only the decision knows: that is looked up afterwards.
"""

PREFACES = {
    "postgresql": """
WITH limits AS (
    SELECT * FROM jsonb_to_recordset(CAST(:limits AS jsonb)) AS l(
        id int, policy_key text, kind text, allowed int, width bigint, subjects text,
        channels text, categories text, counts_any int, counts_visits int)
), scopes AS (
    SELECT limit_id, CAST(since || '+00' AS timestamptz) AS since,
           CAST(until || '+00' AS timestamptz) AS until, tier, segments, customer_id
    FROM jsonb_to_recordset(CAST(:scopes AS jsonb)) AS s(
        limit_id int, since text, until text, tier text, segments text, customer_id text)
), audited AS (
    SELECT subject_id, person, CAST(since || '+00' AS timestamptz) AS since
    FROM jsonb_to_recordset(CAST(:audited AS jsonb)) AS a(
        subject_id text, person text, since text)
)""",
    "sqlite": """
WITH limits AS (
    SELECT value ->> 'id' AS id, value ->> 'policy_key' AS policy_key, value ->> 'kind' AS kind,
           value ->> 'allowed' AS allowed, value ->> 'width' AS width,
           value ->> 'subjects' AS subjects, value ->> 'channels' AS channels,
           value ->> 'categories' AS categories, value ->> 'counts_any' AS counts_any,
           value ->> 'counts_visits' AS counts_visits
    FROM json_each(:limits)
), scopes AS (
    SELECT value ->> 'limit_id' AS limit_id, value ->> 'since' AS since, value ->> 'until' AS until,
           value ->> 'tier' AS tier, value ->> 'segments' AS segments,
           value ->> 'customer_id' AS customer_id
    FROM json_each(:scopes)
), audited AS (
    SELECT value ->> 'subject_id' AS subject_id, value ->> 'person' AS person,
           value ->> 'since' AS since
    FROM json_each(:audited)
)""",
}

_COUNTED = """
    {s}.counting <> 'none'
    AND l.subjects LIKE '%,' || {s}.subject_kind || ',%'
    AND l.channels LIKE '%,' || {s}.channel || ',%'
    AND l.categories LIKE '%,' || {s}.category || ',%'
    AND ({s}.counting = 'full'
         OR ({s}.counting = 'any_only' AND l.counts_any = 1)
         OR ({s}.counting = 'visit_only' AND l.counts_visits = 1))"""
_BUCKET = """
    CASE l.kind WHEN 'day' THEN {s}.local_day
                WHEN 'week' THEN ({s}.local_day + 3) / 7
                WHEN 'month' THEN {s}.local_month ELSE 0 END"""
_DAY_MICROS = 86_400_000_000

STATEMENT = f"""
, marked AS (
    SELECT l.id AS limit_id, a.person, s.slot_id, s.effective_micros, s.local_day,
           {_BUCKET.format(s="s")} AS bucket,
           LEAD(s.effective_micros, l.allowed) OVER places AS later_micros,
           LEAD(s.local_day, l.allowed) OVER places AS later_day
    FROM audited a
    JOIN slot_subjects s ON s.subject_id = a.subject_id AND s.counting <> 'none'
    JOIN limits l ON {_COUNTED.format(s="s")}
    WINDOW places AS (
        PARTITION BY l.id, a.person, {_BUCKET.format(s="s")}
        ORDER BY s.effective_micros, s.slot_id)
), candidates AS (
    SELECT m.* FROM marked m JOIN limits l ON l.id = m.limit_id
    WHERE (l.kind = 'micros' AND m.later_micros - m.effective_micros < l.width)
       OR (l.kind = 'days' AND m.later_day - m.local_day < l.width)
       OR (l.kind IN ('day', 'week', 'month') AND m.later_micros IS NOT NULL)
), members AS (
    SELECT c.limit_id, c.person, c.slot_id AS first_slot, b.slot_id, b.unit, b.subject_kind,
           b.subject_id, a.since
    FROM candidates c
    JOIN limits l ON l.id = c.limit_id
    JOIN audited a ON a.person = c.person
    JOIN slot_subjects b ON b.subject_id = a.subject_id AND b.counting <> 'none'
     AND b.effective_micros >= c.effective_micros
     AND b.effective_micros < c.effective_micros + CASE l.kind
         WHEN 'micros' THEN l.width
         WHEN 'days' THEN (l.width + 1) * {_DAY_MICROS}
         ELSE 32 * {_DAY_MICROS} END
     AND {_COUNTED.format(s="b")}
     AND (l.kind <> 'days' OR b.local_day < c.local_day + l.width)
     AND {_BUCKET.format(s="b")} = c.bucket
     AND NOT (b.subject_kind = 'endpoint' AND EXISTS (
         SELECT 1 FROM contact_slots p
         WHERE p.id = b.slot_id AND p.needs_new_plan AND p.state IN ('held', 'reserved')))
), runs AS (
    SELECT limit_id, person, first_slot, COUNT(DISTINCT unit) AS found
    FROM members GROUP BY limit_id, person, first_slot
), judged AS (
    SELECT r.limit_id, r.person, r.first_slot, r.found, m.subject_kind, m.since, t.id AS slot_id,
           t.judged_at, t.tier, COALESCE(t.segments, '') AS segments, t.customer_id,
           CASE WHEN m.subject_kind = 'customer' AND m.subject_id <> t.customer_id
                THEN m.subject_id END AS met,
           MAX(t.judged_at) OVER (PARTITION BY r.limit_id, r.person, r.first_slot) AS last_at
    FROM runs r
    JOIN limits l ON l.id = r.limit_id AND r.found > l.allowed
    JOIN members m ON m.limit_id = r.limit_id AND m.person = r.person
     AND m.first_slot = r.first_slot
    JOIN contact_slots t ON t.id = m.slot_id
)
SELECT l.policy_key, l.allowed, j.found, j.subject_kind, j.person, j.first_slot,
       MAX(j.slot_id) AS last_judged, j.met
FROM judged j
JOIN limits l ON l.id = j.limit_id
WHERE j.judged_at = j.last_at AND j.judged_at >= j.since
  AND (j.met IS NOT NULL OR EXISTS (
    SELECT 1 FROM scopes s
    WHERE s.limit_id = l.id AND s.tier = j.tier AND s.segments = j.segments
      AND j.judged_at >= s.since AND j.judged_at < s.until
      AND (s.customer_id = j.customer_id
           OR (s.customer_id IS NULL AND NOT EXISTS (
               SELECT 1 FROM scopes o
               WHERE o.customer_id = j.customer_id
                 AND j.judged_at >= o.since AND j.judged_at < o.until)))))
GROUP BY l.policy_key, l.allowed, j.found, j.subject_kind, j.person, j.first_slot, j.limit_id,
         j.last_at, j.met
HAVING NOT EXISTS (
    SELECT 1 FROM contact_overruns v
    JOIN judged k ON k.slot_id = v.slot_id
     AND (k.judged_at = k.last_at
          OR (v.created_at >= k.last_at AND v.cause = 'exempt_category'
              AND v.subject_kind = 'endpoint'))
    WHERE v.policy_key = l.policy_key AND v.subject_kind = j.subject_kind
      AND k.limit_id = j.limit_id
      AND k.person = j.person AND k.first_slot = j.first_slot)
ORDER BY l.policy_key, j.person, j.first_slot
"""  # noqa: S608 - put together from our own constants only
