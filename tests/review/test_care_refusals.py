"""Who was due and gets no greeting: numbers by reason, and the people behind each."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.audit.models import AuditEntry
from crm_api.care.models import PlanRefusal
from crm_api.care.terms import Occasion
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.review.outbox import FIRST, District, local

URL = "/v1/review/care-refusals"
LAST = FIRST + timedelta(days=27)
DAYS = f"from={FIRST}&to={LAST}"


@pytest.fixture
def district(app, at):
    """Ten people refused: the same two reasons over and over, one of them new to everybody."""
    at(local(LAST, 12))
    district = District()
    with transaction():
        for n in range(10):
            refusal = PlanRefusal(
                occurrence=f"birthday:2026:{n}",
                on_day=FIRST + timedelta(days=2 * n),
                occasion=Occasion.BIRTHDAY if n % 3 else Occasion.ANNIVERSARY,
                customer_id=district.customers[n % 5].id,
                reason="opted_out" if n % 2 else "brand_new_reason",
                reasons_digest="x",
                created_at=local(FIRST, 9),
            )
            db.session.add(refusal)
    return district


def items(caller, url, query):
    reply = caller.get(f"{url}?{query}")
    assert reply.status_code == 200, reply.json
    return reply.json["items"]


@pytest.mark.parametrize("by", ["", "team", "reason,week", "occasion,month", "team,reason", "day"])
def test_every_number_is_what_its_filters_list(district, sign_in, by):
    caller = sign_in(district.manager)

    rows = items(caller, URL, f"{DAYS}&by={by}" if by else DAYS)

    for row in rows:
        names = ("from", "to", "team_id", "occasion", "reason")
        wanted = "&".join(f"{name}={row[name]}" for name in names if row[name] is not None)
        assert len(items(caller, "/v1/care-refusals", wanted)) == row["refused"] > 0
    if "team" not in by:
        assert sum(row["refused"] for row in rows) == 8


def test_others_people_stay_out_of_it(district, sign_in):
    east = sign_in(district.east_manager)
    [whole] = items(east, URL, DAYS)

    assert whole["refused"] == len(items(east, "/v1/care-refusals", DAYS)) == 4
    assert items(sign_in(make_staff()), "/v1/care-refusals", DAYS) == []
    assert sign_in(make_staff()).get(URL).status_code == 403


def test_what_is_not_known_of_a_refusal_is_said(district, sign_in):
    reply = sign_in(district.manager).get(f"{URL}?by=template")

    assert reply.status_code == 422
    assert "reason" in reply.json["errors"][0]["message"]


def test_pages_go_on_where_the_last_one_ended(district, sign_in):
    caller = sign_in(district.manager)
    listed = items(caller, "/v1/care-refusals", DAYS)
    first = caller.get(f"/v1/care-refusals?{DAYS}&limit=3").json

    rest = items(caller, "/v1/care-refusals", f"{DAYS}&cursor={first['next_cursor']}")

    assert first["items"] + rest == listed
    assert [item["on"] for item in listed] == sorted(item["on"] for item in listed)


def test_the_file_holds_the_numbers_and_leaves_a_trace(district, sign_in):
    caller = sign_in(district.manager)

    reply = caller.get(f"{URL}/export?{DAYS}&by=reason")

    text = reply.data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["reason"], row["refused"]) for row in rows] == [
        ("brand_new_reason", "4"),
        ("opted_out", "4"),
    ]
    db.session.rollback()
    kept = sa.select(AuditEntry).filter_by(action="care_refusals.exported")
    assert len(db.session.scalars(kept).all()) == 1
