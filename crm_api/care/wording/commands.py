"""`flask care pools`: where words run dry, for whoever writes some in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crm_api.calendars import service as calendars
from crm_api.care.wording import service
from crm_api.care.wording.terms import Supply
from crm_api.kit import clock
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from crm_api.care.wording.values import PoolReport
    from crm_api.customers.terms import CommunicationStyle, Tier


@click.command("pools")
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=45,
    help="How far ahead to look at people who were planned.",
)
def pools(days: int) -> None:
    """List the occasions with too little to say, the next festival first; reads only."""
    today = calendars.local_day(clock.now())
    with transaction(read_only=True):
        found = service.report_pools(today=today, days=days, visible_to=None)
    poor = [p for p in found if p.supply is not Supply.ENOUGH or p.wordless or p.unfit]
    for pool in poor:
        click.echo(f"  {_told(pool)}")
    people = sum(pool.people_without_words for pool in found)
    click.echo(
        f"care pools: {len(poor)} of {len(found)} want words; "
        f"{people} people planned for the next {days} days get none"
    )


def _told(pool: PoolReport) -> str:
    when = f" ({pool.next_on})" if pool.next_on else ""
    said = [f"{pool.supply}, {pool.texts} of {pool.wanted} texts for everybody"]
    said += [f"{pool.awaiting_approval} await approval"] if pool.awaiting_approval else []
    said += [f"{pool.unfit} approved but against a rule by now"] if pool.unfit else []
    said += [
        f"{group.people} of {kind_of_people(group.tier, group.style)} get none: add {group.add}"
        for group in pool.wordless
    ]
    return f"{pool.festival_key or pool.occasion}{when}: {'; '.join(said)}"


def kind_of_people(tier: Tier, style: CommunicationStyle | None) -> str:
    """Name people as words are made for them."""
    return f"{tier}/{style}" if style else tier
