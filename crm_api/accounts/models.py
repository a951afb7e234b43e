"""Teams, staff, their sessions, and the machines that may call."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.accounts.covers.models import Cover
from crm_api.kit.db import Model, Record, Versioned
from crm_api.kit.succession import STAYS
from crm_api.kit.types import RecordId, enum_column

__all__ = [
    "ClientKey",
    "Cover",
    "Credentials",
    "DeviceSession",
    "MachineClient",
    "RefreshToken",
    "Role",
    "Scope",
    "SignInFailures",
    "Staff",
    "Standing",
    "Team",
]

# Compared byte by byte, so that a subtree is a range of the index whatever the server's language.
PathText = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Digest = sa.String(64)


class Role(StrEnum):
    """What a member of staff may do."""

    ACCOUNT_MANAGER = "account_manager"
    MANAGER = "manager"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Standing(StrEnum):
    """Whether a member of staff, or a machine client, may still come in."""

    ACTIVE = "active"
    DEACTIVATED = "deactivated"


class Scope(StrEnum):
    """The surface that a machine client may call."""

    GATEWAY = "gateway"
    BILLING_FEED = "billing_feed"


class Team(Versioned, Model):
    """An organisational unit (班组): customers and staff belong to one."""

    __tablename__ = "teams"

    name: Mapped[str] = mapped_column(sa.String(100))
    parent_id: Mapped[RecordId | None] = mapped_column(ForeignKey("teams.id"), index=True)
    # "/<id of the root>/…/<own id>/": whatever starts with it lies in the subtree.
    path: Mapped[str] = mapped_column(PathText, unique=True)


class Staff(Versioned, Model):
    """A person who signs in."""

    __tablename__ = "staff"
    __table_args__ = (sa.Index(None, "team_id", "name", "id"), sa.Index(None, "name", "id"))

    login: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    role: Mapped[Role] = mapped_column(enum_column(Role))
    team_id: Mapped[RecordId] = mapped_column(ForeignKey("teams.id"))
    status: Mapped[Standing] = mapped_column(enum_column(Standing), default=Standing.ACTIVE)


class Credentials(Model):
    """How a member of staff proves who they are. Apart from `staff`, so that no list loads it."""

    __tablename__ = "credentials"

    staff_id: Mapped[RecordId] = mapped_column(ForeignKey("staff.id"), primary_key=True, info=STAYS)
    password_hash: Mapped[str | None]
    changed_at: Mapped[datetime | None]
    reset_digest: Mapped[str | None] = mapped_column(Digest)
    reset_expires_at: Mapped[datetime | None]


class DeviceSession(Record, Model):
    """One sign-in on one device; the family of all refresh tokens that follow from it."""

    __tablename__ = "device_sessions"
    __table_args__ = (sa.Index(None, "staff_id", "device_id"), sa.Index(None, "expires_at"))

    staff_id: Mapped[RecordId] = mapped_column(ForeignKey("staff.id"), info=STAYS)
    device_id: Mapped[RecordId]
    device_name: Mapped[str] = mapped_column(sa.String(100), default="")
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None] = mapped_column(sa.String(32))


class RefreshToken(Model):
    """One rotating token, good for one use; only its digest is kept."""

    __tablename__ = "refresh_tokens"

    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    session_id: Mapped[RecordId] = mapped_column(
        ForeignKey("device_sessions.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInFailures(Model):
    """Failed sign-ins in a row for one login, known or not; the login itself is not kept."""

    __tablename__ = "sign_in_failures"

    login_digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    count: Mapped[int]
    last_failed_at: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]


class MachineClient(Versioned, Model):
    """A system that calls us: an SMS gateway, the billing feed."""

    __tablename__ = "machine_clients"

    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    scopes: Mapped[list[str]]
    status: Mapped[Standing] = mapped_column(enum_column(Standing), default=Standing.ACTIVE)


class ClientKey(Record, Model):
    """A machine client's key; only its digest is kept. Two overlap while one replaces the other."""

    __tablename__ = "client_keys"

    client_id: Mapped[RecordId] = mapped_column(ForeignKey("machine_clients.id"), index=True)
    digest: Mapped[str] = mapped_column(Digest, unique=True)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
