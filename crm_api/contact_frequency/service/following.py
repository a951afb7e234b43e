"""What changes of a customer mean for what is planned: told by `kit.following`, as `app` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts.models import Team
from crm_api.contact_frequency.models import CustomerToRecheck, Hold, PolicySegment
from crm_api.contact_frequency.service import addressing, replanning
from crm_api.customers.models import (
    Anniversary,
    Customer,
    CustomerTag,
    DoNotDisturbWish,
    Relation,
)
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from crm_api.kit.following import Changed, Watched

WATCHED: Watched = {
    Customer: ("tier", "status", "birth_on", "has_guardian_consent", "team_id", "phone"),
    DoNotDisturbWish: (),
    Relation: (),
}
# What criteria of segments ask about, besides what is watched for everybody's sake.
MEMBERS_WATCHED: Watched = {
    Customer: (
        *("kind", "gender", "owner_id", "joined_on", "contract_end_on"),
        *("plan_name", "plan_monthly_fen"),
    ),
    CustomerTag: (),
    Anniversary: (),
}
TEAMS_WATCHED: Watched = {Team: ("parent_id",)}
MOST_AT_ONCE = 20


def follow_customers(changes: Sequence[Changed]) -> None:
    """Let plans follow their customers to new numbers, and look again at what is illegal now.

    In the transaction of the change, whose locks hold these customers' plans still. Where very
    many change at once, such as by an import, the sweep looks instead.
    """
    former: dict[str, str | None] = {}
    for change in changes:
        if "phone" in change.before:
            former.setdefault(change.record.id, change.before["phone"])
    numbers = addressing.lock_numbers(former)
    now = clock.after_lock(db.session())
    touched_numbers = addressing.follow_numbers(former, to=numbers, now=now)
    _look_again(changes, numbers=touched_numbers, now=now)


def follow_members(changes: Sequence[Changed]) -> None:
    """Look again at plans with customers who may have come into a segment, or left one."""
    names_any = sa.select(PolicySegment.policy_id).limit(1)
    if db.session.scalar(names_any) is not None:
        _look_again(changes, now=clock.after_lock(db.session()))


def _look_again(
    changes: Sequence[Changed], *, numbers: Collection[str] = (), now: datetime
) -> None:
    """Look at what is planned with whoever changed, and on numbers that plans came to or left."""
    touched = sorted(set(_touched(changes)))
    if len(touched) > MOST_AT_ONCE:
        beside = addressing.planned_on(numbers, now=now)
        look_later(sorted({*touched, *beside}), now=now)
    else:
        replanning.recheck_customers(touched, numbers=numbers, now=now)


def _touched(changes: Iterable[Changed]) -> Iterator[str]:
    for change in changes:
        record = change.record
        if isinstance(record, Customer):
            yield record.id
        elif isinstance(record, Relation):
            yield from (record.customer_id, record.other_id)
        else:
            yield record.customer_id


def look_later(customer_ids: Sequence[str], *, now: datetime) -> None:
    """Leave it to the sweep to look at what is planned with these customers."""
    rows = [{"customer_id": customer_id, "noted_at": now} for customer_id in customer_ids]
    statement = insert(CustomerToRecheck.__table__).on_conflict_do_nothing()
    db.session.execute(statement, rows)


def follow_teams(changes: Sequence[Changed]) -> None:
    """Let what silences a region go where its team was moved, with all beneath it."""
    for change in changes:
        team = change.record
        its_place = f"/{team.id}/"
        statement = sa.select(Hold).where(Hold.team_path.contains(its_place, autoescape=True))
        for hold in db.session.scalars(statement.order_by(Hold.id)):
            _above, _place, beneath = str(hold.team_path).partition(its_place)
            hold.team_path = f"{team.path}{beneath}"
