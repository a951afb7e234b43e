"""What the contracts have in common."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.care.gateway.terms import Refusal
from crm_api.kit.schemas import Payload, Schema, TextField

MOST = 100


class ValueSchema(Schema):
    """A contract that is handed on as a value."""

    value: type[Any]

    @ma.post_load
    def make_value(self, payload: Payload, **_: Any) -> Any:
        """Hand the whole on as one thing."""
        return self.value(**payload)


def batch(item: type[Schema]) -> fields.List[Any]:
    """Return a field for one to a hundred of these."""
    return fields.List(
        fields.Nested(item), required=True, validate=validate.Length(min=1, max=MOST)
    )


def foreign_id(**kwargs: Any) -> TextField:
    """Return a field for an id of the gateway's making."""
    return TextField(shortest=1, longest=128, **kwargs)


def seconds(longest: int, **kwargs: Any) -> fields.Integer:
    """Return a field for a bounded number of seconds."""
    return fields.Integer(strict=True, validate=validate.Range(min=0, max=longest), **kwargs)


def code() -> fields.Enum[Refusal]:
    """Return the field that says why nothing changed."""
    return fields.Enum(
        Refusal,
        by_value=True,
        allow_none=True,
        metadata={"description": "Why nothing changed; null where it did."},
    )
