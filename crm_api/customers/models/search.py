"""What a customer is found by."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.customers.models.core import BYTEWISE
from crm_api.kit.db import Model
from crm_api.kit.succession import BY_RULE
from crm_api.kit.types import RecordId


class SearchTerm(Model):
    """How some part of a customer's name, pinyin, initials or account number begins.

    A part of a name is the beginning of one of its endings, so a range of this index finds it on
    either engine, be it a single character.
    """

    __tablename__ = "customer_search_terms"
    # The key serves a search among all, this index one within a portfolio.
    __table_args__ = (sa.Index("ix_customer_search_terms_customer_id_term", "customer_id", "term"),)

    term: Mapped[str] = mapped_column(BYTEWISE, primary_key=True)
    customer_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), primary_key=True, info=BY_RULE
    )
