"""Save the database to one file, and bring it back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError
from crm_api.kit.progress import progress_bar

if TYPE_CHECKING:
    import sqlalchemy as sa

PAGES_AT_ONCE = 4096


class BackupFailed(DomainError):
    """The backup could not be written or read; nothing was replaced."""

    status = 500
    code = "backup_failed"


def save(engine: sa.Engine, target: Path) -> None:
    """Write everything to one file, while the product goes on serving.

    The file gets its name only once it is whole and was read back.

    :raises BackupFailed: if it cannot be written, or the target exists already
    """
    if target.exists():
        msg = f"{target} exists already; name a new file."
        raise BackupFailed(msg)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    if engine.dialect.name == "sqlite":
        _copy_sqlite(_sqlite_path(engine), part)
        _check_sqlite(part)
    else:
        _run("pg_dump", "--format=custom", "--no-owner", f"--file={part}", engine=engine)
        _run("pg_restore", "--list", str(part))
    part.chmod(0o600)
    part.rename(target)


def restore(engine: sa.Engine, source: Path) -> None:
    """Replace the database's content by a backup's, all or nothing.

    :raises BackupFailed: if the file is no whole backup of this engine
    """
    if not source.is_file():
        msg = f"There is no file {source}."
        raise BackupFailed(msg)
    if engine.dialect.name == "sqlite":
        _check_sqlite(source)
        _copy_sqlite(source, _sqlite_path(engine))
        return
    engine.dispose()
    options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
    _run("pg_restore", *options, str(source), engine=engine)


def _sqlite_path(engine: sa.Engine) -> Path:
    return Path(str(engine.url.database))


def _copy_sqlite(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(source)) as here,
        closing(sqlite3.connect(target)) as there,
        progress_bar(total=None, unit="pages") as bar,
    ):

        def watch(_status: int, remaining: int, total: int) -> None:
            bar.total = total
            bar.update(total - remaining - bar.n)

        here.backup(there, pages=PAGES_AT_ONCE, progress=watch)


def _check_sqlite(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        msg = f"{path} is no whole backup of this product: {error}."
        raise BackupFailed(msg) from error
    if verdict != "ok":
        msg = f"{path} is damaged: {verdict}."
        raise BackupFailed(msg)


def _conninfo(engine: sa.Engine) -> str:
    url = engine.url
    parts = {
        "host": url.host or url.query.get("host"),
        "port": url.port,
        "user": url.username,
        "dbname": url.database,
    }
    return " ".join(f"{name}={value}" for name, value in parts.items() if value)


def _run(tool: str, *arguments: str, engine: sa.Engine | None = None) -> None:
    folder = os.environ.get("CRM_PG_BIN")
    program = str(Path(folder) / tool) if folder else shutil.which(tool)
    if program is None:
        msg = f"{tool} is not installed; install PostgreSQL's client programs or set CRM_PG_BIN."
        raise BackupFailed(msg)
    if engine is not None:
        arguments = (*arguments, f"--dbname={_conninfo(engine)}")
    password = os.environ.get("PGPASSWORD", "")
    if engine is not None and engine.url.password:
        password = str(engine.url.password)
    done = subprocess.run(  # noqa: S603 - our own program and arguments, no shell
        [program, *arguments],
        env={**os.environ, "PGPASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        msg = f"{tool} failed: {done.stderr.strip()[-500:]}"
        raise BackupFailed(msg)
