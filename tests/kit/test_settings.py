"""A wrong setting is named, with what to mend."""

from __future__ import annotations

import subprocess
import sys

import pytest

from crm_api import config
from crm_api.config import MissingSetting
from tests.support.server import environment

WHOLE = environment("postgresql://crm@db/crm")


def test_a_plain_postgresql_url_gets_our_driver():
    assert config.load(WHOLE).database_url == "postgresql+psycopg://crm@db/crm"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CRM_ENV", "staging"),
        ("CRM_TOKEN_KEYS", ""),
        ("CRM_TOKEN_KEYS", "t1:short"),
        ("CRM_DATA_KEYS", "d1:%%%"),
        ("CRM_INDEX_KEY", "other:" + WHOLE["CRM_INDEX_KEY"].partition(":")[2]),
        ("CRM_POOL_SIZE", "none"),
        ("CRM_LOCK_TIMEOUT_MS", "0"),
        ("CRM_TIME_ZONE", "Mars/Olympus"),
        ("CRM_WORKING_HOURS", "18-9"),
        ("CRM_LOG_LEVEL", "SHOUT"),
        ("CRM_PUBLIC_URL", "crm.example.com"),
        ("CRM_PUBLIC_URL", "https://crm.example.com/%d"),
        ("CRM_ATTACHMENT_TYPES", "jpeg"),
        ("CRM_OLDEST_APP_VERSION", "new"),
        ("CRM_BARRED_DIGESTS", "/nowhere/digests"),
        ("CRM_BARRED_DIGESTS", __file__),
    ],
)
def test_a_wrong_one_is_named(name, value):
    with pytest.raises(MissingSetting) as refused:
        config.load({**WHOLE, name: value})

    assert name in refused.value.message


def test_production_needs_its_database():
    with pytest.raises(MissingSetting) as refused:
        config.load({**WHOLE, "CRM_ENV": "production", "DATABASE_URL": ""})

    assert "DATABASE_URL" in refused.value.message


def test_secrets_do_not_show():
    shown = repr(config.load(WHOLE))

    assert "token_keys" not in shown
    assert "index_key" not in shown


def test_digests_are_read_as_sha256sum_writes_them(tmp_path):
    file = tmp_path / "barred"
    file.write_text(f"{'A' * 64}  harm.jpg\n\n{'b' * 64}\n")

    settings = config.load({**WHOLE, "CRM_BARRED_DIGESTS": str(file)})

    assert settings.barred_digests == {"a" * 64, "b" * 64}


def test_fresh_secrets_are_ones_that_it_reads():
    """`./run` begins with them."""
    printed = subprocess.run(
        [sys.executable, "-m", "crm_api.config"], capture_output=True, text=True, check=True
    )

    environ = dict(line.split("=", 1) for line in printed.stdout.splitlines())
    assert config.load({"DATABASE_URL": "sqlite://", **environ}).index_key
