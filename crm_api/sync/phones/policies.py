"""What a phone may sync with."""

from __future__ import annotations

import re
from typing import Final

APP_VERSION: Final = r"^[0-9]{1,4}(\.[0-9]{1,4}){0,3}([-+][0-9A-Za-z.+-]{1,12})?$"


def is_older(version: str, than: str) -> bool:
    """Tell whether an app version is older than another: 1.9 is older than 1.10.

    One that says nothing of itself is older than any.
    """
    return _numbers(version) < _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"[0-9]+(\.[0-9]+)*", version)
    numbers = [int(part) for part in found.group().split(".")] if found else []
    while numbers and numbers[-1] == 0:  # 2.0 is 2
        numbers.pop()
    return tuple(numbers)
