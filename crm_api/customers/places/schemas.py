"""The contract of places."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.customers.schemas.fields import OWN_ID
from crm_api.kit.schemas import Payload, RecordIdField, Schema, TextField, page_schema

LATITUDE = validate.Range(min=-90, max=90)
LONGITUDE = validate.Range(min=-180, max=180)


def require_point(payload: Payload) -> None:
    """Make sure that a point on the map has both its coordinates, or neither.

    :raises ValidationError: if one of them is missing
    """
    given = [payload[name] for name in ("latitude", "longitude") if name in payload]
    if len(given) == 1 or len({value is None for value in given}) > 1:
        raise ma.ValidationError("Give both latitude and longitude, or neither.")


def latitude_field(**kwargs: Any) -> fields.Float:
    """Return a field for a latitude in degrees (WGS 84)."""
    return fields.Float(
        validate=LATITUDE, metadata={"example": 31.2304, "description": "WGS 84."}, **kwargs
    )


def longitude_field(**kwargs: Any) -> fields.Float:
    """Return a field for a longitude in degrees (WGS 84)."""
    return fields.Float(
        validate=LONGITUDE, metadata={"example": 121.4737, "description": "WGS 84."}, **kwargs
    )


class PlaceChangesSchema(Schema):
    """What is to be mended of a place; what is not named stays."""

    label = TextField(longest=50, metadata={"example": "office"})
    address = TextField(
        shortest=1,
        longest=500,
        metadata={
            "example": "示范路 8 号",
            "description": "Another address forgets the point, unless that comes along.",
        },
    )
    latitude = latitude_field(allow_none=True)
    longitude = longitude_field(allow_none=True)
    is_primary = fields.Boolean(
        truthy={True},
        falsy={False},
        metadata={"description": "Where visits go unless another place is named."},
    )

    @ma.validates_schema
    def check_point(self, payload: Payload, **_: Any) -> None:
        """Make sure that the point is whole."""
        require_point(payload)


class NewPlaceSchema(PlaceChangesSchema):
    """One more place of a customer. The first one becomes the primary."""

    id = RecordIdField(metadata=OWN_ID)
    address = TextField(required=True, shortest=1, longest=500, metadata={"example": "示范路 8 号"})


class PlaceSchema(Schema):
    """Where a customer is met."""

    id = RecordIdField()
    version = fields.Integer()
    customer_id = RecordIdField()
    label = fields.String()
    address = fields.String()
    latitude = fields.Float(allow_none=True)
    longitude = fields.Float(allow_none=True)
    is_primary = fields.Boolean()


PlacePageSchema = page_schema(PlaceSchema)
