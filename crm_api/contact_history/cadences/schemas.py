"""The contract of cadences."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.customers.terms import Tier
from crm_api.kit.schemas import Payload, Schema

LONGEST_DAYS = 1100


def _days(**kwargs: Any) -> fields.Integer:
    within = validate.Range(min=0, max=LONGEST_DAYS)
    return fields.Integer(strict=True, required=True, validate=within, **kwargs)


class CadenceDaysSchema(Schema):
    """Days between two-way contacts."""

    min_days = _days(metadata={"description": "Sooner is too often.", "example": 14})
    target_days = _days(metadata={"description": "From then on a touch is due.", "example": 45})
    max_days = _days(metadata={"description": "Later is neglect.", "example": 75})

    @ma.validates_schema
    def check_order(self, payload: Payload, **_: object) -> None:
        """Make sure that the three are in order."""
        if not payload["min_days"] < payload["target_days"] < payload["max_days"]:
            raise ma.ValidationError("min_days < target_days < max_days.", "target_days")


class CadenceSchema(Schema):
    """How often customers of a tier should hear from us. Version 0: the default."""

    tier = fields.Enum(Tier, by_value=True, required=True)
    min_days = fields.Integer(required=True)
    target_days = fields.Integer(required=True)
    max_days = fields.Integer(required=True)
    version = fields.Integer(required=True)


class CadenceListSchema(Schema):
    """One for each tier, lowest first."""

    items = fields.List(fields.Nested(CadenceSchema), required=True)
