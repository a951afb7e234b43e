"""Make offers, sense opportunities, and say what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.customers import queries as customers
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid
from crm_api.kit.ids import new_id
from crm_api.kit.versions import require_version
from crm_api.visits import queries as visits
from crm_api.visits.offers import queries
from crm_api.visits.offers.models import Offer, Opportunity
from crm_api.visits.offers.terms import OfferState, OpportunityState
from crm_api.visits.policies import progress
from crm_api.visits.service.steps import lock_customers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.visits.models import Visit

OF_AN_OFFER = ("text", "monthly_fen", "valid_until")
OF_AN_OPPORTUNITY = ("text", "worth_fen", "expected_on")


def make_offer(content: dict[str, Any], *, by: Actor, now: datetime) -> Offer:
    """Note what was offered to a customer; told twice with one id, it is one offer.

    :raises NotFound: if the actor may not see the customer, or the visit it was made in
    :raises IdTaken: if the id belongs to another offer
    :raises Invalid: if it was made in a time to come, or in a visit to somebody else
    """
    customer_id, owner_id = _customer(content, by=by)
    known = queries.find_taken(Offer, content["id"])
    if known is not None:
        _require_same(known, content, names=("customer_id", "visit_id", *OF_AN_OFFER))
        return known
    made_at = content["made_at"] or now
    if progress.is_too_far_ahead(made_at, now=now):
        raise Invalid("/made_at", "This moment has not come yet.")
    offer = _offer(content, customer_id=customer_id, owner_id=owner_id, by_id=by.id, at=made_at)
    offer.visit_id, offer.created_at = content["visit_id"], now
    db.session.add(offer)
    db.session.flush()
    return offer


def sense_opportunity(content: dict[str, Any], *, by: Actor, now: datetime) -> Opportunity:
    """Note a need that somebody sensed; told twice with one id, it is one opportunity.

    :raises NotFound: if the actor may not see the customer, or the visit it was sensed in
    :raises IdTaken: if the id belongs to another opportunity
    :raises Invalid: if the visit was to somebody else
    """
    customer_id, owner_id = _customer(content, by=by)
    known = queries.find_taken(Opportunity, content["id"])
    if known is not None:
        _require_same(known, content, names=("customer_id", "visit_id", *OF_AN_OPPORTUNITY))
        return known
    opportunity = _opportunity(content, customer_id=customer_id, owner_id=owner_id, by_id=by.id)
    opportunity.visit_id, opportunity.created_at = content["visit_id"], now
    db.session.add(opportunity)
    db.session.flush()
    return opportunity


def note_of_visit(visit: Visit, content: dict[str, Any], *, by: Actor, now: datetime) -> None:
    """Keep what a visit offered, with what was answered at once, and what it sensed.

    :raises IdTaken: if an id is taken
    """
    whose = {"customer_id": visit.customer_id, "owner_id": visit.owner_id, "by_id": by.id}
    at = visit.checked_in_at or now
    _require_free(Offer, content["offers"])
    _require_free(Opportunity, content["opportunities"])
    for one in content["offers"]:
        offer = _offer(one, **whose, at=at)
        offer.created_at = now
        if one["answer"]:
            offer.answer(one["answer"], why=one["why"], by_id=by.id, at=at)
        visit.offers.append(offer)
    for one in content["opportunities"]:
        opportunity = _opportunity(one, **whose)
        opportunity.created_at = now
        visit.opportunities.append(opportunity)


def answer_offer(offer_id: str, *, answer: OfferState, why: str, by: Actor, now: datetime) -> Offer:
    """Note what the customer said to an offer.

    :raises OfferAnswered: if they said something else before
    """
    offer = queries.get_offer(offer_id, visible_to=by)
    offer.answer(answer, why=why, by_id=by.id, at=now)
    db.session.flush()
    return offer


def end_opportunity(
    opportunity_id: str, *, outcome: OpportunityState, why: str, by: Actor, now: datetime
) -> Opportunity:
    """Note how an opportunity ended.

    :raises OpportunityEnded: if it ended otherwise before
    """
    opportunity = queries.get_opportunity(opportunity_id, visible_to=by)
    opportunity.end(outcome, why=why, by_id=by.id, at=now)
    db.session.flush()
    return opportunity


def change_opportunity(
    opportunity_id: str, *, changes: dict[str, Any], expected_version: int, by: Actor
) -> Opportunity:
    """Mend an opportunity that is still open.

    :raises StaleVersion: if somebody changed it since it was read
    :raises OpportunityEnded: if it was won or lost
    """
    opportunity = queries.get_opportunity(opportunity_id, visible_to=by)
    require_version(opportunity, expected=expected_version, wanted=changes)
    opportunity.require_open()
    for name, value in changes.items():
        setattr(opportunity, name, value)
    db.session.flush()
    return opportunity


def _customer(content: dict[str, Any], *, by: Actor) -> tuple[str, str]:
    """Lock the customer, so that one id told twice at once waits; return it with its owner."""
    customers.require_visible([content["customer_id"]], visible_to=by)
    if content["visit_id"]:
        visit = visits.get_visit(content["visit_id"], visible_to=by)
        if content["customer_id"] not in visit.met_ids:
            raise Invalid("/visit_id", "This visit was to somebody else.")
    lock_customers([content["customer_id"]])
    customer = customers.get_customer(content["customer_id"], visible_to=by)
    return customer.id, customer.owner_id or by.id


def _offer(
    content: dict[str, Any], *, customer_id: str, owner_id: str, by_id: str, at: datetime
) -> Offer:
    return Offer(
        id=content["id"] or new_id(),
        customer_id=customer_id,
        owner_id=owner_id,
        by_id=by_id,
        made_at=at,
        state=OfferState.MADE,
        **{name: content[name] for name in OF_AN_OFFER},
    )


def _opportunity(
    content: dict[str, Any], *, customer_id: str, owner_id: str, by_id: str
) -> Opportunity:
    return Opportunity(
        id=content["id"] or new_id(),
        customer_id=customer_id,
        owner_id=owner_id,
        by_id=by_id,
        state=OpportunityState.OPEN,
        **{name: content[name] for name in OF_AN_OPPORTUNITY},
    )


def _require_same(
    known: Offer | Opportunity, content: dict[str, Any], *, names: Iterable[str]
) -> None:
    if any(getattr(known, name) != content[name] for name in names):
        raise IdTaken


def _require_free(model: Any, told: Iterable[dict[str, Any]]) -> None:
    ids = [one["id"] for one in told if one["id"]]
    if len(set(ids)) < len(ids) or any(queries.find_taken(model, one) for one in ids):
        raise IdTaken
