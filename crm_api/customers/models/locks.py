"""The only locks on a customer or an endpoint."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model
from crm_api.kit.succession import STAYS


class SubjectLock(Model):
    """The row to lock before anything about a customer or a phone number is decided."""

    __tablename__ = "subject_locks"

    kind: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    subject_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True, info=STAYS)
