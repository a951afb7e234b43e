from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm_api.calendars.service import occurrences
from crm_api.customers.policies.dates import dates_falling_between
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer


@pytest.fixture
def owner(app):
    return make_staff()


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)


@pytest.fixture
def path(owner):
    customer = make_customer(owner, birth_on=date(1990, 3, 5))
    return f"/v1/customers/{customer.id}/anniversaries"


def birthday(caller, path):
    items = caller.get(path).json["items"]
    (found,) = [item for item in items if item["kind"] == "birthday"]
    return found


def shape(item):
    return item["calendar"], item["year"], item["month"], item["day"], item["is_stated"]


def test_the_birthday_follows_the_document(caller, path):
    assert shape(birthday(caller, path)) == ("solar", 1990, 3, 5, False)

    customer = path.removesuffix("/anniversaries")
    caller.patch(customer, json={"birth_on": "1991-04-06"}, headers={"If-Match": '"1"'})
    assert shape(birthday(caller, path)) == ("solar", 1991, 4, 6, False)

    caller.patch(customer, json={"birth_on": None}, headers={"If-Match": '"2"'})
    assert caller.get(path).json["items"] == []


def test_a_stated_birthday_outlives_changes_of_the_document(caller, path):
    stated = caller.post(path, json={"kind": "birthday", "calendar": "lunar", "month": 2, "day": 9})
    caller.patch(
        path.removesuffix("/anniversaries"),
        json={"birth_on": "1991-04-06"},
        headers={"If-Match": '"1"'},
    )

    assert stated.status_code == 201
    assert shape(birthday(caller, path))[0] == "lunar"


def test_there_is_one_birthday(caller, path):
    lunar = {"kind": "birthday", "calendar": "lunar", "month": 2, "day": 9}
    first = caller.post(path, json=lunar)

    second = caller.post(path, json=lunar)

    assert (second.status_code, second.json["code"]) == (409, "birthday_known")
    assert second.json["anniversary_id"] == first.json["id"]


def test_a_forgotten_birthday_is_the_documents_again(caller, path):
    stated = caller.post(path, json={"kind": "birthday", "month": 4, "day": 1})

    gone = caller.delete(f"{path}/{stated.json['id']}")

    assert gone.status_code == 204
    assert shape(birthday(caller, path)) == ("solar", 1990, 3, 5, False)


@pytest.mark.parametrize(
    ("date_", "pointer"),
    [
        ({"month": 13, "day": 1}, "/month"),
        ({"month": 1, "day": 0}, "/day"),
        ({"month": 4, "day": 31}, "/day"),
        ({"year": 2023, "month": 2, "day": 29}, "/day"),
        ({"month": 5, "day": 5, "is_leap_month": True}, "/is_leap_month"),
        ({"calendar": "lunar", "month": 5, "day": 31}, "/day"),
        ({"calendar": "lunar", "month": 1, "day": 5, "is_leap_month": True}, "/is_leap_month"),
        # Lunar 2023 had a leap second month, and no leap third.
        (
            {"calendar": "lunar", "year": 2023, "month": 3, "day": 5, "is_leap_month": True},
            "/year",
        ),
        ({"calendar": "lunar", "year": 2024, "month": 12, "day": 30}, "/year"),
        ({"calendar": "maya", "month": 5, "day": 5}, "/calendar"),
        ({"year": 1800, "month": 5, "day": 5}, "/year"),
    ],
)
def test_a_date_that_cannot_be_is_refused(caller, path, date_, pointer):
    reply = caller.post(path, json={"kind": "wedding", **date_})

    assert reply.status_code == 422
    assert [e["pointer"] for e in reply.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    "date_",
    [
        {"month": 2, "day": 29},
        {"year": 2024, "month": 2, "day": 29},
        {"calendar": "lunar", "month": 12, "day": 30},
        {"calendar": "lunar", "year": 2023, "month": 2, "day": 10, "is_leap_month": True},
        {"calendar": "lunar", "month": 6, "day": 30, "is_leap_month": True},
    ],
)
def test_rare_dates_are_dates(caller, path, date_):
    assert caller.post(path, json={"kind": "wedding", **date_}).status_code == 201


def test_a_change_is_judged_as_a_whole_date(caller, path):
    made = caller.post(path, json={"kind": "wedding", "month": 3, "day": 31}).json

    refused = caller.patch(f"{path}/{made['id']}", json={"month": 4}, headers={"If-Match": '"1"'})
    stale = caller.patch(f"{path}/{made['id']}", json={"day": 1}, headers={"If-Match": '"9"'})
    quiet = caller.patch(
        f"{path}/{made['id']}", json={"is_greeted": False}, headers={"If-Match": '"1"'}
    )

    assert refused.json["errors"][0]["pointer"] == "/day"
    assert (stale.status_code, stale.json["differs"]) == (412, ["day"])
    assert (quiet.json["is_greeted"], quiet.json["version"]) == (False, 2)


def test_an_entry_sent_twice_is_one_entry(caller, path):
    entry = {"id": "a1", "kind": "wedding", "month": 5, "day": 1}
    first = caller.post(path, json=entry)

    again = caller.post(path, json=entry)
    other = caller.post(path, json={**entry, "day": 2})

    assert again.json == first.json
    assert (other.status_code, other.json["code"]) == (409, "id_taken")


@pytest.mark.parametrize("year", [2023, 2025, 2026, 2027, 2028])
def test_the_dates_of_a_day_agree_with_the_days_of_a_date(year):
    """Two ways round: what falls on each day of a year, and where each date falls."""
    start, end = date(year, 1, 1), date(year, 12, 31)
    by_day = {
        (start + timedelta(days=n), found)
        for n in range((end - start).days + 1)
        for found in dates_falling_between(*[start + timedelta(days=n)] * 2)
    }

    by_date = {
        (occurrence.on, found)
        for found in {found for _, found in by_day}
        for occurrence in occurrences(
            found.calendar, month=found.month, day=found.day, start=start, end=end
        )
    }

    assert by_day == by_date


def test_a_date_is_confirmed_until_it_is_another(caller, path, owner):
    day = birthday(caller, path)
    one = f"{path}/{day['id']}"

    assert caller.put(f"{one}/confirmation", headers={"If-Match": '"7"'}).status_code == 412
    confirmed = caller.put(f"{one}/confirmation", headers={"If-Match": '"1"'})
    again = caller.put(f"{one}/confirmation", headers={"If-Match": '"1"'})
    assert confirmed.json == again.json
    assert confirmed.json["confirmed_by_id"] == owner.id

    quiet = caller.patch(one, json={"is_greeted": False}, headers={"If-Match": '"2"'})
    assert quiet.json["confirmed_at"] == confirmed.json["confirmed_at"]
    moved = caller.patch(one, json={"day": 6}, headers={"If-Match": '"3"'})
    assert (moved.json["confirmed_at"], moved.json["confirmed_by_id"]) == (None, None)


def test_another_date_on_the_document_is_not_confirmed(caller, path):
    one = f"{path}/{birthday(caller, path)['id']}"
    caller.put(f"{one}/confirmation", headers={"If-Match": '"1"'})

    customer = path.removesuffix("/anniversaries")
    caller.patch(customer, json={"birth_on": "1991-04-06"}, headers={"If-Match": '"1"'})

    assert birthday(caller, path)["confirmed_at"] is None
