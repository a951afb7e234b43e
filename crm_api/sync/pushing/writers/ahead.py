"""What the records of a run need of their customers, read in two statements for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.customers import queries as customers
from crm_api.customers.provenance import service as provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.sync.pushing.values import Push, PushedRecord


def read_customers(records: Sequence[PushedRecord], push: Push) -> None:
    """Read whose these records are, and where what is known of them comes from."""
    named = {record.customer_id or record.text("customer_id") for record in records}
    customer_ids = {one for one in named if one}
    customers.read_ahead(customer_ids, visible_to=push.by)
    provenance.read_ahead(customer_ids)
