"""No table with a customer's data is forgotten: the list is checked against the tables."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from crm_api.kit.crypto import EncryptedText
from crm_api.kit.db import db
from crm_api.kit.types import Json
from crm_api.privacy.policies.inventory import HELD

CUSTOMERS = "customers"
# Refer to a customer by a column with such a name, some without a foreign key.
NAMED_SO = ("customer_id",)
LONGEST_WORD = 32


@pytest.fixture
def tables(app):
    return db.metadata.tables


def _refers(table, reached):
    return any(
        column.name.endswith(NAMED_SO)
        or any(key.column.table.name in reached for key in column.foreign_keys)
        for column in table.columns
    )


def _may_hold_words(column):
    if column.primary_key or column.foreign_keys or isinstance(column.type, sa.Enum):
        return False
    if isinstance(column.type, sa.Text | sa.LargeBinary | sa.Float | Json | EncryptedText):
        return True
    is_id = column.name.endswith(("_id", "digest"))
    return isinstance(column.type, sa.String) and not is_id and column.type.length > LONGEST_WORD


@pytest.mark.one_engine
def test_every_table_that_refers_to_a_customer_is_on_the_list(tables):
    reached = {CUSTOMERS}
    while more := {n for n, t in tables.items() if n not in reached and _refers(t, reached)}:
        reached |= more

    assert reached - set(HELD) == set(), "say in privacy/policies/inventory.py what becomes of them"
    assert set(HELD) <= set(tables)


@pytest.mark.one_engine
def test_every_column_that_may_hold_words_says_what_becomes_of_it(tables):
    silent = {
        f"{name}.{column.name}"
        for name, held in HELD.items()
        if not held.is_deleted
        for column in tables[name].columns
        if _may_hold_words(column)
        and column.name not in {*held.becomes, *held.keeps, *held.by_rule}
    }

    assert silent == set()


@pytest.mark.one_engine
def test_the_list_names_only_what_there_is(tables):
    named = {
        f"{name}.{column}"
        for name, held in HELD.items()
        for column in (*held.becomes, *held.keeps, *held.by_rule, *held.hides)
        if column not in tables[name].columns
    }
    links = {
        (name, *link)
        for name, held in HELD.items()
        for link in held.through
        if link[0] not in tables[name].columns or link[2] not in tables[link[1]].columns
    }

    assert named == set()
    assert links == set()
