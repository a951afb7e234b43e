"""Forget what a customer wrote to us."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.care.gateway.models import InboundCustomer, InboundMessage
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Sequence


def forget_replies(customer_ids: Sequence[str]) -> None:
    """Take number and text out of what only these customers can have written.

    Of what came from a number that others have too, only the link to these is lost: later, with
    the links.
    """
    theirs = sa.select(InboundCustomer.inbound_id)
    of_others = theirs.where(InboundCustomer.customer_id.not_in(customer_ids))
    written = sa.update(InboundMessage.__table__).where(  # type: ignore[arg-type]
        InboundMessage.id.in_(theirs.where(InboundCustomer.customer_id.in_(customer_ids))),
        InboundMessage.id.not_in(of_others),
    )
    db.session.execute(written.values(number="", text=""))
