"""A backup that was never restored is a hope."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from crm_api.kit import backups
from crm_api.kit.db import db
from crm_api.kit.idempotency import IdempotencyKey
from crm_api.kit.transactions import transaction
from tests.support.postgres import find_binaries


@pytest.fixture
def tools(monkeypatch):
    monkeypatch.setenv("CRM_PG_BIN", str(find_binaries()))


def _add_key(key, moment):
    with transaction():
        db.session.add(
            IdempotencyKey(
                actor_id="a", route="/r", key=key, digest="d", status=None, created_at=moment
            )
        )


def _keys():
    with transaction(read_only=True):
        return set(db.session.scalars(sa.select(IdempotencyKey.key)))


def test_a_restore_brings_back_what_was_saved(app, tools, tmp_path, moment):
    _add_key("before", moment)
    saved = tmp_path / "backups" / "crm.backup"
    backups.save(db.engine, saved)
    _add_key("after", moment)

    db.session.remove()
    backups.restore(db.engine, saved)

    assert _keys() == {"before"}


def test_it_never_overwrites_a_backup(app, tools, tmp_path):
    saved = tmp_path / "crm.backup"
    saved.write_bytes(b"precious")

    with pytest.raises(backups.BackupFailed):
        backups.save(db.engine, saved)

    assert saved.read_bytes() == b"precious"


def test_a_damaged_backup_replaces_nothing(app, tools, tmp_path, moment):
    _add_key("kept", moment)
    saved = tmp_path / "crm.backup"
    backups.save(db.engine, saved)
    saved.write_bytes(saved.read_bytes()[:2000])
    db.session.remove()

    with pytest.raises(backups.BackupFailed):
        backups.restore(db.engine, saved)

    assert _keys() == {"kept"}
