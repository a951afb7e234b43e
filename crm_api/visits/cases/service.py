"""Make a case of a visit that all may learn from: stripped by rule, read by a second person."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from crm_api.accounts import queries as accounts
from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.ids import new_id
from crm_api.kit.versions import require_version
from crm_api.visits import queries as visits
from crm_api.visits.cases import queries
from crm_api.visits.cases.errors import CardHoldsPersonalData
from crm_api.visits.cases.models import CaseCard
from crm_api.visits.cases.terms import CardStatus
from crm_api.visits.errors import NothingToShare
from crm_api.visits.policies.stripping import strip

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest
    from crm_api.visits.models import Visit, VisitRecord

TEXTS = ("title", "situation", "action", "result", "lesson")
RETROSPECTIVE = ("went_well", "went_badly", "next_time")


def propose_card(content: dict[str, Any], *, by: Actor, now: datetime) -> CaseCard:
    """Propose a case; what could say whose it was is taken out before it is kept.

    :raises NotFound: if the actor may not see the visit it comes from
    :raises IdTaken: if the id belongs to another card
    """
    visit = None
    if content["visit_id"]:
        visit = visits.get_visit(content["visit_id"], visible_to=by)
    customer_id = visit.customer_id if visit else None
    texts = _stripped(content, customer_id=customer_id, owner_id=by.id)
    known = queries.find_taken(content["id"])
    if known is not None:
        if (known.by_id, known.digest) != (by.id, digest_of(texts)):
            raise IdTaken
        return known
    card = CaseCard(
        id=content["id"] or new_id(),
        visit_id=content["visit_id"],
        customer_id=customer_id,
        team_id=by.team_id,
        by_id=by.id,
        created_at=now,
        digest=digest_of(texts),
        status=CardStatus.PROPOSED,
        **texts,
    )
    db.session.add(card)
    db.session.flush()
    return card


def change_card(
    card_id: str, *, changes: dict[str, Any], expected_version: int, by: Actor
) -> CaseCard:
    """Mend one's own card, stripped anew; one that was declined is proposed again.

    :raises NotFound: if it is not the actor's own
    :raises StaleVersion: if it changed since it was read
    :raises CardDecided: if it is shared, or was taken back
    """
    card = _own(card_id, by=by)
    require_version(card, expected=expected_version, wanted=changes)
    told = {name: changes.get(name, getattr(card, name)) for name in TEXTS}
    texts = _stripped(told, customer_id=card.customer_id, owner_id=card.by_id)
    card.rewrite(texts, digest=digest_of(texts))
    db.session.flush()
    return card


def share_card(
    card_id: str, *, digest: str, team_id: str | None, note: str, by: Actor, now: datetime
) -> CaseCard:
    """Share a card, as it was read, with a team and all beneath it.

    The rule looks again: names may be known by now that were not when the card was written.

    :raises OwnCard: if its author would
    :raises CardDecided: if it was decided upon
    :raises CardReadOtherwise: if another text was read
    :raises CardHoldsPersonalData: if the rule finds anything left
    :raises NotFound: if the actor may not read the card, or not speak to the team
    """
    card = queries.get_card(card_id, visible_to=by, for_change=True)
    team = accounts.get_team(team_id or by.team_id, visible_to=by)
    if card.is_shared_alike(team_id=team.id, digest=digest, note=note, by_id=by.id):
        return card
    card.share(team_id=team.id, digest=digest, note=note, by_id=by.id, at=now)
    if findings := _findings(card):
        raise CardHoldsPersonalData(findings=findings)
    _leave_trace("case_card.shared", card, by=by, now=now)
    db.session.flush()
    return card


def decline_card(card_id: str, *, reason: str, by: Actor, now: datetime) -> CaseCard:
    """Send a card back to its author, with the reason.

    :raises OwnCard: if its author would
    :raises CardDecided: if it was decided upon
    """
    card = queries.get_card(card_id, visible_to=by, for_change=True)
    if (card.status, card.decision_note) != (CardStatus.DECLINED, reason):
        card.decline(note=reason, by_id=by.id, at=now)
        db.session.flush()
    return card


def withdraw_card(card_id: str, *, by: Actor, now: datetime) -> CaseCard:
    """Take one's own card back, shared or not: nobody else reads it from now on.

    :raises NotFound: if it is not the actor's own
    """
    card = _own(card_id, by=by)
    if card.status is not CardStatus.WITHDRAWN:
        card.withdraw()
        _leave_trace("case_card.withdrawn", card, by=by, now=now)
        db.session.flush()
    return card


def share_retrospective(visit_id: str, *, is_shared: bool, by: Actor, now: datetime) -> Visit:
    """Give a visit's retrospective to the team's meeting, or keep it to oneself.

    :raises NotFound: if the actor may not see the visit
    :raises NothingToShare: if the visit is not recorded, or its record looks back on nothing
    """
    visit = visits.get_visit(visit_id, visible_to=by, for_change=True)
    record = visit.record
    if record is None or not any(getattr(record, name) for name in RETROSPECTIVE):
        raise NothingToShare
    if is_shared != (record.shared_at is not None):
        record.shared_at, record.shared_by_id = (now, by.id) if is_shared else (None, None)
        db.session.flush()
    return visit


def list_lessons(
    *,
    visible_to: Actor,
    start: datetime,
    end: datetime,
    page: PageRequest,
    team_id: str | None = None,
) -> Page:
    """Return what visits taught the team, stripped of personal data, newest first."""
    found = queries.lessons(visible_to=visible_to, team_id=team_id, start=start, end=end, page=page)
    return type(found)(_told(found.items), found.next_cursor)


def count_lessons(*, team_id: str | None = None, **wanted: Any) -> int:
    """Return how many lessons there are."""
    return queries.count_lessons(team_id=team_id, **wanted)


def _told(records: Any) -> list[dict[str, Any]]:
    names = queries.names_around(
        customer_ids={r.visit.customer_id for r in records},
        owner_ids={one for r in records for one in (r.visit.owner_id, r.by_id)},
    )
    return [_lesson(record, names=names) for record in records]


def _lesson(record: VisitRecord, *, names: set[str]) -> dict[str, Any]:
    words = {*names, record.visit.place}
    return {
        "by_name": record.author.name,
        "purpose": record.visit.purpose,
        "recorded_at": record.created_at,
        **{name: strip(getattr(record, name), names=words).text for name in RETROSPECTIVE},
    }


def digest_of(texts: Mapping[str, str]) -> str:
    """Return what tells whether somebody read this very text."""
    told = [texts[name] for name in TEXTS]
    return hashlib.sha256(orjson.dumps(told)).hexdigest()


def _stripped(told: Mapping[str, Any], *, customer_id: str | None, owner_id: str) -> dict[str, str]:
    names = queries.names_around(
        customer_ids=[customer_id] if customer_id else [], owner_ids=[owner_id]
    )
    return {name: strip(told[name], names=names).text for name in TEXTS}


def _findings(card: CaseCard) -> list[dict[str, str]]:
    names = queries.names_around(
        customer_ids=[card.customer_id] if card.customer_id else [], owner_ids=[card.by_id]
    )
    return [
        {"field": field, "kind": kind.value}
        for field in TEXTS
        for kind in strip(getattr(card, field), names=names).removed
    ]


def _own(card_id: str, *, by: Actor) -> CaseCard:
    card = queries.get_card(card_id, visible_to=by, for_change=True)
    if card.by_id != by.id:
        raise NotFound("case card")
    return card


def _leave_trace(action: str, card: CaseCard, *, by: Actor, now: datetime) -> None:
    audit.record(
        action,
        by_id=by.id,
        at=now,
        subject_kind="case_card",
        subject_id=card.id,
        details={"team_id": card.team_id, "digest": card.digest},
    )
