"""Policies, their history, and drafts."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from crm_api.contact_frequency.desk.policies import as_written
from crm_api.contact_frequency.desk.schemas.rules import FrequencyRuleSchema
from crm_api.contact_frequency.desk.terms import DraftState
from crm_api.contact_frequency.policies import Rule
from crm_api.contact_frequency.terms import ScopeKind
from crm_api.customers.terms import Tier
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    Payload,
    RecordIdField,
    Schema,
    TextField,
    Whole,
)

NAME = Whole(r"^[a-z0-9][a-z0-9_.]{0,63}$", error="A key is 1 to 64 of a-z 0-9 _ and dots.")


def _effective_from() -> MomentField:
    said = "Never in the past. On approval, unless told."
    return MomentField(load_default=None, allow_none=True, metadata={"description": said})


def _reason() -> TextField:
    return TextField(required=True, shortest=1, longest=500)


class PolicyChangeSchema(Schema):
    """What a policy is to say next."""

    rule = fields.Nested(FrequencyRuleSchema, required=True)
    is_retired = fields.Boolean(
        load_default=False, metadata={"description": "No cap at all, other than a limit of 0."}
    )
    effective_from = _effective_from()
    reason = _reason()

    @post_load
    def make_rule(self, payload: Payload, **_: Any) -> Payload:
        """Hand on a rule; whose it is, its policy knows."""
        return {**payload, "rule": Rule(key="", **payload["rule"])}


class NewPolicyDraftSchema(Schema):
    """A policy to be laid down."""

    key = fields.String(required=True, validate=NAME)
    scope_kind = fields.Enum(ScopeKind, by_value=True, required=True)
    scope_id = RecordIdField(
        load_default=str, metadata={"description": "The tier, segment or customer; not for all."}
    )
    loosens = fields.String(load_default=None, allow_none=True, validate=NAME)
    rule = fields.Nested(FrequencyRuleSchema, required=True)
    effective_from = _effective_from()
    reason = _reason()

    @post_load
    def make_rule(self, payload: Payload, **_: Any) -> Payload:
        """Hand on a rule with its identity."""
        rule = _whole_rule(payload)
        return {**payload, "rule": rule}


def _whole_rule(payload: Payload) -> Rule:
    identity = {n: payload.pop(n) for n in ("key", "scope_kind", "scope_id", "loosens")}
    _check_scope(**identity)
    return Rule(**identity, **payload["rule"])


def _check_scope(*, scope_kind: ScopeKind, scope_id: str, **_: Any) -> None:
    if (scope_kind is ScopeKind.ORGANISATION) != (not scope_id):
        raise ValidationError("Name whom it is for, unless it is for all.", "scope_id")
    if scope_kind is ScopeKind.TIER and scope_id not in set(Tier):
        raise ValidationError("There is no such tier.", "scope_id")


class PolicyFileSchema(Schema):
    """A change to be tried out: of the policy that bears the key, or else a new one."""

    key = fields.String(required=True, validate=NAME)
    scope_kind = fields.Enum(ScopeKind, by_value=True, load_default=ScopeKind.ORGANISATION)
    scope_id = RecordIdField(load_default=str)
    loosens = fields.String(load_default=None, allow_none=True, validate=NAME)
    rule = fields.Nested(FrequencyRuleSchema, required=True)
    is_retired = fields.Boolean(load_default=False)
    effective_from = _effective_from()

    @post_load
    def make_rule(self, payload: Payload, **_: Any) -> Payload:
        """Hand on a rule with its identity."""
        rule = _whole_rule(payload)
        return {**payload, "rule": rule}


class PolicyRollbackSchema(Schema):
    """An older version whose content is to come back."""

    number = fields.Integer(required=True, validate=validate.Range(min=1, max=1_000_000))
    effective_from = _effective_from()
    reason = _reason()


class DraftReasonSchema(Schema):
    """Why a draft ends so."""

    reason = _reason()


class PolicyDraftsQuerySchema(PageQuerySchema):
    """Which drafts."""

    state = fields.Enum(DraftState, by_value=True, load_default=None)
    policy_id = RecordIdField(load_default=None)


class ChangedFieldSchema(Schema):
    """A field in which a version differs from the one before."""

    field = fields.String()
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)


def _rule() -> fields.Function:
    said = "As FrequencyRule: it may be sent back in a draft."
    return fields.Function(_written_rule, metadata={"type": "object", "description": said})


def _written_rule(version: Any) -> Any:
    return as_written(version["rule"] if isinstance(version, dict) else version.rule)


class PolicyDraftSchema(Schema):
    """A proposed change."""

    id = fields.String()
    policy_id = fields.String(allow_none=True, metadata={"description": "Null for a new policy."})
    key = fields.String()
    scope_kind = fields.Enum(ScopeKind, by_value=True)
    scope_id = fields.String()
    loosens = fields.String(allow_none=True)
    rule = _rule()
    is_retired = fields.Boolean()
    effective_from = MomentField(allow_none=True)
    reason = fields.String()
    base_number = fields.Integer(metadata={"description": "The version it was written upon."})
    restores_number = fields.Integer(allow_none=True)
    author_id = fields.String()
    state = fields.Enum(DraftState, by_value=True)
    settled_at = MomentField(allow_none=True)
    settled_by_id = fields.String(allow_none=True)
    settled_because = fields.String(allow_none=True)
    version_id = fields.String(allow_none=True)
    version = fields.Integer()
    created_at = MomentField()


class ScheduledVersionSchema(Schema):
    """A version that was approved before, for a later day."""

    number = fields.Integer()
    effective_from = MomentField()


class WholePolicyDraftSchema(PolicyDraftSchema):
    """A proposed change with what it changes."""

    content_digest = fields.String(metadata={"description": "Names what is to be approved."})
    changes = fields.List(fields.Nested(ChangedFieldSchema))
    taking_over = fields.List(
        fields.Nested(ScheduledVersionSchema),
        metadata={
            "description": "Versions approved already for a later day: from then on they hold, "
            "whatever this draft says. To keep it, draft it anew for that day."
        },
    )


class FrequencyVersionSchema(Schema):
    """What a policy says from a moment on."""

    id = fields.String()
    policy_id = fields.String()
    number = fields.Integer()
    effective_from = MomentField()
    is_retired = fields.Boolean()
    reason = fields.String()
    by_id = fields.String(allow_none=True)
    rule = _rule()
    created_at = MomentField()


class PolicyHistorySchema(FrequencyVersionSchema):
    """A version with who drafted, simulated and approved it, and what it changed.

    Without a draft, it came with the product.
    """

    draft_id = fields.String(allow_none=True)
    drafted_at = MomentField(allow_none=True)
    restores_number = fields.Integer(allow_none=True)
    simulated_by_id = fields.String(allow_none=True)
    simulated_at = MomentField(allow_none=True)
    approved_by_id = fields.String(allow_none=True)
    approved_at = MomentField(allow_none=True)
    approved_because = fields.String(allow_none=True)
    changes = fields.List(fields.Nested(ChangedFieldSchema))


class FrequencyPolicySchema(Schema):
    """A policy: what is in force, and what takes effect next."""

    id = fields.String()
    key = fields.String()
    scope_kind = fields.Enum(ScopeKind, by_value=True)
    scope_id = fields.String()
    loosens = fields.String(allow_none=True)
    newest_number = fields.Integer()
    in_force = fields.Nested(FrequencyVersionSchema, allow_none=True)
    next = fields.Nested(FrequencyVersionSchema, allow_none=True)
