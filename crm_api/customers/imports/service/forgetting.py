"""Forget what a file said of a customer and nobody could take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers.imports.models import ImportChunk, ImportedCustomer
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def forget_rejects(customer_ids: Sequence[str], *, known_by: Collection[str]) -> None:
    """Take the rejected rows of these customers out of all imports.

    A row is theirs that holds an id by which a file brought them, or one of the words given, such
    as their numbers.
    """
    brought = sa.select(ImportedCustomer.external_id).where(
        ImportedCustomer.customer_id.in_(customer_ids)
    )
    theirs = {*db.session.scalars(brought), *known_by} - {""}
    if not theirs:
        return
    chunks = sa.select(ImportChunk).where(ImportChunk.rejects.is_not(None))
    for chunk in db.session.scalars(chunks.execution_options(yield_per=20)):
        kept = [row for row in chunk.rejects or () if not theirs & set(map(str, row["cells"]))]
        if len(kept) < len(chunk.rejects or ()):
            chunk.rejects = kept
