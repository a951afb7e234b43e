"""The contract of what managers ask."""

from __future__ import annotations

from marshmallow import fields, post_load

from crm_api.contact_history.schemas import ContactFiltersSchema, ContactSchema
from crm_api.kit.schemas import Payload, RecordIdField, page_schema


class ReviewedContactSchema(ContactSchema):
    """An entry of a customer's history, with the customer's name."""

    customer_name = fields.String(
        required=True, metadata={"description": "A person's is masked for whoever oversees."}
    )


class ReviewFiltersSchema(ContactFiltersSchema):
    """Which contacts are wanted."""

    customer_id = RecordIdField(metadata={"description": "With this customer."})
    is_late = fields.Boolean(
        metadata={"description": "Recorded more than 72 hours afterwards, or not."}
    )
    has_overrun = fields.Boolean(
        metadata={"description": "Broke a frequency policy when recorded, or not."}
    )


class ExportFiltersSchema(ReviewFiltersSchema):
    """Which contacts are taken out: all that match, hence no page."""

    class Meta:
        """The filters alone."""

        exclude = ("limit", "cursor")

    @post_load
    def gather_page(self, payload: Payload, **_: object) -> Payload:
        """Leave the filters as they are."""
        return payload


ReviewedContactPageSchema = page_schema(ReviewedContactSchema)
