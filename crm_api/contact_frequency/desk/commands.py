"""`flask contact-frequency simulate`: try a change of policies out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson
from marshmallow import ValidationError

from crm_api.contact_frequency.desk.queries.simulations import FIGURES
from crm_api.contact_frequency.desk.schemas.drafts import PolicyFileSchema
from crm_api.contact_frequency.desk.service import simulating
from crm_api.contact_frequency.desk.terms import Effect
from crm_api.kit import clock
from crm_api.kit.progress import progress_bar
from crm_api.kit.routing import point_at
from crm_api.kit.transactions import reading_apart

if TYPE_CHECKING:
    from crm_api.contact_frequency.desk.values import Found
    from crm_api.kit.schemas import Payload

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SAID = {
    Effect.REFUSED: "contacts of the last 90 days would have been refused",
    Effect.FALLEN: "planned contacts would fall",
}


@click.command("simulate")
@click.argument("file", type=FILE)
def simulate(file: Path) -> None:
    """Show what the policy in FILE (JSON) would have done and would do. Changes nothing.

    FILE holds `key` and `rule`; of a new policy also `scope_kind` and `scope_id`; if wanted
    `loosens`, `is_retired` and `effective_from`.
    """
    wanted = _read(file)
    with reading_apart(), progress_bar(total=None, unit="rules") as bar:
        comparison = simulating.compare_with(**wanted, now=clock.now())
        found = simulating.simulate(comparison, step=bar.update)
    _tell_contacts(found)
    _tell_coverage(found, f"{comparison.category} by {comparison.channel}")


def _read(file: Path) -> Payload:
    try:
        payload: Payload = PolicyFileSchema().load(orjson.loads(file.read_bytes()))
    except orjson.JSONDecodeError as error:
        raise click.ClickException(f"{file}: {error}") from None
    except ValidationError as error:
        faults = "; ".join(f"{e['pointer']}: {e['message']}" for e in point_at(error.messages))
        raise click.ClickException(f"{file}: {faults}") from None
    return payload


def _tell_contacts(found: Found) -> None:
    for effect, said in SAID.items():
        contacts = [contact for contact in found.contacts if contact.effect is effect]
        of = len({contact.customer_id for contact in contacts})
        click.echo(f"{len(contacts)} {said}, of {_customers(of)}.")
        groups = Counter((c.tier, c.channel, c.category) for c in contacts)
        for (tier, channel, category), many in sorted(groups.items()):
            click.echo(f"  {tier:16}{channel:8}{category:12}{many:>8}")


def _tell_coverage(found: Found, what: str) -> None:
    totals: Counter[str] = Counter()
    for figures in found.coverage:
        totals.update({name: figures.document[name] for name in FIGURES})
    click.echo(
        f"{_customers(totals['customers'])} concerned ({what}): reachable in the next 30 days "
        f"{totals['reachable_before']} before, {totals['reachable_after']} after; free days "
        f"{totals['free_days_before']} before, {totals['free_days_after']} after."
    )


def _customers(number: int) -> str:
    return f"{number} customer{'' if number == 1 else 's'}"
