"""Signing in, going on, and out; passwords and one-time codes."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.accounts.models import Role
from crm_api.accounts.policies import LONGEST_PASSWORD, SHORTEST_PASSWORD
from crm_api.kit.schemas import MomentField, RecordIdField, Schema, TextField, page_schema


def _login() -> TextField:
    return TextField(
        required=True,
        shortest=1,
        longest=64,
        metadata={"description": "Case does not matter.", "example": "li.wei"},
    )


def _password(shortest: int = 1, **metadata: str) -> fields.String:
    # Taken to the letter: a password may begin or end with a space.
    return fields.String(
        required=True,
        validate=validate.Length(min=shortest, max=LONGEST_PASSWORD),
        metadata={"format": "password", **metadata},
    )


def _new_password() -> fields.String:
    return _password(description=f"{SHORTEST_PASSWORD} characters or more, not the login.")


class SignInSchema(Schema):
    """Who signs in, and on which device."""

    login = _login()
    password = _password()
    device_id = RecordIdField(
        required=True,
        metadata={"description": "Made once by the device and kept.", "example": "phone-7f3a"},
    )
    device_name = TextField(
        load_default="",
        longest=100,
        metadata={"description": "To tell sessions apart.", "example": "Li Wei's phone"},
    )


class RefreshSchema(Schema):
    """A refresh token, to be exchanged for the next one."""

    refresh_token = fields.String(
        required=True,
        validate=validate.Length(min=1, max=200),
        metadata={"description": "Good once, on the device that it was given to."},
    )
    device_id = RecordIdField(required=True)
    attempt = RecordIdField(
        load_default=None,
        metadata={
            "description": "A random word, kept before sending. Where the answer is lost, repeat "
            "the call with the same word within two minutes."
        },
    )


class SignedInSchema(Schema):
    """The tokens of a session, shown once."""

    access_token = fields.String(required=True)
    token_type = fields.String(required=True, metadata={"example": "Bearer"})
    expires_in = fields.Integer(
        required=True, metadata={"description": "Seconds until the access token expires."}
    )
    refresh_token = fields.String(required=True)
    refresh_expires_at = MomentField(required=True)
    session_id = RecordIdField(required=True)
    staff_id = RecordIdField(required=True)


class MeSchema(Schema):
    """Who is asking."""

    id = RecordIdField(required=True)
    name = fields.String(required=True)
    role = fields.Enum(Role, by_value=True, required=True)
    team_id = RecordIdField(required=True)
    session_id = RecordIdField(required=True)
    covers = fields.List(
        RecordIdField(),
        required=True,
        metadata={"description": "Absent colleagues whose customers are yours to serve now."},
    )


class SessionSchema(Schema):
    """A device that is signed in."""

    id = RecordIdField(required=True)
    device_id = RecordIdField(required=True)
    device_name = fields.String(required=True)
    created_at = MomentField(required=True)
    last_used_at = MomentField(required=True, metadata={"description": "The last refresh."})
    expires_at = MomentField(required=True)
    is_current = fields.Boolean(required=True, metadata={"description": "The one that asks."})


SessionPageSchema = page_schema(SessionSchema)


class PasswordChangeSchema(Schema):
    """A new password, vouched for by the current one."""

    current_password = _password()
    new_password = _new_password()


class ResetCodeSchema(Schema):
    """A one-time code, shown once: hand it to the person it is for."""

    code = fields.String(required=True, metadata={"example": "K7QF-2MWA-9XTH-PC4E"})
    expires_at = MomentField(required=True)


class RedemptionSchema(Schema):
    """A new password, vouched for by a one-time code."""

    login = _login()
    code = TextField(required=True, shortest=1, longest=40)
    new_password = _new_password()
