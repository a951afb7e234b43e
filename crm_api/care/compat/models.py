"""The phones that send for us."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api import config
from crm_api.kit.crypto import EncryptedText
from crm_api.kit.db import Model, Record
from crm_api.kit.types import RecordId


class SmsGateDevice(Record, Model):
    """A phone with the SMSGate app: a machine client, known by the same id.

    Its secret registers one phone, once; what the phone gets for it is a key of the client's own.
    The signing key is given to the phone, which proves with it what customers wrote.
    """

    __tablename__ = "smsgate_devices"

    id: Mapped[RecordId] = mapped_column(sa.ForeignKey("machine_clients.id"), primary_key=True)
    model: Mapped[str] = mapped_column(sa.String(128), default="")
    signing_key: Mapped[str] = mapped_column(
        EncryptedText(lambda: config.current().data_keys, purpose="smsgate_devices.signing_key")
    )
    secret_digest: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    secret_expires_at: Mapped[datetime | None]
    registered_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
