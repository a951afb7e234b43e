"""What the server knows of pushed records, each in one statement for a whole push."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from crm_api import config
from crm_api.accounts.covers import queries as covers
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.bulk import is_among
from crm_api.kit.bundles import among, as_parameter
from crm_api.kit.db import db
from crm_api.kit.straight import StraightRead, fixed
from crm_api.sync.models import Feed, FeedRow, PushReply, Receipt, SyncIssue
from crm_api.sync.pushing.values import VISITS
from crm_api.sync.tables import TABLES
from crm_api.sync.terms import Op
from crm_api.visits.models import Visit, VisitPerson

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.sync.pushing.values import PushedRecord

    Key = tuple[str, str]

_STAFF_ID = sa.bindparam("staff_id", type_=sa.Text())
_SENT = StraightRead(
    sa.select(Receipt.table_name, Receipt.record_id, Receipt.digest).where(
        Receipt.staff_id == _STAFF_ID,
        Receipt.device_id == sa.bindparam("device_id", type_=sa.Text()),
        among(Receipt.record_id, "ids"),
    )
)
_GONE = StraightRead(
    sa.select(FeedRow.table_name, FeedRow.record_id).where(
        FeedRow.subscriber_id == _STAFF_ID,
        FeedRow.op == fixed(Op.GONE, sa.inspect(FeedRow).columns.op),
        among(FeedRow.record_id, "ids"),
    )
)
LONG_AGO: Final = datetime.fromtimestamp(0, UTC)


def known_records(records: Iterable[PushedRecord]) -> dict[Key, str | None]:
    """Return which of these records are there, whosever they are, and whose customer's each is."""
    known: dict[Key, str | None] = {}
    for name, wanted in _by_table(records):
        rows = _known(name).rows(ids=as_parameter(record.id for record in wanted))
        known |= {(name, record_id): customer_id for record_id, customer_id in rows}
    return known


@cache
def _known(name: str) -> StraightRead:
    table = TABLES[name]
    customer_id: Any = sa.null() if table.customer_id is None else table.customer_id
    found: Any = sa.select(table.id, customer_id).select_from(table.source)
    return StraightRead(found.where(among(table.id, "ids")))


def _by_table(records: Iterable[PushedRecord]) -> list[tuple[str, list[PushedRecord]]]:
    tables: dict[str, list[PushedRecord]] = {}
    for record in records:
        tables.setdefault(record.table.name, []).append(record)
    return list(tables.items())


def customers_of_visits(visit_ids: Collection[str]) -> set[str]:
    """Return whose these visits are, and whom else they meet."""
    if not visit_ids:
        return set()
    whose = sa.select(Visit.customer_id).where(is_among(Visit.id, visit_ids))
    met = sa.select(VisitPerson.customer_id).where(
        is_among(VisitPerson.visit_id, visit_ids), VisitPerson.customer_id.is_not(None)
    )
    return set(db.session.scalars(whose.union(met)))


def whose_visit(visit_id: str, *, by: Actor) -> Sequence[str]:
    """Return whose a visit is, if there is one, or was one that the sender told of in vain."""
    refused = sa.select(SyncIssue.customer_id).where(
        SyncIssue.staff_id == by.id,
        SyncIssue.table_name == VISITS,
        SyncIssue.record_id == visit_id,
        SyncIssue.customer_id.is_not(None),
    )
    there = sa.select(Visit.customer_id).where(Visit.id == visit_id)
    return sorted(db.session.scalars(there.union(refused)))


def known_to(customer_ids: Collection[str], *, by: Actor) -> set[str]:
    """Return which customers the sender may see, or once had: what was told of them is theirs."""
    left = customers.left_since(customer_ids, owner_id=by.id, since=LONG_AGO)
    return {*survivors(customer_ids, visible_to=by), *left}


def forgotten(customer_ids: Collection[str]) -> set[str]:
    """Return which of these customers were erased by law."""
    erased = sa.select(Customer.id).where(Customer.erased_at.is_not(None))
    return set(db.session.scalars(erased.where(is_among(Customer.id, customer_ids))))


def survivors(customer_ids: Collection[str], *, visible_to: Actor) -> dict[str, str]:
    """Return, of these customers, those whom the actor may see, and as whom each goes on."""
    rows = _survivors(visible_to).rows(ids=as_parameter(customer_ids))
    return {customer_id: merged_into_id or customer_id for customer_id, merged_into_id in rows}


@lru_cache(maxsize=1024)
def _survivors(visible_to: Actor) -> StraightRead:
    whom: tuple[Any, ...] = (Customer.id, Customer.merged_into_id)
    statement = sa.select(*whom).where(among(Customer.id, "ids"))
    return StraightRead(customers.limit_to(statement, visible_to=visible_to))


def left_lately(customer_ids: Collection[str], *, by: Actor, now: datetime) -> dict[str, datetime]:
    """Return which customers the sender had, or stood in for, until so lately that it may be told.

    A phone may not know of it yet, and what was done before is a fact.
    """
    if not customer_ids:
        return {}
    since = now - timedelta(days=config.current().former_owner_days)
    left = customers.left_since(customer_ids, owner_id=by.id, since=since)
    return left | _covered_lately(customer_ids, by=by, since=since, now=now)


def _covered_lately(
    customer_ids: Collection[str], *, by: Actor, since: datetime, now: datetime
) -> dict[str, datetime]:
    ended = covers.ended_since(by.id, since=since, now=now)
    whose = sa.select(Customer.id, Customer.owner_id)
    theirs = is_among(Customer.id, customer_ids), is_among(Customer.owner_id, ended)
    rows = db.session.execute(whose.where(*theirs)) if ended else ()
    return {customer_id: ended[owner_id] for customer_id, owner_id in rows if owner_id}


def receipts(records: Iterable[PushedRecord], *, by: Actor, device_id: str) -> dict[Key, str]:
    """Return the digest of what this device last sent of each of these records."""
    ids = as_parameter({record.id for record in records})
    rows = _SENT.rows(staff_id=by.id, device_id=device_id, ids=ids)
    return {(table_name, record_id): digest for table_name, record_id, digest in rows}


def gone_from_feed(records: Iterable[PushedRecord], *, by: Actor) -> set[Key]:
    """Return which of these records the actor's feed says to be gone."""
    ids = {record.id for record in records}
    rows = _GONE.rows(staff_id=by.id, ids=as_parameter(ids)) if ids else ()
    return {(table_name, record_id) for table_name, record_id in rows}


def feed_seq(subscriber_id: str) -> int:
    """Return the number of a feed's last row."""
    return db.session.scalar(sa.select(Feed.seq).where(Feed.subscriber_id == subscriber_id)) or 0


def find_reply(staff_id: str, device_id: str, key: str) -> PushReply:
    """Return what was answered under a key that is known to be taken."""
    where = {"staff_id": staff_id, "device_id": device_id, "key": key}
    fresh = sa.select(PushReply).filter_by(**where).execution_options(populate_existing=True)
    return db.session.scalars(fresh).one()


def unsettled_issues(record: PushedRecord, *, by: Actor, code: str) -> Iterable[SyncIssue]:
    """Return what stands open of one's own record for the same cause, oldest first."""
    statement = sa.select(SyncIssue).where(
        SyncIssue.staff_id == by.id,
        SyncIssue.table_name == record.table.name,
        SyncIssue.record_id == record.id,
        SyncIssue.code == code,
        SyncIssue.settled_at.is_(None),
    )
    return db.session.scalars(statement.order_by(SyncIssue.created_at, SyncIssue.id))
