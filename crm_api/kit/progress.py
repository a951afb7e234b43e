"""Progress bars for commands that take a while."""

from __future__ import annotations

from typing import Any

from tqdm import tqdm


def progress_bar(*, total: int | None, unit: str) -> tqdm[Any]:
    """Return a bar on standard error, silent where nobody watches."""
    return tqdm(total=total, unit=f" {unit}", disable=None, mininterval=0.5)
