"""What one records, before it is part of the history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.contact_history.terms import Direction, Outcome, Purpose
    from crm_api.customers.terms import Category, Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    """One contact as somebody tells it.

    `source` names the record that it came from (`visit:<id>`, `care_message:<id>`, …); the same
    source is recorded once for a customer. `endpoint` is the number or address that was used,
    where one was.
    """

    customer_id: str
    occurred_at: datetime
    channel: Channel
    direction: Direction
    category: Category
    purpose: Purpose
    outcome: Outcome
    summary: str = ""
    with_whom: str = ""
    source: str | None = None
    visit_id: str | None = None
    endpoint: str | None = None
    id: str | None = None
    begun_by_customer: bool = False
