"""Where the fields of a profile came from."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model
from crm_api.kit.succession import BY_RULE
from crm_api.kit.types import RecordId


class ProfileSources(Model):
    """Of each field of a profile, where what stands there came from. Has the customer's own id.

    One row a customer, because an import tells a dozen fields of each of a hundred thousand. It
    says nothing of values: those stand in the profile, and nowhere twice.
    """

    __tablename__ = "profile_sources"

    id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), primary_key=True, info=BY_RULE
    )
    fields: Mapped[dict[str, Any]]
