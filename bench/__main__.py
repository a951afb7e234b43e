"""`./run bench`: measure the first paths and print the table."""

from __future__ import annotations

import click

from bench import claims, festival, governor, http, planning, searching, simulating, syncing, table
from bench.generate import SCALES
from bench.rig import Rig, say

PATHS = {
    "http": http.measure,
    "governor": governor.measure,
    "claim": claims.measure,
    "festival": festival.measure,
    "simulate": simulating.measure,
    "plan": planning.measure,
    "search": searching.measure,
    "sync": syncing.measure,
}
# They fill databases of their own.
APART = {"plan", "search"}


@click.command()
@click.option("--scale", type=click.Choice(list(SCALES)), default="small", show_default=True)
@click.option(
    "--only", type=click.Choice(list(PATHS)), multiple=True, help="Measure these parts only."
)
def main(scale: str, only: tuple[str, ...]) -> None:
    """Measure each path against its baseline, in one run on one fresh database.

    small is 100,000 customers with 1,000,000 contacts, large ten times that. Every figure is a
    ratio, so that it means the same on a faster machine. Exits with 1 where a target is missed.
    """
    say(f"starting a fresh PostgreSQL, at scale {scale} where it is filled …")
    rig = Rig(SCALES[scale])
    try:
        rig.start(is_filled=not set(only or PATHS) <= APART)
        results = []
        for name, run in PATHS.items():
            if not only or name in only:
                part = run(rig)
                say("\n" + table.render(part) + "\n")
                results += part
    finally:
        rig.stop()
    click.echo(table.render(results))
    if not only:
        say(f"kept in {table.keep(results, scale=scale)}")
    raise SystemExit(0 if all(r.is_met for r in results) else 1)


if __name__ == "__main__":
    main()
