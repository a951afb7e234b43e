"""Which messages are meant: the one answer for lists, for numbers, and for what they add up to."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.calendars import service as calendars
from crm_api.care.approval.queries import is_stopped
from crm_api.care.models import CareMessage, InboundMessage
from crm_api.contact_frequency.models import Slot
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.moments import days_before

if TYPE_CHECKING:
    from collections.abc import Collection

    from crm_api.accounts.actors import Actor
    from crm_api.care.terms import MessageState

S = TypeVar("S", bound=sa.Select[Any])
# A refusal is put down to what the number was sent last, unless that was longer ago than this.
OPT_OUT_DAYS = 7
WAS_SENT = sa.text("care_messages.submitted_at IS NOT NULL")
IS_REFUSAL = sa.text("(care_inbound.action = 'opt_out' OR care_inbound.is_refusal)")


def conditions(
    *,
    states: Collection[MessageState] | None = None,
    first: date | None = None,
    last: date | None = None,
    is_sent: bool | None = None,
    has_opted_out: bool | None = None,
    is_held: bool | None = None,
    tier: str | None = None,
    **equal: Any,
) -> list[sa.ColumnElement[bool] | sa.TextClause]:
    """Return what filters ask for; `equal` are columns and the value each must have.

    The days are both included.
    """
    is_equal = [getattr(CareMessage, n) == value for n, value in equal.items() if value is not None]
    wanted: list[Any] = [*is_equal, *_between(CareMessage.on_day, first, last)]
    if states:
        wanted.append(CareMessage.state.in_(states))
    if is_sent is not None:
        wanted.append(WAS_SENT if is_sent else CareMessage.submitted_at.is_(None))
    if has_opted_out is not None:
        lost = CareMessage.id.in_(opted_out_after(first=first, last=last))
        wanted.append(lost if has_opted_out else sa.not_(lost))
    wanted += _held(is_held)
    if tier is not None:
        slot = sa.select(Slot.id).where(Slot.id == CareMessage.slot_id, Slot.tier == tier)
        wanted.append(slot.exists())
    return wanted


def limit_to_customers(statement: S, *, visible_to: Actor, team_id: str | None) -> S:
    """Limit a select over customers to whom the actor may see, and to a team's subtree."""
    # Who was erased goes on counting: of the message, nothing but its fate is left.
    seen = customers.limit_to(statement, visible_to=visible_to, even_erased=True)
    if team_id is None:
        return seen
    return seen.where(Customer.team_id.in_(accounts.team_ids_from(team_id)))


def _held(is_held: bool | None) -> list[sa.ColumnElement[bool]]:  # noqa: FBT001 - it is the filter
    if is_held is None:
        return []
    return [is_stopped() if is_held else sa.not_(is_stopped())]


def _between(column: Any, first: Any, last: Any) -> list[sa.ColumnElement[bool]]:
    since = [] if first is None else [column >= first]
    return since if last is None else [*since, column <= last]


def opted_out_after(*, first: date | None, last: date | None) -> sa.Select[str]:
    """Return the messages of some days that were the last thing a number got before it opted out.

    Only an inbound word counts, or one that a person read as a refusal. Whatever the number wrote
    and however often, a message is named once.
    """
    sent = (
        sa.select(CareMessage.id)
        .where(
            WAS_SENT,
            CareMessage.number == InboundMessage.number,
            CareMessage.begun_at <= InboundMessage.received_at,
            CareMessage.begun_at > days_before(InboundMessage.received_at, OPT_OUT_DAYS),
        )
        .order_by(CareMessage.begun_at.desc(), CareMessage.id.desc())
        .limit(1)
        .correlate(InboundMessage)
        .scalar_subquery()
    )
    heard = sa.select(sent.label("message_id")).where(IS_REFUSAL, *_heard_between(first, last))
    found = heard.subquery()
    return sa.select(found.c.message_id).where(found.c.message_id.is_not(None)).distinct()


def _heard_between(first: date | None, last: date | None) -> list[sa.ColumnElement[bool]]:
    """Return when the refusals may have come; a day more on either side costs little."""
    spare = timedelta(days=1)
    since = first and calendars.day_bounds(first)[0] - spare
    until = last and calendars.day_bounds(last)[1] + timedelta(days=OPT_OUT_DAYS) + spare
    return _between(InboundMessage.received_at, since, until)
