"""The token buckets: how many messages of each sender a gateway may take at this moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api import config
from crm_api.care.gateway.models import GatewayPace
from crm_api.care.gateway.policies import pace
from crm_api.kit.db import db
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


@dataclass(slots=True)
class Budget:
    """What is left in a gateway's buckets, one for each sender."""

    gateway_id: str
    now: float
    rate: int
    spent_until: Mapping[str, float]
    is_slowed: bool = False
    _taken: Counter[str] = field(default_factory=Counter)

    @property
    def empty_senders(self) -> list[str]:
        """The senders of which nothing may be taken now."""
        return sorted(sender for sender in self.spent_until if self._left(sender) < 1)

    def _left(self, sender: str) -> int:
        spent_until = self.spent_until.get(sender, 0.0)
        return pace.tokens_left(spent_until, now=self.now, rate=self.rate) - self._taken[sender]

    def take(self, picked: Iterable[Any]) -> list[Any]:
        """Return those of these messages, in their order, that the buckets allow."""
        allowed = []
        for row in picked:
            if self._left(row.sender) < 1:
                self.is_slowed = True
                continue
            self._taken[row.sender] += 1
            allowed.append(row)
        return allowed

    def spend(self) -> None:
        """Count what was taken. Workers in parallel may overdraw; the next look pays it."""
        if not self._taken:
            return
        floor = self.now - pace.BURST_SECONDS
        rows = [
            {
                "gateway_id": self.gateway_id,
                "sender": s,
                "spent_until": floor + taken / self.rate,
                "floor": floor,
            }
            for s, taken in sorted(self._taken.items())  # in one order, as all who wait for them
        ]
        connection = db.session.connection()
        connection.execute(_spending(connection.dialect.name), rows if rows[1:] else rows[0])


@cache
def _spending(_dialect: str) -> Any:
    """Build the statement once: it took as long as all else of a lease together."""
    floor: Any = sa.bindparam("floor", type_=sa.Double())
    known, row = GatewayPace.spent_until, insert(GatewayPace.__table__)
    return row.on_conflict_do_update(
        index_elements=[GatewayPace.gateway_id, GatewayPace.sender],
        set_={
            "spent_until": sa.case((known < floor, floor), else_=known)
            + (row.excluded.spent_until - floor)
        },
    )


_PACES = sa.select(GatewayPace.sender, GatewayPace.spent_until).where(
    GatewayPace.gateway_id == sa.bindparam("gateway")
)


def budget_of(gateway_id: str, *, now: datetime) -> Budget:
    """Return what a gateway may take: each sender's rate is its own."""
    found = db.session.connection().execute(_PACES, {"gateway": gateway_id})
    spent_until = {row.sender: row.spent_until for row in found}
    rate = config.current().gateway_messages_per_second
    budget = Budget(gateway_id, now.timestamp(), rate, spent_until)
    budget.is_slowed = bool(budget.empty_senders)
    return budget
