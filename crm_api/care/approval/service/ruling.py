"""Hold messages of a day, or let them go; each word of it leaves a trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts import queries as accounts
from crm_api.audit import service as audit
from crm_api.calendars import service as calendars
from crm_api.care import queries as care
from crm_api.care.approval import queries
from crm_api.care.approval.errors import DayIsOver, RulingFromAbove
from crm_api.care.approval.models import DayRuling
from crm_api.care.approval.terms import RulingKind
from crm_api.care.errors import MessageMovedOn
from crm_api.care.models import LOST
from crm_api.care.terms import MessageState
from crm_api.care.wording import queries as wording
from crm_api.contact_frequency import service as contact_frequency
from crm_api.customers.segments import queries as segments
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor
    from crm_api.care.models import CareMessage
    from crm_api.care.terms import Occasion


MAY_STILL_GO = LOST | {MessageState.QUEUED, MessageState.LEASED}


def rule(
    on: date,
    kind: RulingKind,
    *,
    team_id: str | None = None,
    occasion: Occasion | None = None,
    template_id: str | None = None,
    message_id: str | None = None,
    segment_id: str | None = None,
    reason: str,
    by: Actor,
    now: datetime,
) -> DayRuling:
    """Hold one message of a day, some, or all in a team and beneath it; or let them go.

    Once this commits, nothing that it holds passes begin. Messages planned later for the day are
    covered as well, and all of it ends with the day. Of a segment, those are meant who are in it
    now.

    :raises DayIsOver: if the day has passed
    :raises MessageMovedOn: if the message named has begun or ended
    :raises NotFound: if the team, message, template or segment is none, or none of the actor's
    """
    _require_ahead(on, now=now)
    team = accounts.get_team(team_id or by.team_id, visible_to=by)
    if template_id is not None:
        wording.get_template(template_id)
    contact_frequency.stop_begins()
    if message_id is not None:
        _require_waiting(care.get_message(message_id, visible_to=by), on=on, kind=kind)
    named = {"template_id": template_id, "message_id": message_id, "segment_id": segment_id}
    ruling = DayRuling(
        id=new_id(),
        created_at=now,
        kind=kind,
        on_day=on,
        team_id=team.id,
        occasion=occasion,
        **named,
        reason=reason,
        by_id=by.id,
    )
    db.session.add(ruling)
    _keep_members(ruling, by=by, now=now)
    audit.record(f"care_day.{kind}", **_about(ruling, by=by, now=now))
    return ruling


def _keep_members(ruling: DayRuling, *, by: Actor, now: datetime) -> None:
    if ruling.segment_id is None:
        return
    segment = segments.get_segment(ruling.segment_id, visible_to=by)
    db.session.flush()
    queries.keep_members(ruling, segment, today=calendars.local_day(now), by=by)


def lift_ruling(ruling_id: str, *, reason: str, by: Actor, now: datetime) -> DayRuling:
    """Release what is held, or take leave back, while the day lasts.

    A ruling on one message is lifted where it was made, and where its customer belongs by now.

    :raises DayIsOver: if the day has passed
    :raises RulingLifted: if it was lifted before for another reason
    :raises RulingFromAbove: if it was made for a team above the actor's
    :raises NotFound: if there is none, or it is about nobody whom the actor sees
    """
    ruling = queries.get_ruling(ruling_id, visible_to=by)
    if queries.is_from_above(ruling, reader=by):
        raise RulingFromAbove(team_id=ruling.team_id)
    _require_ahead(ruling.on_day, now=now)
    contact_frequency.stop_begins()
    db.session.refresh(ruling, with_for_update=True)
    is_news = ruling.lifted_at is None
    ruling.lift(reason=reason, by_id=by.id, at=now)
    if is_news:
        audit.record(f"care_day.{ruling.kind}_lifted", **_about(ruling, by=by, now=now))
    return ruling


def _require_waiting(message: CareMessage, *, on: date, kind: RulingKind) -> None:
    """Refuse what would have no effect: nobody may believe that it stopped a message which went."""
    if message.on_day != on:
        raise NotFound("care message")
    if message.state not in MAY_STILL_GO:
        wanted = "held" if kind is RulingKind.HOLD else "approved"
        raise MessageMovedOn(state=message.state, wanted=wanted)


def _require_ahead(on: date, *, now: datetime) -> None:
    today = calendars.local_day(now)
    if on < today:
        raise DayIsOver(today=today.isoformat())


def _about(ruling: DayRuling, *, by: Actor, now: datetime) -> dict[str, Any]:
    named = {
        "on": ruling.on_day.isoformat(),
        "team_id": ruling.team_id,
        "occasion": ruling.occasion,
        "template_id": ruling.template_id,
        "message_id": ruling.message_id,
        "segment_id": ruling.segment_id,
        "reason": ruling.lift_reason or ruling.reason,
    }
    return {
        "by_id": by.id,
        "at": now,
        "subject_kind": "care_day_ruling",
        "subject_id": ruling.id,
        "details": {name: value for name, value in named.items() if value is not None},
    }
