"""Gather from the floors below what somebody should know at the door."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from crm_api.calendars import service as calendars
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.values import Plan
from crm_api.contact_history import queries as contact_history
from crm_api.customers.models import Customer
from crm_api.customers.terms import Channel
from crm_api.kit.db import db
from crm_api.preparation.briefs import queries
from crm_api.preparation.briefs.policies import situations as cases
from crm_api.preparation.briefs.policies import telling
from crm_api.preparation.briefs.service.dates import coming_dates
from crm_api.preparation.briefs.service.persons import profile_of
from crm_api.preparation.briefs.service.words import words_for
from crm_api.visits import queries as visits
from crm_api.visits.promises import queries as promises

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from crm_api.contact_frequency.values import Decision
    from crm_api.contact_history.models import Contact
    from crm_api.visits.models import FollowUp, Promise, Visit

RECENT = 10
OPEN = 20
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


def compose(visit: Visit, *, now: datetime) -> dict[str, Any]:
    """Return all that is known and matters before this visit."""
    customer = db.session.get_one(Customer, visit.customer_id)
    today = calendars.local_day(now)
    last = visits.find_last_recorded(visit.customer_id, before=visit.starts_at)
    known = {
        "visit": _plan(visit),
        "profile": profile_of(customer),
        "last_visit": _last_visit(last),
        **_promises(customer.id, last=last, today=today),
        "open_follow_ups": [_task(t) for t in visits.open_follow_ups(customer.id, limit=OPEN)],
        "coming_dates": coming_dates(customer, today=today),
        "recent_contacts": _contacts(customer.id),
        "wishes": [_wish(w) for w in queries.wishes_in_force(customer.id, on=today)],
        "contact_budget": _budget(visit, now=now),
    }
    return {**known, **_advice(visit, customer, known, today=today, now=now)}


def _advice(
    visit: Visit, customer: Customer, known: dict[str, Any], *, today: date, now: datetime
) -> dict[str, Any]:
    profile, last = known["profile"], known["last_visit"]
    is_solemn = calendars.is_solemn(calendars.local_day(visit.starts_at))
    found = cases.situations(
        known,
        today=today,
        holds=queries.holds_in_force(customer, at=now),
        is_solemn_day=is_solemn,
    )
    words = words_for([case["situation"] for case in found], style=profile["communication_style"])
    facts = telling.facts_to_confirm(
        profile,
        learned_at=visits.learned_at(customer.id),
        told_at=customer.created_at,
        now=now,
    )
    joyful = [] if cases.is_grave(found) else known["coming_dates"]
    openers = telling.openers(profile, dates=joyful, promises=known["open_promises"])
    avoided = telling.topics_to_avoid(
        known["wishes"],
        dates=known["coming_dates"],
        is_solemn_day=is_solemn,
        went_badly=last["went_badly"] if last else "",
    )
    return {
        "facts_to_confirm": facts,
        "situations": found,
        **words,
        "openers": telling.with_words(openers, words["openers"], name="about"),
        "topics_to_avoid": telling.with_words(avoided, words["topics_to_avoid"], name="why"),
    }


def _plan(visit: Visit) -> dict[str, Any]:
    return {
        "purpose": visit.purpose,
        "category": visit.category,
        "place": visit.place,
        "starts_at": visit.starts_at,
        "ends_at": visit.ends_at,
        "tools": visit.tools,
        "objectives": [objective.text for objective in visit.objectives],
        "persons": [{"name": p.name, "role": p.role} for p in visit.persons],
        "confirmed_by": visit.confirmed_by,
    }


def _wish(wish: Any) -> dict[str, Any]:
    names = ("channels", "categories", "quiet_from", "quiet_until", "ends_on", "note")
    return {name: getattr(wish, name) for name in names}


def _promises(customer_id: str, *, last: Visit | None, today: date) -> dict[str, Any]:
    """Return what we still owe, and what was settled since somebody last sat there."""
    since = LONG_AGO if last is None else last.starts_at
    settled = promises.settled_promises(customer_id, since=since, limit=OPEN)
    return {
        "open_promises": [
            _promise(p, today=today) for p in promises.open_promises(customer_id, limit=OPEN)
        ],
        "settled_promises": [_settled(p) for p in settled],
    }


def _promise(promise: Promise, *, today: date) -> dict[str, Any]:
    return {
        "id": promise.id,
        "text": promise.text,
        "due_on": promise.due_on,
        "moved_from_on": promise.moved_from_on,
        "is_overdue": promise.due_on < today,
    }


def _settled(promise: Promise) -> dict[str, Any]:
    is_kept = promise.kept_at is not None
    return {
        "id": promise.id,
        "text": promise.text,
        "is_kept": is_kept,
        "how": promise.kept_how if is_kept else promise.withdrawn_because,
    }


def _task(task: FollowUp) -> dict[str, Any]:
    names = ("id", "text", "due_on", "channel", "contact_at")
    return {name: getattr(task, name) for name in names}


def _last_visit(last: Visit | None) -> dict[str, Any] | None:
    if last is None or last.record is None:
        return None
    return {
        "id": last.id,
        "on": calendars.local_day(last.starts_at),
        "unmet_objectives": [
            {"text": o.text, "outcome": o.outcome, "note": o.outcome_note}
            for o in last.objectives
            if o.outcome in visits.UNMET
        ],
        "sections": last.record.sections,
        "went_well": last.record.went_well,
        "went_badly": last.record.went_badly,
        "next_time": last.record.next_time,
    }


def _contacts(customer_id: str) -> list[dict[str, Any]]:
    recent: Sequence[Contact] = contact_history.latest_contacts(customer_id, limit=RECENT)
    names = ("id", "occurred_at", "channel", "direction", "category", "purpose", "outcome")
    return [
        {name: getattr(contact, name) for name in names} | {"summary": contact.text.summary}
        for contact in recent
    ]


def _budget(visit: Visit, *, now: datetime) -> list[dict[str, Any]]:
    """Say for each channel whether the customer may be contacted now, and if not, when."""
    plans = [
        Plan(customer_id=visit.customer_id, channel=c, category=visit.category, at=now)
        for c in Channel
    ]
    return [_allowance(d) for d in contact_frequency.preflight_plans(plans, now=now)]


def _allowance(decision: Decision) -> dict[str, Any]:
    return {
        "channel": decision.plan.channel,
        "verdict": decision.verdict,
        "reasons": [reason.code for reason in decision.reasons],
        "next_allowed_at": decision.next_allowed_at,
    }
