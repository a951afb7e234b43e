"""What becomes of pairs that look alike where one of the two is merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from crm_api.customers.duplicates.models import Duplicate
from crm_api.customers.duplicates.terms import DuplicateState
from crm_api.customers.merging.service.journal import rows_of

if TYPE_CHECKING:
    from crm_api.customers.merging.values import Merging

PAIRS = cast("sa.Table", Duplicate.__table__)


def settle_pairs(merging: Merging) -> None:
    """Settle the pair that is merged; whom the merged was found to differ from, differs still.

    Others are found anew, by what the survivor has now.
    """
    survivor_id, merged_id = merging.survivor.id, merging.merged.id
    for row in rows_of(PAIRS, _touches(merged_id)):
        [other] = {row["first_id"], row["second_id"]} - {merged_id}
        if other == survivor_id:
            merging.journal.change(PAIRS, row, {"state": DuplicateState.MERGED})
            continue
        first, second = sorted((survivor_id, other))
        is_known = rows_of(PAIRS, (PAIRS.c.first_id == first) & (PAIRS.c.second_id == second))
        if row["state"] is DuplicateState.DISMISSED and not is_known:
            merging.journal.change(PAIRS, row, {"first_id": first, "second_id": second})
        else:
            merging.journal.take_away(PAIRS, [row])


def _touches(customer_id: str) -> sa.ColumnElement[bool]:
    return sa.or_(PAIRS.c.first_id == customer_id, PAIRS.c.second_id == customer_id)
