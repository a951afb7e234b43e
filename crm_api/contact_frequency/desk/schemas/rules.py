"""What a version of a policy says."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from crm_api.accounts.models import Role
from crm_api.contact_frequency.policies.rules import ALL_CATEGORIES, EVERY_DAY
from crm_api.contact_frequency.schemas.clocks import ClockField
from crm_api.contact_frequency.terms import (
    ALL_CHANNELS,
    CHANNEL_GROUPS,
    Period,
    RuleKind,
    ScopeKind,
    Strength,
    SubjectKind,
    Waiver,
)
from crm_api.customers.terms import Category, Channel
from crm_api.kit.schemas import Payload, Schema

MOST_CONTACTS = 1000
LONGEST_DAYS = 366
MAY_OVERRIDE = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
AMOUNTS = {
    RuleKind.ROLLING: ("limit", "seconds"),
    RuleKind.ROLLING_DAYS: ("limit", "days"),
    RuleKind.CALENDAR: ("limit", "period"),
    RuleKind.MIN_GAP: ("seconds",),
    RuleKind.WINDOW: (),
}


class SetField(fields.List[Any]):
    """A set of words, shown sorted."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return frozenset(super()._deserialize(value, *args, **kwargs))


class ChannelsField(fields.Field[frozenset[Channel]]):
    """Channels, or the groups voice, text, remote, any."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> frozenset[Channel]:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise ValidationError("Give a list of channels or channel groups.")
        known = {**CHANNEL_GROUPS, **{c.value: frozenset({c}) for c in Channel}}
        if unknown := sorted(set(value) - known.keys()):
            raise ValidationError(f"Unknown channel: {', '.join(unknown)}.")
        return frozenset(channel for name in value for channel in known[name])


def _channels(**kwargs: Any) -> ChannelsField:
    shown = {"type": "array", "items": {"type": "string"}, "example": ["any"]}
    return ChannelsField(metadata=shown, **kwargs)


def _set_of(enum: Any, **kwargs: Any) -> SetField:
    return SetField(fields.Enum(enum, by_value=True), **kwargs)


def _amount(most: int, **about: Any) -> fields.Integer:
    return fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=0, max=most),
        metadata=about,
    )


class FrequencyRuleSchema(Schema):
    """What a version of a policy says."""

    kind = fields.Enum(RuleKind, by_value=True, required=True)
    strength = fields.Enum(Strength, by_value=True, required=True)
    subjects = _set_of(SubjectKind, load_default=lambda: frozenset(SubjectKind))
    channels = _channels(load_default=lambda: ALL_CHANNELS)
    categories = _set_of(Category, required=True)
    counted_channels = _channels(load_default=lambda: ALL_CHANNELS)
    counted_categories = _set_of(Category, load_default=lambda: ALL_CATEGORIES)
    limit = _amount(MOST_CONTACTS, description="0 allows none; a policy that is retired, any.")
    seconds = _amount(LONGEST_DAYS * 86_400)
    days = _amount(LONGEST_DAYS)
    period = fields.Enum(Period, by_value=True, load_default=None, allow_none=True)
    loosened_by = _set_of(ScopeKind, load_default=frozenset)
    ceiling = _amount(LONGEST_DAYS * 86_400)
    overridable_by = fields.List(
        fields.Enum(Role, by_value=True, validate=validate.OneOf(MAY_OVERRIDE)), load_default=list
    )
    opens = ClockField(load_default=0, metadata={"type": "string", "example": "08:00"})
    closes = ClockField(load_default=1440, metadata={"type": "string", "example": "21:00"})
    weekdays = SetField(
        fields.Integer(validate=validate.Range(min=1, max=7)), load_default=lambda: EVERY_DAY
    )
    workdays_only = fields.Boolean(load_default=False)
    closed_on_solemn_days = fields.Boolean(load_default=False)
    greetings_only = fields.Boolean(load_default=False)
    waived_by = fields.Enum(Waiver, by_value=True, load_default=None, allow_none=True)

    @post_load
    def check_shape(self, payload: Payload, **_: Any) -> Payload:
        """Refuse a rule that could not be judged by."""
        for name in AMOUNTS[payload["kind"]]:
            if payload[name] is None or (name != "limit" and not payload[name]):
                raise ValidationError(f"A {payload['kind']} rule needs it.", name)
        if payload["opens"] >= payload["closes"]:
            raise ValidationError("It must close after it opens.", "closes")
        if payload["strength"] is Strength.LEGAL and payload["overridable_by"]:
            raise ValidationError("A legal policy is never overridden.", "overridable_by")
        payload["overridable_by"] = tuple(role.value for role in payload["overridable_by"])
        return payload
