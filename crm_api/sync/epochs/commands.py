"""`flask sync new-epoch`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click
from flask.cli import with_appcontext

from crm_api.kit import clock
from crm_api.kit.errors import DomainError
from crm_api.kit.transactions import transaction
from crm_api.sync.epochs import queries, service


class Moment(click.ParamType[datetime]):
    """A moment with its offset, such as 2026-03-03T02:00:00+08:00."""

    name = "moment"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        """Read it; one without an offset could be anywhere."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no moment; write it like 2026-03-03T02:00:00+08:00.")
        if moment.tzinfo is None:
            self.fail(f"{value!r} lacks its offset; write it like {value}+08:00.")
        return moment.astimezone(UTC)


@click.command("new-epoch")
@click.option("--restored-to", type=Moment(), required=True, help="When the backup was begun.")
@click.option("--by", required=True, help="Who restored it, for the audit.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def new_epoch(restored_to: datetime, by: str, *, yes: bool) -> None:
    """End the restoring of a backup: have phones send again what was lost.

    Run it before the servers start. Each phone is stopped (409 server_restored) until it has
    marked what it sent since then, pushes that, and takes everything anew. Nothing is deleted
    here. Run twice, the second changes nothing.
    """
    if not yes:
        click.confirm("Every phone will send again and take everything anew. Go on?", abort=True)
    try:
        with transaction():
            age = service.begin_epoch(restored_to=restored_to, by=by, now=clock.now())
            waiting = queries.count_unaware()
    except DomainError as refusal:
        raise click.ClickException(refusal.detail) from None
    click.echo(
        f"Epoch {age.number}: {waiting} known phones, and any that the backup does not know, have "
        f"yet to send again what they sent since {age.restored_to:%Y-%m-%dT%H:%M:%SZ}. What was "
        "revoked, ended or erased since then is no longer: do it again."
    )


COMMANDS = (new_epoch,)
