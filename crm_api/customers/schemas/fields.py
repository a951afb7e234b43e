"""Fields that several contracts of customers share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.customers.policies.masking import mask_document, mask_phone
from crm_api.customers.provenance.terms import STATED, Origin
from crm_api.kit.schemas import TextField

if TYPE_CHECKING:
    from enum import StrEnum

MOST_FEN = 10**13
OWN_ID = {"description": "Made by a client that works offline; else the server makes one."}


def enum_field(enum: type[StrEnum], **kwargs: Any) -> fields.Enum[Any]:
    """Return a field that writes an enum by its value."""
    return fields.Enum(enum, by_value=True, **kwargs)


def learned_by_field() -> fields.Enum[Any]:
    """Return a field for how what is told here became known."""
    return enum_field(
        Origin,
        validate=validate.OneOf(STATED),
        load_default=Origin.ENTRY,
        metadata={"description": "How you learned it: see `field-sources`."},
    )


def fen_field(*, lowest: int = 0, **kwargs: Any) -> fields.Integer:
    """Return a field for money, in fen."""
    in_range = validate.Range(min=lowest, max=MOST_FEN)
    return fields.Integer(strict=True, validate=in_range, **kwargs)


def reason_field() -> TextField:
    """Return a field for why something is done; it stays on record."""
    return TextField(
        longest=500,
        shortest=1,
        required=True,
        metadata={"description": "Stays on record.", "example": "Asked by phone on 2 March."},
    )


def words_field(**kwargs: Any) -> fields.List[Any]:
    """Return a field for a few short notes, each given once."""
    return fields.List(
        TextField(longest=200, shortest=1),
        validate=[validate.Length(max=50), require_distinct],
        **kwargs,
    )


def require_distinct(values: list[Any]) -> None:
    """Make sure that nothing is said twice.

    :raises ValidationError: if it is
    """
    if len(set(values)) < len(values):
        raise ma.ValidationError("Say each only once.")


class MaskedPhoneField(fields.String):
    """A number of which the last four digits are shown."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            metadata={
                "description": "Masked; POST …/reveals shows it.",
                "example": "+86****1234",
            },
            **kwargs,
        )

    def _serialize(self, value: str | None, *_: Any, **__: Any) -> str | None:
        return mask_phone(value)


class MaskedDocumentField(fields.String):
    """A document number of which the last four characters are shown."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            metadata={"description": "Masked; POST …/reveals shows it.", "example": "****1234"},
            **kwargs,
        )

    def _serialize(self, value: str | None, *_: Any, **__: Any) -> str | None:
        return mask_document(value)
