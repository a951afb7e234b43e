"""What the contracts here have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import fields

if TYPE_CHECKING:
    from enum import StrEnum

OWN_ID = {"description": "Made by a client that works offline; else the server makes one."}


def enum_field(enum: type[StrEnum], **kwargs: Any) -> fields.Enum[Any]:
    """Return a field that writes an enum by its value."""
    return fields.Enum(enum, by_value=True, **kwargs)
