"""Freeze briefs: on demand, and ahead of time for whoever will be offline by then."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import sqlalchemy as sa

from crm_api.customers.locks import lock_subjects
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.touches import touch, touching
from crm_api.kit.upserts import insert
from crm_api.preparation.briefs import queries
from crm_api.preparation.briefs.models import Brief, last_said
from crm_api.preparation.briefs.policies import comparing, naming
from crm_api.preparation.briefs.service.composing import compose

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from crm_api.visits.models import Visit

CHUNK = 20


class Prepared(NamedTuple):
    """A brief that was composed for whoever will make the visit."""

    visit_id: str
    starts_at: datetime
    customer_id: str
    owner_id: str
    content: dict[str, Any]
    digest: str


def composed(visit: Visit, *, now: datetime) -> tuple[dict[str, Any], str]:
    """Return the brief of a visit as it is now, with its digest."""
    # As JSON and back, so that a frozen brief and a fresh one compare alike.
    content: dict[str, Any] = orjson.loads(
        orjson.dumps(compose(visit, now=now), option=orjson.OPT_UTC_Z)
    )
    lasting = {name: part for name, part in content.items() if name not in comparing.PASSING}
    text = orjson.dumps(lasting, option=orjson.OPT_SORT_KEYS)
    return content, hashlib.sha256(text).hexdigest()


def freeze(
    visit_id: str, content: dict[str, Any], *, digest: str, by_id: str, now: datetime
) -> bool:
    """Keep a brief, and tell whether it was not kept already.

    Whoever else reads the same meanwhile keeps it as well: one of them does.
    """
    kept = insert(Brief).values(
        id=new_id(),
        visit_id=visit_id,
        digest=digest,
        by_id=by_id,
        content=content,
        created_at=now,
    )
    kept = kept.on_conflict_do_nothing(index_elements=["visit_id", "digest"])
    is_new = db.session.scalar(touching(kept.returning(Brief.id))) is not None
    # Phones have the newest alone: those before it are touched as well.
    if is_new or _say_again(visit_id, digest=digest, now=now):
        touch(Brief.__tablename__, queries.brief_ids(visit_id))
    return is_new


def _say_again(visit_id: str, *, digest: str, now: datetime) -> bool:
    """Let a brief that was kept before be the newest, if it was not, or was withdrawn."""
    briefs: Any = Brief.__table__
    newer = briefs.alias("newer")
    is_old = sa.exists().where(
        newer.c.visit_id == visit_id, last_said(newer) > last_said(briefs), newer.c.digest != digest
    )
    is_out = sa.or_(briefs.c.withdrawn_at.is_not(None), is_old)
    its = (briefs.c.visit_id == visit_id, briefs.c.digest == digest, is_out)
    change = sa.update(briefs).where(*its).values(again_at=now, withdrawn_at=None)
    change = change.returning(briefs.c.id)
    return db.session.scalar(touching(change)) is not None


def withdraw(brief_ids: Collection[str], *, now: datetime) -> None:
    """Take briefs from the phones that have them; whoever composes the next one gives it to them.

    Safe beside whoever withdraws the same at once, which composing anew is not: neither would see
    the other's, and each would name whom the other took out.
    """
    briefs: Any = Brief.__table__
    its = sa.select(briefs.c.id).where(is_among(briefs.c.id, brief_ids)).order_by(briefs.c.id)
    ids = db.session.scalars(its.with_for_update(key_share=True)).all()
    change = sa.update(briefs).where(is_among(briefs.c.id, ids)).values(withdrawn_at=now)
    db.session.execute(touching(change, ids))


def compose_next(
    after: Prepared | None, *, now: datetime, until: datetime, lost_theirs: bool = False
) -> list[Prepared]:
    """Compose the briefs of some of the visits that are planned until then, the nearest first.

    Of all, or of those alone whose brief was withdrawn.
    """
    place = (after.starts_at, after.visit_id) if after else (now, "")
    coming = queries.coming_visits(place, until=until, limit=CHUNK, lost_theirs=lost_theirs)
    return [
        Prepared(v.id, v.starts_at, v.customer_id, v.owner_id, *composed(v, now=now))
        for v in coming
    ]


def keep_prepared(prepared: Sequence[Prepared], *, now: datetime) -> int:
    """Keep these briefs; return how many say something new.

    Not of who was forgotten, merged or handed over since: what was composed is not for the new
    owner, and for nobody where the law had it taken out. Nor where one is named who has left.
    """
    told_of = {one.customer_id for one in prepared}
    told_of |= {named for one in prepared for named in naming.key_persons_in(one.content)}
    lock_subjects(customer_ids=told_of)
    whose = queries.whose_visits([one.visit_id for one in prepared])
    portfolios = queries.portfolios_of(told_of)
    return sum(
        freeze(one.visit_id, one.content, digest=one.digest, by_id=one.owner_id, now=now)
        for one in prepared
        if whose.get(one.visit_id) == (one.customer_id, one.owner_id)
        and naming.are_of_one_portfolio(
            {one.customer_id, *naming.key_persons_in(one.content)}, portfolios=portfolios
        )
    )
