"""What the people who run the product may set, with the default of each."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from crm_api.config.reading import (
    TYPES_ATTACHED,
    MissingSetting,
    app_version,
    digests_from,
    hours_from,
    index_key_from,
    is_yes,
    keys_from,
    log_level_named,
    number_from,
    public_url_from,
    types_from,
    zone_named,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
COMMANDS_WAIT_MS = 60_000
NO_LIMIT = 0
THREADS = 8  # of each process, as the server counts them
ATTACHMENTS = str(ROOT / ".instance" / "attachments")
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Environment(StrEnum):
    """Production refuses to start on anything that only a demo may rely on."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One process's settings. Secrets never appear in its `repr`."""

    environment: Environment = Environment.DEVELOPMENT
    database_url: str
    token_keys: Mapping[str, bytes] = field(repr=False)
    data_keys: Mapping[str, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)
    zone: ZoneInfo = SHANGHAI
    country_code: str = "CN"
    working_hours: tuple[tuple[time, time], ...] = ((time(9), time(12)), (time(13, 30), time(18)))
    sms_signature: str = "演示通信"
    sms_sender: str = "10690000"
    public_url: str = ""
    threads: int = THREADS
    pool_size: int = 8
    lock_timeout_ms: int = 2_000
    statement_timeout_ms: int = 15_000
    access_token_seconds: int = 900
    refresh_token_seconds: int = 30 * 86_400
    max_body_bytes: int = 2 * 1024 * 1024
    max_import_bytes: int = 64 * 1024 * 1024
    requests_per_minute: int = 600
    sign_ins_per_minute: int = 20
    reveals_per_day: int = 50
    reveal_minutes: int = 10
    overrides_per_week: int = 10
    gateway_messages_per_second: int = 500
    coordinates_kept_days: int = 30
    handover_undo_days: int = 7
    former_owner_days: int = 14
    exports_kept_days: int = 7
    fresh_occasions: int = 3
    hold_days: int = 45
    care_needs_approval: bool = False
    event_fresh_days: int = 7
    new_year_birthdays_believed: int = 3
    firm_hours: int = 24
    attachments: str = ATTACHMENTS
    attachment_types: tuple[str, ...] = TYPES_ATTACHED
    barred_digests: frozenset[str] = field(default=frozenset(), repr=False)
    max_attachment_bytes: int = 20 * 1024 * 1024
    max_photo_pixels: int = 50_000_000
    loose_attachments_kept_days: int = 7
    merge_undo_days: int = 30
    travel_km_per_hour: int = 20
    oldest_app_version: str = ""
    oldest_schema_version: int = 1
    tombstones_kept_days: int = 180
    syncs_per_minute: int = 120
    log_level: str = "INFO"

    def with_patience(self) -> Settings:
        """Return the same settings for a command, which may wait where nobody waits for it."""
        return replace(self, lock_timeout_ms=COMMANDS_WAIT_MS, statement_timeout_ms=NO_LIMIT)

    @property
    def is_production(self) -> bool:
        """Whether real customers are served."""
        return self.environment is Environment.PRODUCTION


# Each number is read from the variable of its name, such as CRM_POOL_SIZE; but not these.
FIXED = ("threads", "refresh_token_seconds", "max_body_bytes", "max_import_bytes")
NUMBERS: dict[str, Any] = {
    known.name: known.default
    for known in fields(Settings)
    if known.type == "int" and known.name not in FIXED
}


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings, naming the variable to mend where one is wrong.

    :raises MissingSetting: if a variable is absent where it must be set, or malformed
    """
    mode = _environment(environ)
    return Settings(
        environment=mode,
        database_url=_database_url(environ, mode),
        token_keys=keys_from(environ, "CRM_TOKEN_KEYS"),
        data_keys=keys_from(environ, "CRM_DATA_KEYS"),
        index_key=index_key_from(environ),
        zone=zone_named(environ.get("CRM_TIME_ZONE", "Asia/Shanghai")),
        working_hours=hours_from(environ, "CRM_WORKING_HOURS", "09:00-12:00,13:30-18:00"),
        sms_signature=environ.get("CRM_SMS_SIGNATURE", "演示通信"),
        sms_sender=environ.get("CRM_SMS_SENDER", "10690000"),
        public_url=public_url_from(environ.get("CRM_PUBLIC_URL", "")),
        oldest_app_version=app_version(environ.get("CRM_OLDEST_APP_VERSION", "")),
        care_needs_approval=is_yes(environ, "CRM_CARE_NEEDS_APPROVAL"),
        threads=number_from(environ, "THREADS", THREADS),
        **_numbers(environ),
        attachments=environ.get("CRM_ATTACHMENTS", ATTACHMENTS),
        attachment_types=types_from(environ, "CRM_ATTACHMENT_TYPES"),
        barred_digests=digests_from(environ, "CRM_BARRED_DIGESTS"),
        log_level=log_level_named(environ.get("CRM_LOG_LEVEL", "INFO")),
    )


def _environment(environ: Mapping[str, str]) -> Environment:
    given = environ.get("CRM_ENV", "development")
    try:
        return Environment(given)
    except ValueError:
        msg = f"CRM_ENV is {given!r}; it must be one of {', '.join(Environment)}."
        raise MissingSetting(msg) from None


def _database_url(environ: Mapping[str, str], mode: Environment) -> str:
    url = environ.get("DATABASE_URL")
    if url:
        return url.replace("postgres://", "postgresql+psycopg://", 1).replace(
            "postgresql://", "postgresql+psycopg://", 1
        )
    if mode is Environment.PRODUCTION:
        msg = "DATABASE_URL must be set in production."
        raise MissingSetting(msg)
    return f"sqlite:///{ROOT / '.instance' / 'crm.db'}"


def _numbers(environ: Mapping[str, str]) -> dict[str, Any]:
    return {name: number_from(environ, f"CRM_{name.upper()}", n) for name, n in NUMBERS.items()}


_current: Settings | None = None


def configure(settings: Settings) -> None:
    """Make these the settings of this process."""
    global _current  # noqa: PLW0603 - one process has one set of settings
    _current = settings


def current() -> Settings:
    """Return this process's settings."""
    if _current is None:
        configure(load())
    assert _current is not None  # noqa: S101 - for the type checker
    return _current
