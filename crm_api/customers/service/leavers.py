"""Let a member of staff go, once the portfolio is handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts import queries as staff
from crm_api.accounts import service as accounts
from crm_api.customers import queries

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.accounts.models import Staff


def deactivate_staff(staff_id: str, *, by: Actor, now: datetime) -> Staff:
    """Let somebody go who answers for no customer any more.

    Stands here because accounts, below, knows no customers. The leaver is locked before the count,
    and whoever gives them a customer holds them too, so that none slips in between.

    :raises NotFound: if there is no such member of staff
    :raises StillOwnsCustomers: if there are customers to hand over
    :raises LastAdmin: if nobody would be left to administer
    """
    leaver = staff.lock_leaver(staff_id)
    owned = queries.count_portfolio(leaver.id)
    return accounts.deactivate_staff(leaver.id, active_customers=owned, by=by, now=now)
