"""Make a day's round a plan: its visits are planned together, each on its own merits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api.calendars import service as calendars
from crm_api.contact_frequency.errors import ContactBlocked
from crm_api.customers.places.queries import places_by_id, primary_places
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid
from crm_api.visits import queries as visits
from crm_api.visits.service import planning, steps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.models import Place
    from crm_api.kit.errors import DomainError

MAY_FAIL_ALONE = (ContactBlocked, IdTaken, Invalid)


def plan_visits(
    on: date, *, wanted: Sequence[dict[str, Any]], by: Actor, now: datetime
) -> list[dict[str, Any]]:
    """Plan the visits of a day: what the governor refuses is told of, and the others stand.

    They are planned in the order given, each judged beside those before it. All customers are
    locked first, and at once, as everywhere in the house.

    :raises NotFound: if the actor may not see one of the customers
    :raises Invalid: if one begins on another day, or nobody knows where it is to be
    """
    ids = [one["customer_id"] for one in wanted]
    visits.require_customers(ids, visible_to=by)
    steps.lock_customers(ids)
    named = places_by_id([one["place_id"] for one in wanted if one["place_id"]])
    usual = primary_places(ids)
    contents = [
        _content(n, one, named.get(one["place_id"] or "") or usual.get(one["customer_id"]), on=on)
        for n, one in enumerate(wanted)
    ]
    return [_plan(content, by=by, now=now) for content in contents]


def _plan(content: dict[str, Any], *, by: Actor, now: datetime) -> dict[str, Any]:
    told: dict[str, Any] = {"customer_id": content["customer_id"], "visit": None, "problem": None}
    try:
        with db.session.begin_nested():
            return {**told, "visit": planning.plan_locked(content, by=by, now=now)}
    except MAY_FAIL_ALONE as refused:
        return {**told, "problem": _problem(refused)}


def _problem(refused: DomainError) -> dict[str, Any]:
    """Tell why, and keep what must be remembered of a refusal: this transaction goes on."""
    if refused.remember is not None:
        refused.remember()
    return {"code": refused.code, "detail": refused.detail, **refused.details}


def _content(n: int, one: dict[str, Any], place: Place | None, *, on: date) -> dict[str, Any]:
    """Return what a single visit would be planned from."""
    if calendars.local_day(one["starts_at"]) != on:
        raise Invalid(f"/visits/{n}/starts_at", "This moment lies on another day.")
    if place is None or place.customer_id != one["customer_id"]:
        if one["place_id"] is not None or one["place"] is None:
            raise Invalid(f"/visits/{n}/place", "Name a place of the customer, or say where.")
        place = None
    is_noted = place is not None and one["place"] is None
    told = {k: v for k, v in one.items() if k not in ("place_id", "minutes")}
    return {
        **told,
        "place": place.address if place is not None and is_noted else one["place"],
        "place_latitude": place.latitude if place is not None and is_noted else None,
        "place_longitude": place.longitude if place is not None and is_noted else None,
        "ends_at": one["starts_at"] + timedelta(minutes=one["minutes"]),
        "persons": [],
        "colleague_ids": [],
        "is_unannounced": False,
    }
