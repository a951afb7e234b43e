"""`flask contact-frequency …`: check the ledger, bring in the policies we ship, try others."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import click

from crm_api.contact_frequency import queries, service
from crm_api.contact_frequency.desk.commands import simulate
from crm_api.contact_frequency.policies import mask_number
from crm_api.contact_frequency.queries import alerts
from crm_api.contact_frequency.service import auditing
from crm_api.contact_frequency.terms import SubjectKind
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_api.contact_frequency.models import GovernorAlert
    from crm_api.contact_frequency.service import Rechecked

COLUMNS = ("kind", "policy", "allowed", "found", "subject", "first slot", "slot or decision")
WIDTHS = (6, 26, 7, 5, 46, 36, 36)


@click.group("contact-frequency")
def contact_frequency() -> None:
    """Check the ledger of contacts and its policies."""


@contact_frequency.command("audit")
def audit() -> None:
    """Look through the whole ledger, and keep an alert for whatever nobody has explained.

    Caps broken without a recorded cause, contacts outside their hours, decisions that do not give
    their bytes again. One that was cut short goes on where it stood; what was mended closes its
    alert. Ends with code 1 where an alert stands.
    """
    with transaction():
        audit_id = auditing.open_audit(now=clock.now())
    with progress_bar(total=None, unit="records") as bar:
        while looked_at := _audit_batch(audit_id):
            bar.update(looked_at)
    with transaction(read_only=True):
        standing = alerts.standing_alerts()
        count = alerts.count_standing()
    if not count:
        click.echo("The ledger is clean: nothing is broken without a recorded cause.")
        return
    _show(COLUMNS)
    for alert in standing:
        _show(_row(alert))
    raise click.ClickException(f"{count} alerts stand.")


def _audit_batch(audit_id: str) -> int:
    """Look at one batch; return how many records, or 0 where the run is over."""
    started = time.perf_counter()
    with transaction(read_only=True):
        look = auditing.look_further(audit_id)
    busy_ms = round((time.perf_counter() - started) * 1000)
    with transaction():
        is_over = auditing.note_look(audit_id, look, busy_ms=busy_ms, now=clock.now())
    return 0 if is_over else max(len(look.batch), 1)


def _row(alert: GovernorAlert) -> tuple[str, ...]:
    subject_id = alert.subject_id
    if alert.subject_kind is SubjectKind.ENDPOINT:
        subject_id = mask_number(subject_id)
    return (
        alert.kind,
        alert.policy_key or "",
        str(alert.allowed if alert.allowed is not None else ""),
        str(alert.found or ""),
        f"{alert.subject_kind} {subject_id}",
        alert.first_slot_id or "",
        alert.decision_id or alert.slot_id or "",
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


contact_frequency.add_command(simulate)

COMMANDS = (contact_frequency,)
