"""Plainly made-up data at scale, written by PostgreSQL itself.

Every fifth customer has 42 contacts and the others 2: ten on average. The digests
have the right size and are not real: `flask contacts verify` is not meant for this data.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

ACCOUNT_MANAGERS = 100
HEAVY, LIGHT = 42, 2


@dataclass(frozen=True, slots=True)
class Scale:
    """How much data there is."""

    name: str
    customers: int

    @property
    def contacts(self) -> int:
        """Return how many contacts the customers have together."""
        return self.customers // 5 * (HEAVY + 4 * LIGHT)


SCALES = {
    s.name: s for s in (Scale("tiny", 2_000), Scale("small", 100_000), Scale("large", 1_000_000))
}

PEOPLE = """
INSERT INTO teams (id, name, parent_id, path, version, created_at)
VALUES ('bench', 'Bench district', NULL, '/bench/', 1, now());
INSERT INTO teams (id, name, parent_id, path, version, created_at)
SELECT 'bench-' || n, 'Bench team ' || n, 'bench', '/bench/bench-' || n || '/', 1, now()
FROM generate_series(0, 9) n;
INSERT INTO staff (id, login, name, role, team_id, status, version, created_at)
SELECT 'am-' || n, 'am-' || n, 'Bench account manager ' || n, 'account_manager',
       'bench-' || n % 10, 'active', 1, now()
FROM generate_series(0, {managers} - 1) n;
INSERT INTO staff (id, login, name, role, team_id, status, version, created_at)
VALUES ('chief', 'chief', 'Bench manager', 'manager', 'bench', 'active', 1, now());
"""

CUSTOMERS = """
INSERT INTO customers (id, kind, name, name_pinyin, name_initials, gender, birth_on, phone,
                       has_guardian_consent, joined_on, status, account_no, plan_name, team_id,
                       owner_id, tier, own_tier, version, created_at)
SELECT 'c-' || n, 'individual', '测试' || n, 'ceshi' || n, 'cs' || n, 'unknown',
       date '1950-01-02' + (n * 7919 % 18000), '+86139' || lpad(n::text, 8, '0'),
       false, date '2015-01-01' + n % 3000, 'active', 'acc-' || n, '演示套餐',
       'bench-' || n % {managers} % 10, 'am-' || n % {managers},
       (array['standard', 'standard', 'vip', 'gold', 'diamond'])[n % 5 + 1],
       (array['standard', 'standard', 'vip', 'gold', 'diamond'])[n % 5 + 1], 1, now()
FROM generate_series(1, {customers}) n;
INSERT INTO customer_phones (id, customer_id, number, suffix, label, is_primary, created_at)
SELECT 'p-' || n, 'c-' || n, '+86139' || lpad(n::text, 8, '0'),
       reverse('86139' || lpad(n::text, 8, '0')), '', true, now()
FROM generate_series(1, {customers}) n;
INSERT INTO customer_search_terms (term, customer_id)
SELECT t, 'c-' || n FROM generate_series(1, {customers}) n,
       unnest(array['测试' || n, '试' || n, 'ceshi' || n, 'cs' || n, 'acc-' || n]) t;
INSERT INTO extended_profiles (id, interests, traits, small_requests, remarks, employer, title,
                               version, created_at)
SELECT 'c-' || n, '[]', '[]', '[]', '', '', '', 1, now() FROM generate_series(1, {customers}) n;
INSERT INTO anniversaries (id, customer_id, kind, label, calendar, year, month, day,
                           is_leap_month, is_greeted, is_stated, version, created_at)
SELECT 'a-' || id, id, 'birthday', '', 'solar', extract(year from birth_on)::int,
       extract(month from birth_on)::int, extract(day from birth_on)::int, false, true, false, 1,
       now()
FROM customers;
INSERT INTO subject_locks (kind, subject_id)
SELECT 'customer', id FROM customers UNION ALL SELECT 'endpoint', phone FROM customers;
"""

CONTACTS = """
CREATE TEMP TABLE made AS
SELECT 'k-' || n || '-' || k AS id, 'c-' || n AS customer_id, size - k AS seq,
       date_trunc('day', now()) - make_interval(days => k * 17 + n % 11 + 9, hours => 16)
         + make_interval(secs => n % 25000) AS occurred_at,
       (array['visit', 'call', 'wechat', 'email'])[(n + k) % 4 + 1] AS channel,
       'am-' || n % {managers} AS by_id
FROM generate_series(1, {customers}) n,
     LATERAL (SELECT CASE n % 5 WHEN 0 THEN {heavy} ELSE {light} END AS size) s,
     LATERAL generate_series(0, size - 1) k;
INSERT INTO contact_slots (id, customer_id, channel, category, state, counting, effective_at,
                           occurred_at, recorded_at, is_agreed, outcome, tier, judged_at, by_id,
                           needs_new_plan, is_late, needs_look, created_at)
SELECT 's' || id, customer_id, channel, 'service', 'consumed', 'full', occurred_at, occurred_at,
       occurred_at, false, 'reached', 'standard', occurred_at, by_id, false, false, false,
       occurred_at
FROM made;
INSERT INTO slot_subjects (slot_id, subject_id, subject_kind, unit, effective_micros, local_day,
                           local_month, channel, category, counting)
SELECT 's' || id, customer_id, 'customer', 's' || id,
       (extract(epoch from occurred_at) * 1000000)::bigint,
       (occurred_at AT TIME ZONE 'Asia/Shanghai')::date - date '1970-01-01',
       (extract(year from occurred_at AT TIME ZONE 'Asia/Shanghai')::int - 1970) * 12
         + extract(month from occurred_at AT TIME ZONE 'Asia/Shanghai')::int - 1,
       channel, 'service', 'full'
FROM made;
INSERT INTO contacts (id, customer_id, seq, kind, occurred_at, recorded_at, channel, direction,
                      category, purpose, outcome, is_begun_by_customer, is_late, has_overrun,
                      by_id, slot_id, text_digest, previous_digest, digest)
SELECT id, customer_id, seq, 'contact', occurred_at, occurred_at, channel, 'outbound', 'service',
       'bond', 'reached', false, false, false, by_id, 's' || id, md5(id) || md5(id),
       md5(id) || md5(id), md5(id) || md5(id)
FROM made;
INSERT INTO contact_texts (contact_id, summary, with_whom, reason, salt)
SELECT id, '演示: asked how the line holds; all well, nothing open.', '', '', md5(id) FROM made;
INSERT INTO contact_histories (customer_id, length, head_digest, last_attempt_at, last_two_way_at)
SELECT customer_id, count(*), md5(customer_id) || md5(customer_id), max(occurred_at),
       max(occurred_at)
FROM made GROUP BY customer_id;
DROP TABLE made;
"""


def fill(dsn: str, scale: Scale) -> None:
    """Fill a migrated, empty database."""
    numbers = {
        "managers": ACCOUNT_MANAGERS,
        "customers": scale.customers,
        "heavy": HEAVY,
        "light": LIGHT,
    }
    with psycopg.connect(dsn, autocommit=True) as connection:
        for part in (PEOPLE, CUSTOMERS, CONTACTS):
            with connection.transaction():
                connection.execute(part.format(**numbers))  # type: ignore[arg-type]
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")  # else what is measured first pays for it
