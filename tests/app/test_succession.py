"""Nobody forgets a table: each column that refers to a customer says what a merge does with it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from crm_api.app.rooms import load_models
from crm_api.customers.merging.service import rules
from crm_api.customers.merging.service.rows import NAMES
from crm_api.kit.db import db
from crm_api.kit.succession import (
    Fate,
    columns_referring_to,
    fate_of,
    keys_with,
    names_an_author,
    open_rows_of,
)

# Not append-only, and yet they stay with whom they were about: each with its reason.
STAY = {
    "handed_customers.customer_id": "whom a handover moved; the merged record moved as well",
    "customer_merges.merged_id": "which two were merged",
    "customer_merges.survivor_id": "which two were merged",
    "bulk_rows.customer_id": "whose turn it was in a job, and what became of it",
    "governor_alerts.subject_id": "a finding of that night; its customer_id moves",
    "imported_customers.customer_id": "which row of a file became whom",
    "policy_simulation_contacts.customer_id": "what a simulation found that day",
    "policy_simulation_customers.customer_id": "what a simulation found that day",
    "subject_locks.subject_id": "a lock says nothing about anybody",
}


@pytest.fixture(scope="module")
def columns():
    load_models()
    return columns_referring_to("customers", also=NAMES)


def test_each_column_that_refers_to_a_customer_says_what_a_merge_does_with_it(columns):
    silent = [str(column) for column in columns if fate_of(column) is None]

    assert silent == [], "say `info=MOVES` or another of crm_api/kit/succession.py"


def test_each_table_with_a_rule_of_its_own_has_one(app, columns):
    ruled = {column.table.name for column in columns if fate_of(column) is Fate.BY_RULE}

    assert ruled <= rules.tables()


def test_a_row_that_would_meet_another_under_its_key_says_which_of_them_gives_way(columns):
    moving = [column for column in columns if fate_of(column) is Fate.MOVES]

    assert {str(c): keys for c in moving if (keys := keys_with(c))} == {}


@pytest.mark.one_engine
def test_a_row_stays_only_where_what_happened_is_never_edited(app, columns):
    """What stays though it could move would be lost: nobody looks there any more."""
    guarded = _guarded_tables()
    staying = {str(c) for c in columns if fate_of(c) is Fate.STAYS}
    moving = [c for c in columns if fate_of(c) is not Fate.STAYS]

    assert {name for name in staying if name.partition(".")[0] not in guarded} <= set(STAY)
    assert [str(c) for c in moving if c.table.name in guarded] == []


def _guarded_tables():
    """Return the tables whose rows no UPDATE may change."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("which tables are append-only is read from SQLite")
    statement = "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE :name"
    return set(db.session.scalars(sa.text(statement), {"name": "%_no_update"}))


@pytest.fixture(scope="module")
def staff_columns():
    load_models()
    return [c for c in columns_referring_to("staff") if not names_an_author(c)]


def test_each_column_that_names_a_person_says_what_a_handover_does_with_it(staff_columns):
    """By its name, what ends with `by_id` says who did something, and stays on record."""
    silent = [str(column) for column in staff_columns if fate_of(column) is None]

    assert silent == [], "say `info=MOVES | open_as(…)` or `info=STAYS` (crm_api/kit/succession.py)"


def test_an_owner_that_moves_stands_in_a_row_of_a_customer_that_can_be_given_back(staff_columns):
    moving = [c for c in staff_columns if fate_of(c) is Fate.MOVES]

    assert {str(c) for c in moving if open_rows_of(c) is None} == set()
    for column in moving:
        columns = column.table.columns
        assert {"id", "customer_id", "created_at"} <= set(columns.keys()), str(column)
        assert [key.name for key in column.table.primary_key] == ["id"], str(column)


@pytest.mark.one_engine
def test_no_owner_moves_in_a_table_that_is_never_edited(app, staff_columns):
    guarded = _guarded_tables()

    assert [
        str(c) for c in staff_columns if fate_of(c) is Fate.MOVES and c.table.name in guarded
    ] == []


def test_what_previews_call_open_rows_is_one_thing_each(staff_columns, columns):
    rows = [open_rows_of(c) for c in (*staff_columns, *columns)]
    names = [one.name for one in rows if one is not None]

    assert len(set(names)) == len(names) > 0
