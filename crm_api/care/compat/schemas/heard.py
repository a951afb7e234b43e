"""What customers write, as products bring it."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields

LONGEST: Final = 2000


class HeardTextField(fields.String):
    """A customer's words, cut where they are too long: refused, an opt-out would be lost."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return str(super()._deserialize(value, attr, data, **kwargs))[:LONGEST]
