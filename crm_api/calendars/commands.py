"""`flask calendars …`: what an administrator loads."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click
import marshmallow as ma

from crm_api.calendars import schemas, service
from crm_api.calendars.policies.festivals import FestivalRule
from crm_api.kit import clock
from crm_api.kit.errors import Invalid
from crm_api.kit.transactions import transaction

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("calendars")
def calendars() -> None:
    """Load the notice on make-up workdays, and festivals of one's own."""


@calendars.command("load-arrangement")
@click.argument("file", type=FILE)
def load_arrangement(file: Path) -> None:
    """Load a year's days off and make-up workdays from a TOML file. Safe to repeat."""
    notice = _read(file, schemas.ArrangementFileSchema())
    try:
        with transaction():
            known = service.set_arrangement(**notice, by_id=None, now=clock.now())
    except Invalid as error:
        raise click.ClickException(f"{file}: {error.details['errors']}") from None
    click.echo(f"{known.year}: {len(known.days)} days, from {known.source}.")


@calendars.command("load-festivals")
@click.argument("file", type=FILE)
def load_festivals(file: Path) -> None:
    """Load festivals of the organisation's own from a TOML file. Safe to repeat."""
    rules = _read(file, schemas.FestivalFileSchema())["festivals"]
    with transaction():
        kept = service.keep_festivals(FestivalRule(**rule) for rule in rules)
    click.echo(f"Kept {kept} festivals.")


def _read(file: Path, schema: ma.Schema) -> Any:
    try:
        return schema.load(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file} is not TOML: {error}") from None
    except ma.ValidationError as error:
        raise click.ClickException(f"{file}: {error.messages}") from None


COMMANDS = (calendars,)
