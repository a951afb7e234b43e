"""`flask contact-frequency …`: check the ledger, bring in the policies we ship."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from crm_api.contact_frequency import queries, service
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_api.contact_frequency.queries import LedgerBreach
    from crm_api.contact_frequency.service import Rechecked

COLUMNS = ("policy", "allowed", "found", "subject", "first slot", "broken by slot")
WIDTHS = (26, 7, 5, 46, 36, 36)


@click.group("contact-frequency")
def contact_frequency() -> None:
    """Check the ledger of contacts and its policies."""


@contact_frequency.command("audit")
def audit() -> None:
    """Look through the whole ledger for caps broken without a recorded cause.

    Ends with code 1 where there is one.
    """
    with transaction(read_only=True):
        breaches = queries.find_breaches()
    if not breaches:
        click.echo("The ledger is clean: no cap is broken without a recorded cause.")
        return
    _show(COLUMNS)
    for breach in breaches:
        _show(_row(breach))
    raise click.ClickException(f"{len(breaches)} runs of contacts break a cap without a cause.")


def _row(breach: LedgerBreach) -> tuple[str, ...]:
    subject_id = breach.subject_id
    if breach.subject_kind == "endpoint":
        subject_id = f"*{subject_id[-4:]}"
    return (
        breach.policy_key,
        str(breach.allowed),
        str(breach.found),
        f"{breach.subject_kind} {subject_id}",
        breach.first_slot_id,
        breach.last_judged_slot_id,
    )


def _show(cells: tuple[str, ...]) -> None:
    padded = (cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True))
    click.echo("  ".join(padded).rstrip())


@contact_frequency.command("explain")
@click.argument("target", required=False)
@click.option("--customer", "customer_id", help="The last decisions about this customer.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", show_default=True)
def explain(target: str | None, customer_id: str | None, lang: str) -> None:
    """Tell in plain words why a contact was allowed or refused, and replay the decision.

    TARGET is the id of a decision, or of a slot: then all decisions about it are told.
    """
    if (target is None) == (customer_id is None):
        raise click.UsageError("Name a decision or slot, or --customer.")
    with transaction(read_only=True):
        try:
            told = service.explain_decisions(target, customer_id=customer_id)
        except NotFound as error:
            raise click.ClickException(error.detail) from None
    for lines in told:
        click.echo("\n".join(getattr(line, lang) for line in lines) + "\n")


@contact_frequency.command("policies")
def policies() -> None:
    """Bring in those of the default policies that are missing, and show what is in force."""
    now = clock.now()
    with transaction():
        added = service.ensure_default_policies(now=now)
        rules = queries.frame_at(now).rules
    for rule in rules:
        click.echo(f"{rule.key:28} v{rule.version:<3} {rule.strength:6} {rule.kind}")
    click.echo(f"{len(rules)} policies in force, {added} of them new.")


@contact_frequency.command("recheck")
@click.option("--all", "is_forced", is_flag=True, help="Also where nothing changed for many.")
def recheck(*, is_forced: bool) -> None:
    """Mark what is planned and illegal by now, and take the mark off what is legal again.

    Run it every minute: it looks at customers whom an import changed, and at all plans where a
    policy, the calendar or a region's mourning changed, or a version took effect. Safe to break off
    and to run twice at once.
    """
    with transaction(read_only=True):
        total = service.count_ahead(now=clock.now())
    done = service.Rechecked()
    with progress_bar(total=total, unit="plans") as bar:
        for look in (service.recheck_noted, partial(service.recheck_next, is_forced=is_forced)):
            while (found := _look(look)) is not None:
                done.add(found)
                bar.update(found.seen)
    click.echo(
        f"{done.seen} plans looked at: {done.marked} need a new plan, {done.cleared} no longer do."
    )


def _look(look: Callable[..., Rechecked | None]) -> Rechecked | None:
    with transaction():
        return look(now=clock.now())


COMMANDS = (contact_frequency,)
