"""What an operator sets: in a TOML file, and in the environment, which wins."""

from __future__ import annotations

import re
import tomllib
import typing
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PREFIX = "RELAY_"
LOOPBACK = ("127.0.0.1", "localhost")
CENTRES = ("kannel", "smpp")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class Wrong(Exception):
    """A setting is missing, unknown or out of its range."""


def setting(meaning: str, *, default: Any = MISSING, **bounds: Any) -> Any:
    """Declare a setting with what `--help` says of it."""
    more = {"meaning": meaning, "least": 0, "most": 2**31, "longest": 500, **bounds}
    return field(default=default, metadata=more, repr="key" not in meaning)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be set. In the environment: RELAY_ and the name in capitals."""

    crm_url: str = setting("where the CRM is, such as https://crm.example")
    crm_key: str = setting("the key of this gateway")
    crm_timeout: int = setting("seconds to wait for the CRM", default=30, least=15, most=300)
    journal: str = setting("the SQLite file, on a local disk", default="relay.db")
    centre: str = setting("kannel or smpp", default="kannel", among=CENTRES)
    workers: int = setting("threads that submit", default=4, least=1, most=64)
    batch: int = setting("messages to lease at once", default=20, least=1, most=100)
    lease_seconds: int = setting("how long to hold a lease", default=60, least=2, most=600)
    wait_seconds: int = setting("how long one worker waits for messages", default=5, most=10)
    submit_timeout: int = setting("seconds to wait for the centre", default=20, least=1, most=120)
    keep_days: int = setting("how long answered attempts are kept", default=30, least=3, most=3650)
    stop_seconds: int = setting("how long to go on telling once stopped", default=15, most=600)
    log_level: str = setting(", ".join(LEVELS), default="INFO", among=LEVELS)

    kannel_url: str = setting("Kannel's sendsms", default="http://127.0.0.1:13013/cgi-bin/sendsms")
    kannel_username: str = setting("of Kannel's sendsms-user", default="")
    kannel_password: str = setting("of Kannel's sendsms-user (a key)", default="")
    listen: str = setting("where Kannel's callbacks come in", default="127.0.0.1:13080")
    callback_url: str = setting("the same as Kannel sees it; by default http://LISTEN", default="")
    callback_secret: str = setting("a key in the callbacks' paths, off loopback", default="")

    smpp_host: str = setting("the SMPP centre's host", default="127.0.0.1")
    smpp_port: int = setting("the SMPP centre's port", default=2775, least=1, most=65535)
    smpp_system_id: str = setting("of our SMPP account", default="", longest=15)
    smpp_password: str = setting("of our SMPP account (a key)", default="", longest=8)

    def __post_init__(self) -> None:
        """Refuse what would not work, before anything is leased."""
        for each in fields(self):
            _check(each.name, getattr(self, each.name), each.metadata)
        if not self.crm_url.startswith(("http://", "https://")):
            raise Wrong("crm_url must begin with http:// or https://")
        if self.lease_seconds <= self.wait_seconds:
            raise Wrong("lease_seconds must exceed wait_seconds: a lease is reckoned from the call")
        self._check_callbacks()

    def _check_callbacks(self) -> None:
        host = self.listen.rpartition(":")[0]
        if host not in LOOPBACK and not self.callback_secret:
            raise Wrong("callback_secret is needed where listen is not on loopback")
        if not re.fullmatch(r"[\w-]*", self.callback_secret, re.ASCII):
            raise Wrong("callback_secret may have letters, digits, - and _")


def _check(name: str, value: Any, bounds: Mapping[str, Any]) -> None:
    if isinstance(value, int) and not bounds["least"] <= value <= bounds["most"]:
        raise Wrong(f"{name} must be {bounds['least']} to {bounds['most']}")
    if len(str(value)) > bounds["longest"]:
        raise Wrong(f"{name} may have {bounds['longest']} characters")
    if "among" in bounds and value not in bounds["among"]:
        raise Wrong(f"{name} must be one of {', '.join(bounds['among'])}")


def load(path: Path | None, environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    :raises Wrong: if one is missing, unknown or out of its range
    """
    given: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8")) if path else {}
    known = {each.name: each for each in fields(Settings)}
    if unknown := set(given) - set(known):
        raise Wrong(f"unknown: {', '.join(sorted(unknown))}")
    for name in known:
        if (value := environment.get(PREFIX + name.upper())) is not None:
            given[name] = value
    missing = [n for n, each in known.items() if each.default is MISSING and n not in given]
    if missing:
        raise Wrong(f"missing: {', '.join(missing)}")
    kinds = typing.get_type_hints(Settings)
    return Settings(**{name: _convert(name, value, kinds[name]) for name, value in given.items()})


def _convert(name: str, value: Any, kind: type[Any]) -> Any:
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise Wrong(f"{name} must be of the kind {kind.__name__}") from None


def describe() -> str:
    """Return the settings with their meanings, for `--help`."""
    lines = []
    for each in fields(Settings):
        default = "required" if each.default is MISSING else f"{each.default}" or "none"
        lines.append(f"  {each.name:17} {each.metadata['meaning']} ({default})")
    return "\n".join(lines)
