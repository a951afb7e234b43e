"""Pages neither miss nor repeat a row, whatever is inserted meanwhile."""

from __future__ import annotations

import base64

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Staff
from crm_api.kit.errors import Invalid
from crm_api.kit.paging import PageRequest, fetch_page
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team


@pytest.fixture
def people(app):
    team = make_team()
    return [make_staff(team=team, name=f"N{n % 3}") for n in range(10)]


def _walk(limit, *, between=lambda: None, **order):
    seen, cursor = [], None
    while True:
        with transaction(read_only=True):
            page = fetch_page(
                sa.select(Staff.id), page=PageRequest(limit=limit, cursor=cursor), **order
            )
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            return seen
        between()


@pytest.mark.parametrize("limit", [1, 3, 10, 11])
@pytest.mark.parametrize("descending", [True, False])
def test_every_row_comes_once(people, limit, descending):
    by = [Staff.role, Staff.name, Staff.created_at, Staff.id]

    seen = _walk(limit, by=by, descending=descending)

    assert sorted(seen) == sorted(p.id for p in people)
    assert seen == _walk(200, by=by, descending=descending)


def test_rows_inserted_meanwhile_shift_nothing(people):
    team = make_team()

    seen = _walk(2, by=[Staff.name, Staff.id], between=lambda: make_staff(team=team, name="N0"))

    assert len(seen) == len(set(seen))
    assert {p.id for p in people} <= set(seen)


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "W10", "é", base64.urlsafe_b64encode(b'["a\\u0000", 1]').decode(), "bnVsbA"],
)
def test_a_cursor_of_somebody_else_is_refused(app, cursor):
    with pytest.raises(Invalid):
        fetch_page(
            sa.select(Staff.id),
            by=[Staff.created_at, Staff.id],
            page=PageRequest(limit=2, cursor=cursor),
        )


def test_an_unknown_word_in_a_cursor_is_refused(app):
    cursor = base64.urlsafe_b64encode(b'["emperor", "id"]').decode()

    with pytest.raises(Invalid):
        fetch_page(
            sa.select(Staff.id),
            by=[Staff.role, Staff.id],
            page=PageRequest(limit=2, cursor=cursor),
        )
