"""`flask seed`: reference data, and the demo district where it is asked for."""

from __future__ import annotations

import click

from crm_api.kit import clock
from crm_api.kit.errors import DomainError
from crm_api.kit.transactions import transaction
from crm_api.seeding import library, service


@click.command("seed")
@click.option(
    "--demo", is_flag=True, help="Also a district that does not exist, to try things out."
)
def seed(*, demo: bool) -> None:
    """Load the reference data. Safe to repeat: what is there stays as it is.

    Words are loaded as offered for approval: nobody is greeted, and no brief says them, before
    a manager approved them.
    """
    now = clock.now()
    try:
        with transaction():
            policies = service.load_policies(now=now)
        with transaction():
            words = service.load_forbidden_words(now=now)
        with transaction():
            templates = service.load_templates(now=now)
        with transaction():
            entries = library.load_library(now=now)
        click.echo(
            f"Reference data: {policies} policies and {templates} templates are new, "
            f"as are {words} forbidden words and {entries} entries of the library."
        )
        if demo:
            _load_demo()
    except DomainError as refusal:
        raise click.ClickException(refusal.detail) from None


def _load_demo() -> None:
    now = clock.now()
    with transaction():
        people = service.load_demo_people(now=now)
    with transaction():
        service.load_demo_passwords(now=now)
    with transaction():
        service.approve_templates_for_demo(now=now)
        library.approve_library_for_demo(now=now)
    with transaction():
        customers = service.load_demo_customers(now=now)
    click.echo(f"Demo district: {people} members of staff and {customers} customers are new.")
    logins, password = service.demo_sign_ins()
    click.echo(f"Sign in as {', '.join(logins)}; the password is {password}.")


COMMANDS = (seed,)
