"""Words that nobody writes."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, Record
from crm_api.kit.types import RecordId


class ForbiddenWord(Record, Model):
    """What no template may say. `folded` is what is compared: one way of writing for many."""

    __tablename__ = "forbidden_words"

    word: Mapped[str] = mapped_column(sa.String(40))
    folded: Mapped[str] = mapped_column(unique=True)
    reason: Mapped[str]
    added_by_id: Mapped[RecordId]
