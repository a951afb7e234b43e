from datetime import date, timedelta
from pathlib import Path

import pytest

from crm_api.calendars import service
from crm_api.calendars.policies import workdays
from crm_api.kit.db import db

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "reference"
FESTIVAL = """
[[festivals]]
key = "qixi"
name = "七夕"
name_en = "Qixi"
rule = "lunar"
month = 7
day = 7
tone = "gentle"
rank = 30
"""


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["calendars", *map(str, arguments)])


def test_the_seeded_notice_says_what_the_packaged_table_says(app):
    result = run(app, "load-arrangement", SEEDS / "arrangement-2026.toml")
    assert result.exit_code == 0, result.output
    run(app, "load-arrangement", SEEDS / "arrangement-2026.toml")

    first, last = date(2026, 1, 1), date(2026, 12, 31)
    worked = service.workdays_between(first, last)

    db.session.rollback()
    off = workdays.days_off("CN", 2026)
    days = {first + timedelta(n) for n in range(365)}
    assert worked == days - off
    assert "25 days" in result.output


def test_a_festival_of_ones_own_joins_the_standard_ones(app):
    result = run(app, "load-festivals", SEEDS / "festivals.toml")

    found = service.festivals_between(date(2026, 5, 17), date(2026, 5, 17))
    db.session.rollback()
    assert result.output == "Kept 1 festivals.\n"
    assert [f.key for f in found] == ["telecom_day"]


def test_a_stored_festival_takes_the_place_of_the_standard_one(app, tmp_path):
    file = tmp_path / "festivals.toml"
    file.write_text(FESTIVAL, encoding="utf-8")

    run(app, "load-festivals", file)

    (found,) = service.festivals_between(date(2026, 8, 19), date(2026, 8, 19))
    db.session.rollback()
    assert (found.rank, found.tone) == (30, "gentle")


@pytest.mark.parametrize(
    ("command", "content", "message"),
    [
        ("load-festivals", "festivals = [", "is not TOML"),
        ("load-festivals", FESTIVAL.replace("month = 7", ""), "a month and a day"),
        ("load-festivals", FESTIVAL.replace('"gentle"', '"merry"'), "tone"),
        ("load-arrangement", "year = 2027", "source"),
        (
            "load-arrangement",
            'year = 2027\nsource = "x"\ndays = [{on = 2026-02-01, is_workday = true}]',
            "cannot name this day",
        ),
    ],
)
def test_a_file_that_cannot_be_loaded_says_why_and_changes_nothing(
    app, tmp_path, command, content, message
):
    file = tmp_path / "file.toml"
    file.write_text(content, encoding="utf-8")

    result = run(app, command, file)

    assert result.exit_code == 1
    assert message in result.output
