"""What was ruled about a day, and which messages that stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm_api import config
from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Staff, Team
from crm_api.care.approval.models import DayRuling, RulingMember
from crm_api.care.approval.terms import RulingKind
from crm_api.care.models import CareMessage, CareTemplate
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.customers.segments import queries as segments
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from crm_api.accounts.actors import Actor
    from crm_api.customers.models import Segment
    from crm_api.kit.paging import PageRequest


def is_stopped() -> sa.ColumnElement[bool]:
    """Tell whether a message must not go out for now: held, or not approved where that is asked."""
    return is_stopped_where(needs_approval=config.current().care_needs_approval)


def is_stopped_where(*, needs_approval: bool) -> sa.ColumnElement[bool]:
    """Tell the same for statements that are built once for either setting."""
    if not needs_approval:
        return is_held()
    return sa.or_(is_held(), sa.not_(_is_covered(RulingKind.APPROVAL)))


def is_held() -> sa.ColumnElement[bool]:
    """Tell whether a hold in force covers a message."""
    return _is_covered(RulingKind.HOLD)


def _is_covered(kind: RulingKind) -> sa.ColumnElement[bool]:
    """Tell whether a ruling in force covers a message. Rulings are few, so they are asked first.

    A text made for two occasions is about either. A message that is named is meant wherever its
    customer belongs by now. The CASE keeps PostgreSQL from making a join of
    it, which would read the whole queue before it hands out the first message.
    """
    over = aliased(Team)
    ruling = sa.select(DayRuling.id).join(over, over.id == DayRuling.team_id)
    ruling = ruling.where(covers(over, kind)).correlate(CareMessage)
    return sa.case((ruling.exists(), 1), else_=0) == 1


def covers(over: type[Team], kind: RulingKind) -> sa.ColumnElement[bool]:
    """Tell whether a ruling, made for the team `over`, is in force and covers a message."""
    says_both = aliased(CareTemplate)
    also = (
        sa.exists()
        .where(says_both.id == CareMessage.template_id)
        .where(says_both.also_occasion == DayRuling.occasion)
        .correlate_except(says_both)
    )
    return sa.and_(
        sa.text("care_day_rulings.lifted_at IS NULL"),
        DayRuling.on_day == CareMessage.on_day,
        DayRuling.kind == kind,
        _is_or_any(DayRuling.message_id, CareMessage.id),
        _is_or_any(DayRuling.template_id, CareMessage.template_id),
        sa.or_(_is_or_any(DayRuling.occasion, CareMessage.occasion), also),
        sa.or_(DayRuling.message_id.is_not(None), _belongs_beneath(over.path)),
        sa.or_(DayRuling.segment_id.is_(None), _is_meant()),
    )


def _is_meant() -> sa.ColumnElement[bool]:
    """Tell whether a message's customer was in the segment when the ruling was made."""
    return (
        sa.exists()
        .where(RulingMember.ruling_id == DayRuling.id)
        .where(RulingMember.customer_id == CareMessage.customer_id)
        .correlate_except(RulingMember)
    )


def keep_members(ruling: DayRuling, segment: Segment, *, today: date, by: Actor) -> None:
    """Settle whom a ruling means: who of those whom its maker sees is in a segment now."""
    columns: list[Any] = [sa.literal(ruling.id), Customer.id]
    meant = sa.select(*columns).where(segments.is_in_segment(segment, today=today))
    meant = customers.limit_to(meant, visible_to=by)
    kept = sa.insert(RulingMember).from_select(["ruling_id", "customer_id"], meant)
    db.session.execute(kept)


def _is_or_any(named: sa.ColumnElement[str] | object, own: object) -> sa.ColumnElement[bool]:
    column = sa.type_coerce(named, sa.Text())
    return sa.or_(column.is_(None), column == sa.type_coerce(own, sa.Text()))


def _belongs_beneath(path: sa.ColumnElement[str] | object) -> sa.ColumnElement[bool]:
    own, whole = aliased(Team), aliased(Customer)
    return (
        sa.exists()
        .where(whole.id == CareMessage.customer_id, own.id == whole.team_id)
        .where(sa.func.substr(own.path, 1, sa.func.length(path)) == path)
        .correlate_except(own, whole)
    )


def held_among(message_ids: Collection[str]) -> set[str]:
    """Return those of these messages that must not go out for now.

    Whoever is about to begin messages asks under the lock that begins share: what commits a ruling
    takes that lock alone, so that nothing it covers passes begin afterwards.
    """
    if not message_ids:
        return set()
    among = is_among(CareMessage.id, sorted(message_ids))
    return set(db.session.scalars(sa.select(CareMessage.id).where(among, is_stopped())))


def get_ruling(ruling_id: str, *, visible_to: Actor) -> DayRuling:
    """Return a ruling.

    :raises NotFound: if there is none, or it is about nobody whom the reader sees
    """
    sought = sa.select(DayRuling).join(Team, Team.id == DayRuling.team_id)
    sought = sought.where(DayRuling.id == ruling_id, _concerns(visible_to))
    ruling = db.session.scalars(sought).one_or_none()
    if ruling is None:
        raise NotFound("ruling")
    return ruling


def list_rulings(
    on: date,
    *,
    visible_to: Actor,
    page: PageRequest,
    kind: RulingKind | None = None,
    in_force: bool | None = None,
) -> Page:
    """Return a page of what was ruled about a day, the oldest first, with who ruled it where."""
    statement = (
        sa.select(
            *sa.inspect(DayRuling).columns,
            Team.name.label("team_name"),
            Staff.name.label("by_name"),
            _is_above(visible_to).label("is_from_above"),
        )
        .join(Team, Team.id == DayRuling.team_id)
        .outerjoin(Staff, Staff.id == DayRuling.by_id)
        .where(DayRuling.on_day == on, _concerns(visible_to))
    )
    if kind is not None:
        statement = statement.where(DayRuling.kind == kind)
    if in_force is not None:
        statement = statement.where(DayRuling.lifted_at.is_(None) == in_force)
    return fetch_page(statement, by=[DayRuling.id], page=page)


def is_from_above(ruling: DayRuling, *, reader: Actor) -> bool:
    """Tell whether a ruling was made for a team above the reader's."""
    sought = sa.select(Team.id).where(Team.id == ruling.team_id, _is_above(reader))
    return db.session.scalar(sought) is not None


def _is_above(reader: Actor) -> sa.ColumnElement[bool]:
    shares, sees = accounts.sharing_teams(reader), accounts.visible_teams(reader)
    return sa.and_(shares, sa.not_(sees))


def _concerns(reader: Actor) -> sa.ColumnElement[bool]:
    """Tell whether a ruling is about somebody's own: made there, or above for all beneath.

    Of a ruling on one message, only those learn who see its customer, and those in whose team it
    was made: they lift it wherever the customer belongs by now.
    """
    theirs = sa.select(CareMessage.id).join(Customer, Customer.id == CareMessage.customer_id)
    theirs = customers.limit_to(theirs, visible_to=reader)
    is_named = theirs.where(CareMessage.id == DayRuling.message_id).exists()
    is_for_all = sa.and_(DayRuling.message_id.is_(None), accounts.sharing_teams(reader))
    return sa.or_(is_for_all, accounts.visible_teams(reader), is_named)
