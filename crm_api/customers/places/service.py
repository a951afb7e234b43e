"""Keep where a customer is met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.customers import locks
from crm_api.customers.places import queries
from crm_api.customers.places.errors import TooManyPlaces
from crm_api.customers.places.models import Place
from crm_api.customers.queries.access import get_customer
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid
from crm_api.kit.ids import new_id
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor

MOST_PLACES = 20


def add_place(customer_id: str, content: dict[str, Any], *, by: Actor, now: datetime) -> Place:
    """Note one more place of a customer; the first one becomes the primary.

    :raises NotFound: if the actor may not see the customer
    :raises IdTaken: if the id belongs to another place
    :raises TooManyPlaces: if no more are kept
    """
    locks.lock_subjects(customer_ids=[customer_id])
    get_customer(customer_id, visible_to=by)
    place_id = content.pop("id", None)
    if place_id is not None and (known := db.session.get(Place, place_id)) is not None:
        return _repeat(known, customer_id=customer_id, content=content)
    places = queries.places_of(customer_id)
    if len(places) >= MOST_PLACES:
        raise TooManyPlaces(most=MOST_PLACES)
    place = Place(
        id=place_id or new_id(),
        customer_id=customer_id,
        choice=_next_choice(places) if content.pop("is_primary", False) else 0,
        created_at=now,
        **content,
    )
    db.session.add(place)
    return _as_it_stands(place)


def _repeat(known: Place, *, customer_id: str, content: dict[str, Any]) -> Place:
    told = (known.customer_id, known.address, known.latitude, known.longitude)
    wanted = (customer_id, *(content.get(n) for n in ("address", "latitude", "longitude")))
    if told != wanted:
        raise IdTaken
    return known


def change_place(
    customer_id: str,
    place_id: str,
    *,
    changes: dict[str, Any],
    expected_version: int,
    by: Actor,
) -> Place:
    """Mend a place, or make it the primary.

    :raises NotFound: if the actor may not see the customer, or it has no such place
    :raises StaleVersion: if somebody changed it since it was read
    :raises Invalid: if there would be no primary place
    """
    locks.lock_subjects(customer_ids=[customer_id])
    get_customer(customer_id, visible_to=by)
    place = queries.get_place(place_id, customer_id=customer_id)
    require_version(place, expected=expected_version, wanted=changes)
    is_chosen = changes.pop("is_primary", None)
    if place.is_primary and is_chosen is False:
        raise Invalid("/is_primary", "Make another place the primary one instead.")
    if is_chosen and not place.is_primary:
        place.choice = _next_choice(queries.places_of(customer_id))
    if changes.get("address", place.address) != place.address:
        # It lies elsewhere: the old point would send people, and judge check-ins, wrong.
        place.latitude = place.longitude = None
    for name, value in changes.items():
        setattr(place, name, value)
    return _as_it_stands(place)


def remove_place(customer_id: str, place_id: str, *, by: Actor) -> None:
    """Forget a place; where it was the primary, the one chosen before it is that again.

    :raises NotFound: if the actor may not see the customer, or it has no such place
    """
    locks.lock_subjects(customer_ids=[customer_id])
    get_customer(customer_id, visible_to=by)
    db.session.delete(queries.get_place(place_id, customer_id=customer_id))
    db.session.flush()


def _next_choice(places: Sequence[Place]) -> int:
    return max((place.choice for place in places), default=0) + 1


def _as_it_stands(place: Place) -> Place:
    """Return a place with whether it is the primary one now, which its neighbours decide."""
    db.session.flush()
    db.session.refresh(place, ["is_primary"])
    return place
