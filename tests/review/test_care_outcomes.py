"""What became of care, in numbers: every cell is as many messages as the list then shows."""

import csv
import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from crm_api import config
from crm_api.accounts.models import Role
from crm_api.audit.models import AuditEntry
from crm_api.care.gateway.terms import InboundAction
from crm_api.care.terms import MessageState
from crm_api.config import settings
from crm_api.kit.db import db
from crm_api.review.outcomes.schemas import CareOutcomeSchema
from tests.factories.accounts import make_staff
from tests.review.outbox import FIRST, SENT, District, hear, keep_message, local

URL = "/v1/review/care-outcomes"
LAST = FIRST + timedelta(days=27)
DAYS = f"from={FIRST}&to={LAST}"
FILTERS = (
    "from",
    "to",
    "team_id",
    "tier",
    "occasion",
    "festival_key",
    "template_id",
    "template_version",
    "state",
    "reason",
)
FAILED = ("undelivered", "rejected", "dead")
S = MessageState


@pytest.fixture
def district(app, at):
    at(local(LAST, 12))
    return District()


def numbers(caller, query=""):
    """All rows, over all pages."""
    rows, cursor = [], ""
    while True:
        reply = caller.get(f"{URL}?{query}&limit=7{cursor}")
        assert reply.status_code == 200, reply.json
        rows += reply.json["items"]
        if reply.json["next_cursor"] is None:
            return rows
        cursor = f"&cursor={reply.json['next_cursor']}"


def messages(caller, row, **more):
    """The messages behind a row."""
    wanted = {name: row[name] for name in FILTERS if row[name] is not None}
    reply = caller.get("/v1/care-messages", query_string={**wanted, **more, "limit": 200})
    assert reply.status_code == 200, reply.json
    assert reply.json["next_cursor"] is None
    return reply.json["items"]


def parts_of(message):
    return message["sent_segments"] or message["segments"]


def assert_adds_up(caller, row):
    found = messages(caller, row)
    states = Counter(message["state"] for message in found)
    sent = [message for message in found if message["submitted_at"]]
    assert row["planned"] == len(found)
    assert {s.value: row[s] for s in S} == {s.value: states[s] for s in S}
    assert row["failed"] == sum(states[s] for s in FAILED)
    assert (row["sent"], row["parts"]) == (len(sent), sum(map(parts_of, sent)))
    if row["opted_out"]:
        assert len(messages(caller, row, has_opted_out="true")) == row["opted_out"]


def test_every_cell_is_what_its_filters_list(district, sign_in):
    district.fill(seed=1, count=60)
    caller = sign_in(district.manager)
    (whole,) = numbers(caller, DAYS)
    assert_adds_up(caller, whole)
    assert whole["opted_out"] > 0

    for by in ("tier,week", "festival", "version,month", "state,reason", "team"):
        rows = numbers(caller, f"{DAYS}&by={by}")
        for row in rows:
            assert_adds_up(caller, row)
        if by != "team":
            for name in ("planned", "sent", "parts", "opted_out", *S):
                assert sum(row[name] for row in rows) == whole[name], (by, name)


def test_a_filter_narrows_numbers_and_list_alike(district, sign_in):
    district.fill(seed=3, count=60)
    caller = sign_in(district.manager)

    for narrow in ("state=undelivered,rejected,dead", "tier=gold", f"team_id={district.east.id}"):
        for row in numbers(caller, f"{DAYS}&by=template&{narrow}"):
            extra = dict([narrow.split("=")])
            assert len(messages(caller, row, **extra)) == row["planned"]
    (whole,) = numbers(caller, DAYS)
    assert len(messages(caller, whole, is_sent="true")) == whole["sent"]
    assert len(messages(caller, whole, has_opted_out="false")) == (
        whole["planned"] - whole["opted_out"]
    )


def test_a_team_counts_for_all_above_it(district, sign_in):
    for customer in district.customers:
        keep_message(customer, on_day=FIRST, template_id=district.birthday)

    rows = numbers(sign_in(district.manager), f"{DAYS}&by=team")
    beneath = numbers(sign_in(district.east_manager), f"{DAYS}&by=team")
    chosen = numbers(sign_in(district.manager), f"{DAYS}&by=team&team_id={district.east.id}")

    east = {district.east.id: 2, district.corner.id: 1}
    assert {row["team_id"]: row["planned"] for row in rows} == {
        **east,
        district.root.id: 4,
        district.west.id: 1,
    }
    assert {row["team_id"]: row["planned"] for row in beneath} == east
    assert {row["team_id"]: row["planned"] for row in chosen} == east
    assert rows[0]["team_name"] == district.root.name


def test_nobody_counts_what_they_may_not_see(district, sign_in):
    for customer in district.customers:
        keep_message(customer, on_day=FIRST, template_id=district.birthday)
    elsewhere = f"{DAYS}&team_id={district.elsewhere.id}"

    def planned(staff, query=DAYS):
        return numbers(sign_in(staff), query)[0]["planned"]

    assert planned(district.east_manager) == 2
    assert planned(district.manager, elsewhere) == 0
    assert planned(district.manager, f"{DAYS}&team_id=nobody") == 0
    assert planned(make_staff(Role.ADMIN)) == planned(make_staff(Role.AUDITOR)) == 5
    assert sign_in(make_staff()).get(URL).status_code == 403


def test_an_empty_house_has_zeros(district, sign_in):
    caller = sign_in(district.manager)

    (row,) = numbers(caller)

    assert {row[name] for name in ("planned", "sent", "parts", "opted_out", "failed", *S)} == {0}
    assert row["delivery_rate"] is None
    assert (row["from"], row["to"]) == (str(LAST - timedelta(days=29)), str(LAST))
    assert numbers(caller, "by=team,day") == []


@pytest.mark.parametrize(
    ("moment", "today"),
    [
        ("2026-03-22T15:59:59+00:00", "2026-03-22"),
        ("2026-03-22T16:00:00+00:00", "2026-03-23"),
    ],
)
def test_a_day_begins_at_midnight_where_the_business_is(district, sign_in, at, moment, today):
    at(datetime.fromisoformat(moment))
    keep_message(district.customers[0], on_day=date(2026, 3, 23), template_id=district.birthday)

    rows = numbers(sign_in(district.manager))

    assert [(row["to"], row["planned"]) for row in rows] == [(today, int(today == "2026-03-23"))]


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_days_of_23_and_25_hours_are_days_like_others(district, sign_in, at, monkeypatch, day):
    zone = ZoneInfo("America/New_York")
    monkeypatch.setattr(settings, "_current", replace(config.current(), zone=zone))
    changed = date.fromisoformat(day)
    at(datetime.combine(changed, time(23), zone))
    facts = {"state": S.DELIVERED, "template_id": district.birthday}
    begun_at = datetime.combine(changed, time(22, 30), zone).astimezone(UTC)
    message = keep_message(
        district.customers[0], on_day=changed, begun_at=begun_at, submitted_at=begun_at, **facts
    )
    hear(district.customers[0].phone, at=begun_at + timedelta(days=7) - timedelta(seconds=1))
    hear(district.customers[0].phone, at=begun_at + timedelta(days=7))
    caller = sign_in(district.manager)

    (row,) = numbers(caller, f"from={day}&to={day}&by=day")

    assert (row["sent"], row["opted_out"]) == (1, 1)
    assert [m["id"] for m in messages(caller, row, has_opted_out="true")] == [message]


def test_each_state_has_its_number():
    assert set(S) <= set(CareOutcomeSchema().fields)


def test_the_share_that_arrived(district, sign_in):
    for state in (S.DELIVERED, S.DELIVERED, S.UNDELIVERED, S.CANCELLED):
        keep_message(
            district.customers[0], on_day=FIRST, state=state, template_id=district.birthday
        )

    assert numbers(sign_in(district.manager), DAYS)[0]["delivery_rate"] == 0.6667


def test_weeks_begin_on_monday_and_stay_within_what_was_asked(district, sign_in):
    for n in (1, 6, 7, 8):
        keep_message(
            district.customers[0],
            on_day=FIRST + timedelta(days=n),
            template_id=district.birthday,
        )
    caller = sign_in(district.manager)

    weeks = numbers(caller, f"from={FIRST + timedelta(days=1)}&to={LAST}&by=week")
    months = numbers(caller, f"{DAYS}&by=month")

    assert [(w["from"], w["to"], w["planned"]) for w in weeks] == [
        ("2026-02-24", "2026-03-01", 2),
        ("2026-03-02", "2026-03-08", 2),
    ]
    assert [(m["from"], m["to"]) for m in months] == [
        ("2026-02-23", "2026-02-28"),
        ("2026-03-01", "2026-03-22"),
    ]


def test_rows_come_in_the_order_that_was_named(district, sign_in):
    district.fill(seed=4, count=60)

    rows = numbers(sign_in(district.manager), f"{DAYS}&by=state,week")

    places = [(row["state"], row["from"]) for row in rows]
    assert places == sorted(places)
    assert len(set(places)) == len(places)


class TestAnOptOut:
    """It is put down to the last message that its number got in the seven days before."""

    @pytest.fixture
    def sent(self, district):
        """Two messages to one number, three days apart."""
        customer = district.customers[0]
        facts = {"state": S.DELIVERED, "template_id": district.birthday}
        days = (FIRST, FIRST + timedelta(days=3))
        self.number = customer.phone
        return [keep_message(customer, on_day=day, **facts) for day in days]

    def blamed(self, caller):
        reply = caller.get(f"/v1/care-messages?{DAYS}&has_opted_out=true")
        (whole,) = numbers(caller, DAYS)
        ids = [item["id"] for item in reply.json["items"]]
        assert whole["opted_out"] == len(ids)
        return ids

    @pytest.mark.parametrize(
        ("when", "places"),
        [
            ((0, 9), []),
            ((0, 10), [0]),
            ((3, 9), [0]),
            ((3, 10), [1]),
            ((10, 9), [1]),
            ((10, 10), []),
        ],
    )
    def test_which_message_it_follows(self, district, sent, sign_in, when, places):
        day, hour = when
        hear(self.number, at=local(FIRST + timedelta(days=day), hour))

        expected = [sent[place] for place in places]
        assert self.blamed(sign_in(district.manager)) == expected

    def test_said_twice_it_counts_once(self, district, sent, sign_in):
        for hour in (11, 12):
            hear(self.number, at=local(FIRST, hour))

        assert self.blamed(sign_in(district.manager)) == sent[:1]

    @pytest.mark.parametrize(("is_refusal", "count"), [(None, 0), (False, 0), (True, 1)])
    def test_a_longer_word_counts_once_read_as_a_refusal(
        self, district, sent, sign_in, is_refusal, count
    ):
        at = local(FIRST, 11)
        hear(self.number, at=at, action=InboundAction.REVIEW, is_refusal=is_refusal)
        hear(self.number, at=at, action=InboundAction.OPT_IN)

        assert self.blamed(sign_in(district.manager)) == sent[:count]

    def test_what_was_never_sent_made_nobody_opt_out(self, district, sign_in):
        customer = district.customers[0]
        keep_message(customer, on_day=FIRST, state=S.CANCELLED, template_id=district.birthday)
        hear(customer.phone, at=local(FIRST, 11))

        assert self.blamed(sign_in(district.manager)) == []


@pytest.mark.parametrize(
    "query",
    [
        "by=colour",
        "by=day,week",
        "by=team,team",
        "from=2026-03-02&to=2026-03-01",
        "from=2025-01-01&to=2026-01-02",
        "state=gone",
        "by=team&cursor=abc",
        "limit=0",
    ],
)
def test_what_makes_no_sense_is_refused(district, sign_in, query):
    caller = sign_in(district.manager)

    assert caller.get(f"{URL}?{query}").status_code == 422
    if "cursor" not in query:
        assert caller.get(f"{URL}/export?{query}").status_code == 422


def test_a_year_may_be_asked_about(district, sign_in):
    keep_message(district.customers[0], on_day=date(2025, 6, 1), template_id=district.birthday)

    rows = numbers(sign_in(district.manager), "from=2025-01-01&to=2026-01-01&by=month")

    assert [(row["from"], row["planned"]) for row in rows] == [("2025-06-01", 1)]
    (row,) = numbers(sign_in(district.manager), "from=2025-06-01")
    assert (row["to"], row["planned"]) == ("2025-06-30", 1)


def export(caller, query):
    reply = caller.get(f"{URL}/export?{query}")
    assert reply.status_code == 200, reply.json
    text = reply.data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_file_holds_what_the_list_shows(district, sign_in, monkeypatch):
    monkeypatch.setattr("crm_api.review.outcomes.service.MAX_LIMIT", 3)
    district.fill(seed=5, count=40)
    caller = sign_in(district.manager)

    rows = export(caller, f"{DAYS}&by=state,reason,week")

    listed = numbers(caller, f"{DAYS}&by=state,reason,week")
    blank = {name: "" if value is None else str(value) for name, value in listed[0].items()}
    assert rows[0] == blank
    assert [row["planned"] for row in rows] == [str(row["planned"]) for row in listed]


def test_no_cell_of_the_file_is_a_formula_and_taking_it_leaves_a_trace(district, sign_in):
    keep_message(
        district.customers[0],
        on_day=FIRST,
        state=S.REJECTED,
        reason="=HYPERLINK(1)",
        template_id=district.birthday,
    )

    (row,) = export(sign_in(district.manager), f"{DAYS}&by=reason")

    assert row["reason"] == "'=HYPERLINK(1)"
    db.session.rollback()
    kept = sa.select(AuditEntry).filter_by(action="care_outcomes.exported")
    (entry,) = db.session.scalars(kept).all()
    assert entry.by_id == district.manager.id
    assert entry.details["first"] == str(FIRST)


def test_a_message_after_its_begin_keeps_the_parts_that_the_gateway_told(district, sign_in):
    sizes = ((2, None), (1, 3))
    for segments, told in sizes:
        keep_message(
            district.customers[0],
            on_day=FIRST,
            state=SENT[0],
            segments=segments,
            sent_segments=told,
            template_id=district.birthday,
        )

    assert numbers(sign_in(district.manager), DAYS)[0]["parts"] == 5
