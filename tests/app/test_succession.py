"""Nobody forgets a table: each column that refers to a customer says what a merge does with it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from crm_api.app.rooms import load_models
from crm_api.kit.db import db
from crm_api.kit.succession import Fate, columns_referring_to, fate_of, keys_with

# Not append-only, and yet they stay with whom they were about: each with its reason.
STAY = {
    "governor_alerts.subject_id": "a finding of that night; its customer_id moves",
    "imported_customers.customer_id": "which row of a file became whom",
    "policy_simulation_contacts.customer_id": "what a simulation found that day",
    "policy_simulation_customers.customer_id": "what a simulation found that day",
    "subject_locks.subject_id": "a lock says nothing about anybody",
}


@pytest.fixture(scope="module")
def columns():
    load_models()
    return columns_referring_to("customers", also=("customer_id", "subject_id"))


def test_each_column_that_refers_to_a_customer_says_what_a_merge_does_with_it(columns):
    silent = [str(column) for column in columns if fate_of(column) is None]

    assert silent == [], "say `info=MOVES` or another of crm_api/kit/succession.py"


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
    statement = "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE :name"
    return set(db.session.scalars(sa.text(statement), {"name": "%_no_update"}))
