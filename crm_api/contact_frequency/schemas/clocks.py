"""Times of the local day."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


class ClockField(fields.Field[int]):
    """A local time of day as `08:00`; the day ends at `24:00`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if not isinstance(value, str) or not _CLOCK.fullmatch(value):
            raise ValidationError("Write a time of day as 08:00.")
        return int(value[:2]) * 60 + int(value[3:])

    def _serialize(self, value: int | None, *_: Any, **__: Any) -> str | None:
        return None if value is None else f"{value // 60:02}:{value % 60:02}"
