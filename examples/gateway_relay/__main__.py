"""`python -m gateway_relay`: see `--help`."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import tomllib
from pathlib import Path

from gateway_relay import logs, relay, settings
from gateway_relay.journal import InUse, Journal

UNUSABLE = 2
EPILOG = """\
Every setting may stand in the file, or in the environment as RELAY_ and its name in capitals:
{settings}

TERM or INT: leases no more, finishes what is in hand, gives the rest back, tells what it knows.
Exit codes: 0 told to stop; 1 broke; 2 wrong settings, or the journal is in use; 3 the CRM refused
our key; 4 the message centre refused our account.
"""


def main(arguments: list[str] | None = None) -> int:
    """Read the settings, open the journal, and relay."""
    parser = argparse.ArgumentParser(
        prog="gateway_relay",
        description="Pull messages from the CRM and submit them to Kannel or by SMPP.",
        epilog=EPILOG.format(settings=settings.describe()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", type=Path, help="a TOML file with settings")
    try:
        wanted = settings.load(parser.parse_args(arguments).config, os.environ)
        logs.configure(wanted.log_level)
        os.umask(0o077)  # the journal holds what customers wrote, until it is told
        journal = Journal(Path(wanted.journal))
    except (settings.Wrong, tomllib.TOMLDecodeError, InUse, OSError, sqlite3.Error) as error:
        sys.stderr.write(f"gateway_relay: {error}\n")
        return UNUSABLE
    try:
        return relay.run(wanted, journal)
    except OSError as error:  # such as: somebody listens there already
        sys.stderr.write(f"gateway_relay: {error}\n")
        return UNUSABLE
    finally:
        journal.close()


if __name__ == "__main__":
    raise SystemExit(main())
