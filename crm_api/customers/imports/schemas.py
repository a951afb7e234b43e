"""The mapping file, and what the routes of imports take and give."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.customers.imports.models import ImportStatus
from crm_api.customers.imports.policies.mapping import DERIVATIONS
from crm_api.customers.imports.policies.rows import READERS
from crm_api.kit import json
from crm_api.kit.errors import Invalid
from crm_api.kit.routing import InvalidRequest, point_at
from crm_api.kit.schemas import MomentField, Payload, RecordIdField, Schema, TextField, Whole

LONGEST_MAPPING = 64 * 1024
LONGEST_TEXT = 200


class FieldRuleSchema(Schema):
    """Where one field's text comes from, and what is made of it."""

    column = TextField(longest=LONGEST_TEXT, shortest=1)
    constant = TextField(longest=LONGEST_TEXT, shortest=1)
    template = TextField(longest=LONGEST_TEXT, shortest=1)
    values = fields.Dict(keys=fields.String(), values=TextField(longest=LONGEST_TEXT))
    derive = fields.String(validate=validate.OneOf(sorted(DERIVATIONS)))
    digits = fields.Integer(validate=validate.Range(min=0, max=4))
    day = fields.String(validate=Whole(r"^(19|20|21)\d\d-\d\d-\d\d$"))
    salt = TextField(longest=LONGEST_TEXT)
    choices = fields.List(TextField(longest=LONGEST_TEXT, shortest=1), validate=validate.Length(1))

    @ma.validates_schema
    def check_rule(self, rule: Payload, **_: Any) -> None:
        """Have one source of text, and what its derivation needs."""
        if len({"column", "constant", "template"} & set(rule)) != 1:
            raise ma.ValidationError("Give one of column, constant and template.")
        if rule.get("derive") == "months_before" and "day" not in rule:
            raise ma.ValidationError("Give the day before which the months lie.", "day")
        if rule.get("derive") == "pick" and "choices" not in rule:
            raise ma.ValidationError("Give the choices to pick from.", "choices")


class MappingSchema(Schema):
    """What the columns of a file mean."""

    source = RecordIdField(required=True)
    default_owner = TextField(longest=64, shortest=1)
    delimiter = fields.String(validate=validate.OneOf([",", ";", "\t", "|"]))
    sheet = TextField(longest=LONGEST_TEXT, shortest=1)
    fields_ = fields.Dict(
        data_key="fields",
        attribute="fields",
        keys=fields.String(validate=validate.OneOf(sorted(READERS))),
        values=fields.Nested(FieldRuleSchema),
        required=True,
    )

    @ma.pre_load
    def spell_out(self, content: Any, **_: Any) -> Any:
        """Take `name = "Column"` as short for its column, and TOML's own days."""
        rules = content.get("fields") if isinstance(content, dict) else None
        if not isinstance(rules, dict):
            return content
        return {**content, "fields": {name: _spell_out(rule) for name, rule in rules.items()}}

    @ma.validates_schema
    def check_fields(self, content: Payload, **_: Any) -> None:
        """Have a name, a natural key and an owner for each row."""
        given = set(content.get("fields", ()))
        if "name" not in given:
            raise ma.ValidationError("Say where the name comes from.", "fields")
        if not given & {"external_id", "account_no"}:
            raise ma.ValidationError("Map external_id or account_no: a row needs a key.", "fields")
        if "owner_login" not in given and "default_owner" not in content:
            raise ma.ValidationError("Map owner_login, or name a default owner.", "default_owner")


def _spell_out(rule: Any) -> Any:
    if isinstance(rule, str):
        return {"column": rule}
    if isinstance(rule, dict) and "day" in rule:
        return {**rule, "day": str(rule["day"])}
    return rule


def load_mapping(*texts: str | None, owner: str | None) -> Payload:
    """Return the mapping from the first of these JSON texts that is given.

    :raises Invalid: if none is
    :raises InvalidRequest: saying where it is not as it must be
    """
    text = next(filter(None, texts), None)
    if text is None or len(text) > LONGEST_MAPPING:
        raise Invalid("/mapping", "Send the mapping as JSON, at most 64 KiB.")
    content = json.loads(text)
    if owner is not None and isinstance(content, dict):
        content["default_owner"] = owner
    try:
        mapping: Payload = MappingSchema().load(content)
    except ma.ValidationError as error:
        raise InvalidRequest(point_at(error.messages, "/mapping")) from None
    return mapping


class ImportQuerySchema(Schema):
    """How a file shall be taken."""

    mapping = fields.String(
        load_default=None,
        metadata={"description": "The mapping as JSON, unless it is a part of the form."},
    )
    owner = TextField(
        longest=64,
        load_default=None,
        metadata={"description": "Login of the owner of rows that name none."},
    )
    file_name = TextField(longest=LONGEST_TEXT, load_default="")
    is_dry_run = fields.Boolean(
        load_default=False, metadata={"description": "Judge every row and store no customer."}
    )


class ImportSchema(Schema):
    """A file of customers, and how far it has come."""

    id = RecordIdField()
    status = fields.Enum(ImportStatus, by_value=True)
    source = fields.String(metadata={"description": "Where the external ids come from."})
    file_name = fields.String()
    is_dry_run = fields.Boolean()
    rows = fields.Integer(metadata={"description": "Rows found; 0 until the file is split."})
    done = fields.Integer(metadata={"description": "Rows worked off."})
    created = fields.Integer()
    updated = fields.Integer()
    unchanged = fields.Integer()
    rejected = fields.Integer()
    failure = fields.String(
        allow_none=True, metadata={"description": "Why the file as a whole was given up."}
    )
    created_at = MomentField()
    finished_at = MomentField(allow_none=True)
