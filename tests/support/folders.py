"""Where a test run keeps all that it writes: in memory, where there is enough of it.

On a disk, each commit of SQLite waits until it is there: more than half of what a test takes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 6 * 2**30


def make_folder() -> Path:
    """Make the run's own folder, for its databases and what `tmp_path` gives."""
    where = MEMORY if _is_roomy() else Path(tempfile.gettempdir())
    sweep_leftovers(where, "crmtest-*")
    folder = Path(tempfile.mkdtemp(prefix="crmtest-", dir=where))
    folder.chmod(0o711)  # PostgreSQL passes through it as somebody else
    mark(folder)
    os.environ["CRM_TEST_FOLDER"] = os.environ["PYTEST_DEBUG_TEMPROOT"] = str(folder)
    return folder


def _is_roomy() -> bool:
    if not os.access(MEMORY, os.W_OK | os.X_OK):
        return False
    there = os.statvfs(MEMORY)
    may_run = not there.f_flag & os.ST_NOEXEC  # the tour runs its own copy of the checkout
    return may_run and there.f_bavail * there.f_frsize >= ENOUGH


def mark(folder: Path) -> None:
    """Say whose folder it is, for whoever sweeps."""
    (folder / "owner").write_text(str(os.getpid()))


def sweep_leftovers(where: Path, pattern: str) -> None:
    """Remove the folders of processes that were killed before they could."""
    for folder in where.glob(pattern):
        with contextlib.suppress(OSError, ValueError):
            owner = int((folder / "owner").read_text())
            if not Path(f"/proc/{owner}").exists():
                shutil.rmtree(folder, ignore_errors=True)
