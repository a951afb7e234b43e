"""Which packages the product is made of: their routes, tables and commands."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

# Lowest floor first; see the map in the README.
PACKAGES = (
    "audit",
    "accounts",
    "attachments",
    "calendars",
    "customers",
    "contact_frequency",
    "contact_history",
    "visits",
    "care",
    "preparation",
    "review",
    "privacy",
    "sync",
    "seeding",
)


def blueprints() -> list[Any]:
    """Return every package's blueprints, in the order of the floors."""
    modules = (_room(package, "routes") for package in PACKAGES)
    return [b for module in modules if module for b in module.BLUEPRINTS]


def load_models() -> None:
    """Import every table, for whoever compares them with the migrations."""
    importlib.import_module("crm_api.kit.idempotency")
    importlib.import_module("crm_api.kit.turns")
    for package in PACKAGES:
        _room(package, "models")


def add_commands(app: Flask) -> None:
    """Add every package's commands to `flask`."""
    load_models()
    for package in ("kit", *PACKAGES):
        module = _room(package, "commands")
        for command in module.COMMANDS if module else ():
            app.cli.add_command(command)


def _room(package: str, room: str) -> Any:
    name = f"crm_api.{package}.{room}"
    if importlib.util.find_spec(f"crm_api.{package}") is None:
        return None
    if importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name)
