"""What the people who run the product may set, with the default of each."""

from __future__ import annotations

import base64
import binascii
import itertools
import os
import re
from dataclasses import dataclass, field, fields, replace
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
KEY_BYTES = 32
COMMANDS_WAIT_MS = 60_000
NO_LIMIT = 0
ATTACHMENTS = str(ROOT / ".instance" / "attachments")
TYPES_ATTACHED = ("image/jpeg", "image/png", "image/webp", "application/pdf")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Environment(StrEnum):
    """Production refuses to start on anything that only a demo may rely on."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class MissingSetting(click.ClickException):
    """A setting that must be given was not, or cannot be read: commands say so in one line."""


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
FIXED = ("refresh_token_seconds", "max_body_bytes", "max_import_bytes")
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
        token_keys=_keys(environ, "CRM_TOKEN_KEYS"),
        data_keys=_keys(environ, "CRM_DATA_KEYS"),
        index_key=_index_key(environ),
        zone=_zone(environ.get("CRM_TIME_ZONE", "Asia/Shanghai")),
        working_hours=_hours(environ, "CRM_WORKING_HOURS", "09:00-12:00,13:30-18:00"),
        sms_signature=environ.get("CRM_SMS_SIGNATURE", "演示通信"),
        sms_sender=environ.get("CRM_SMS_SENDER", "10690000"),
        public_url=_public_url(environ.get("CRM_PUBLIC_URL", "")),
        oldest_app_version=_app_version(environ.get("CRM_OLDEST_APP_VERSION", "")),
        care_needs_approval=_is_yes(environ, "CRM_CARE_NEEDS_APPROVAL"),
        **_numbers(environ),
        attachments=environ.get("CRM_ATTACHMENTS", ATTACHMENTS),
        attachment_types=_types(environ, "CRM_ATTACHMENT_TYPES"),
        barred_digests=_digests(environ, "CRM_BARRED_DIGESTS"),
        log_level=_log_level(environ.get("CRM_LOG_LEVEL", "INFO")),
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


def _keys(environ: Mapping[str, str], name: str) -> dict[str, bytes]:
    """Keys by id, the first one in use: `id:base64,id:base64`."""
    given = environ.get(name)
    if not given:
        msg = (
            f"{name} must be set. `./run` makes one; `python -m crm_api.config` prints a fresh set."
        )
        raise MissingSetting(msg)
    keys: dict[str, bytes] = {}
    for part in given.split(","):
        key_id, _, encoded = part.strip().partition(":")
        keys[key_id] = _key(encoded, name)
    return keys


def _index_key(environ: Mapping[str, str]) -> bytes:
    keys = _keys(environ, "CRM_INDEX_KEY")
    if list(keys) != ["index"]:
        msg = "CRM_INDEX_KEY is one key, written index:base64."
        raise MissingSetting(msg)
    return keys["index"]


def _zone(given: str) -> ZoneInfo:
    try:
        return ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError):
        msg = f"CRM_TIME_ZONE is {given!r}; name one such as Asia/Shanghai."
        raise MissingSetting(msg) from None


def _public_url(given: str) -> str:
    if given and not re.fullmatch(r"https?://[A-Za-z0-9.:_/\[\]-]+", given):
        msg = f"CRM_PUBLIC_URL is {given!r}; write it like https://crm.example.com."
        raise MissingSetting(msg)
    return given


def _app_version(given: str) -> str:
    if given and not re.fullmatch(r"\d{1,6}(\.\d{1,6}){0,3}", given):
        msg = f"CRM_OLDEST_APP_VERSION is {given!r}; write it like 1.4.0."
        raise MissingSetting(msg)
    return given


def _log_level(given: str) -> str:
    if given.upper() not in LOG_LEVELS:
        msg = f"CRM_LOG_LEVEL is {given!r}; it must be one of {', '.join(LOG_LEVELS)}."
        raise MissingSetting(msg)
    return given.upper()


def _types(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    given = environ.get(name, ",".join(TYPES_ATTACHED))
    types = tuple(part.strip() for part in given.split(","))
    if not all(re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", one) for one in types):
        msg = f"{name} is {given!r}; write it like {','.join(TYPES_ATTACHED)}."
        raise MissingSetting(msg)
    return types


def _digests(environ: Mapping[str, str], name: str) -> frozenset[str]:
    """SHA-256 digests from a file, one a line as `sha256sum` writes them."""
    given = environ.get(name)
    if not given:
        return frozenset()
    try:
        lines = Path(given).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{name} is {given!r}, which cannot be read: {error}"
        raise MissingSetting(msg) from None
    digests = frozenset(line.split()[0].lower() for line in lines if line.strip())
    if strange := next((one for one in digests if not re.fullmatch("[0-9a-f]{64}", one)), None):
        msg = f"{name}: {given} holds {strange!r}, which is no SHA-256 digest."
        raise MissingSetting(msg)
    return digests


def _key(encoded: str, name: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        msg = f"{name}: each key is written id:base64 of {KEY_BYTES} bytes."
        raise MissingSetting(msg)
    return key


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    given = environ.get(name, str(default))
    if not given.isdecimal() or int(given) < 1:
        msg = f"{name} is {given!r}; it must be a whole number above 0."
        raise MissingSetting(msg)
    return int(given)


def _numbers(environ: Mapping[str, str]) -> dict[str, Any]:
    return {name: _number(environ, f"CRM_{name.upper()}", n) for name, n in NUMBERS.items()}


def _is_yes(environ: Mapping[str, str], name: str) -> bool:
    given = environ.get(name, "no")
    if given not in ("yes", "no"):
        msg = f"{name} is {given!r}; it must be yes or no."
        raise MissingSetting(msg)
    return given == "yes"


def _hours(environ: Mapping[str, str], name: str, default: str) -> tuple[tuple[time, time], ...]:
    """Spans of local time in order, the gaps between them being breaks."""
    given = environ.get(name, default)
    try:
        spans = [part.strip().split("-") for part in given.split(",")]
        hours = tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in spans)
    except ValueError:
        hours = ()
    marks = [mark for span in hours for mark in span]
    if not marks or any(a >= b for a, b in itertools.pairwise(marks)):
        msg = f"{name} is {given!r}; write it like {default}, in order."
        raise MissingSetting(msg)
    return hours


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
