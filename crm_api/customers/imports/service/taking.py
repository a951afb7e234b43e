"""Turn the rows of a chunk into customers: judge all, then write what may be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from crm_api.customers.errors import AccountNumberTaken
from crm_api.customers.imports import queries
from crm_api.customers.imports.service import judging, writing
from crm_api.customers.imports.values import Tally
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.customers.imports.policies.rows import RowFacts
    from crm_api.customers.imports.values import Order

CONFLICT = "the row contradicts what somebody else stored at the same time"


def take_rows(rows: Sequence[RowFacts], *, order: Order, now: datetime) -> Tally:
    """Create and update customers by these rows; say of the others why not."""
    remembered = queries.find_remembered(order.mapping.source, {row.key for row in rows})
    owners = judging.judge_owners(rows, order=order)
    judging.judge_repeats(rows, remembered=remembered, import_id=order.import_id)
    known = judging.judge_known(rows, remembered=remembered, order=order)
    if order.mapping.has_fictional_mobiles:
        judging.judge_fictional_mobiles(rows, known=known)
    good = [row for row in rows if not row.reasons]
    new = [row for row in good if row.key not in known]
    old = [row for row in good if row.key in known]
    # What was edited here since stays: a row that says nothing new takes nothing back.
    unread = [row for row in old if not judging.is_remembered(row, remembered)]
    changed = [row for row in unread if writing.differences(known[row.key], row)]
    if not order.is_dry_run:
        writing.create_customers(new, owners=owners, order=order, now=now)
        writing.update_customers(changed, known=known, order=order, now=now)
        writing.remember([*new, *unread], known=known, remembered=remembered, order=order)
    return Tally(
        created=len(new),
        updated=len(changed),
        unchanged=len(old) - len(changed),
        rejects=[row.reject for row in rows if row.reasons],
    )


def take_rows_one_by_one(rows: Sequence[RowFacts], *, order: Order, now: datetime) -> Tally:
    """Take each row in a savepoint of its own, so that one may fail alone."""
    total = Tally()
    for row in rows:
        try:
            with db.session.begin_nested():
                tally = take_rows([row], order=order, now=now)
        except (IntegrityError, StaleDataError, AccountNumberTaken):
            row.reasons.append(CONFLICT)
            tally = Tally(rejects=[row.reject])
        total.created += tally.created
        total.updated += tally.updated
        total.unchanged += tally.unchanged
        total.rejects += tally.rejects
    return total
