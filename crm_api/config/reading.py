"""How settings are written in the environment, and what to say of those that are not so."""

from __future__ import annotations

import base64
import binascii
import itertools
import re
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_BYTES = 32
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
TYPES_ATTACHED = ("image/jpeg", "image/png", "image/webp", "application/pdf")


class MissingSetting(click.ClickException):
    """A setting that must be given was not, or cannot be read: commands say so in one line."""


def keys_from(environ: Mapping[str, str], name: str) -> dict[str, bytes]:
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


def index_key_from(environ: Mapping[str, str]) -> bytes:
    """Return the one key of the blind index."""
    keys = keys_from(environ, "CRM_INDEX_KEY")
    if list(keys) != ["index"]:
        msg = "CRM_INDEX_KEY is one key, written index:base64."
        raise MissingSetting(msg)
    return keys["index"]


def zone_named(given: str) -> ZoneInfo:
    """Return a time zone by its name."""
    try:
        return ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError):
        msg = f"CRM_TIME_ZONE is {given!r}; name one such as Asia/Shanghai."
        raise MissingSetting(msg) from None


def public_url_from(given: str) -> str:
    """Return the address that others reach us by."""
    if given and not re.fullmatch(r"https?://[A-Za-z0-9.:_/\[\]-]+", given):
        msg = f"CRM_PUBLIC_URL is {given!r}; write it like https://crm.example.com."
        raise MissingSetting(msg)
    return given


def app_version(given: str) -> str:
    """Return a version as apps write theirs."""
    if given and not re.fullmatch(r"\d{1,6}(\.\d{1,6}){0,3}", given):
        msg = f"CRM_OLDEST_APP_VERSION is {given!r}; write it like 1.4.0."
        raise MissingSetting(msg)
    return given


def log_level_named(given: str) -> str:
    """Return the level below which nothing is logged."""
    if given.upper() not in LOG_LEVELS:
        msg = f"CRM_LOG_LEVEL is {given!r}; it must be one of {', '.join(LOG_LEVELS)}."
        raise MissingSetting(msg)
    return given.upper()


def types_from(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return media types, separated by commas."""
    given = environ.get(name, ",".join(TYPES_ATTACHED))
    types = tuple(part.strip() for part in given.split(","))
    if not all(re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", one) for one in types):
        msg = f"{name} is {given!r}; write it like {','.join(TYPES_ATTACHED)}."
        raise MissingSetting(msg)
    return types


def digests_from(environ: Mapping[str, str], name: str) -> frozenset[str]:
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


def number_from(environ: Mapping[str, str], name: str, default: int) -> int:
    """Return a whole number above 0."""
    given = environ.get(name, str(default))
    if not given.isdecimal() or int(given) < 1:
        msg = f"{name} is {given!r}; it must be a whole number above 0."
        raise MissingSetting(msg)
    return int(given)


def is_yes(environ: Mapping[str, str], name: str) -> bool:
    """Tell yes from no."""
    given = environ.get(name, "no")
    if given not in ("yes", "no"):
        msg = f"{name} is {given!r}; it must be yes or no."
        raise MissingSetting(msg)
    return given == "yes"


def hours_from(
    environ: Mapping[str, str], name: str, default: str
) -> tuple[tuple[time, time], ...]:
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
