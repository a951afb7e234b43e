"""Find who may be one customer, and say for good that two are two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.customers import locks
from crm_api.customers.duplicates import queries
from crm_api.customers.duplicates.errors import DuplicateSettled
from crm_api.customers.duplicates.models import Duplicate
from crm_api.customers.duplicates.policies import LEAST_SCORE, compare
from crm_api.customers.duplicates.terms import DuplicateState
from crm_api.customers.duplicates.values import Features, LookAlike, TakenIn
from crm_api.customers.policies import names
from crm_api.customers.provenance.values import BY_HAND
from crm_api.customers.service import creation, documents
from crm_api.customers.terms import Gender, Kind
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.duplicates.values import Alike
    from crm_api.customers.provenance.values import Source

CHUNK = 500


def take_in(
    content: dict[str, Any], *, by: Actor, now: datetime, source: Source = BY_HAND
) -> TakenIn:
    """Take a customer in, and tell who else it may be. It is a warning: nothing is refused.

    What was found is kept for whoever may see both, such as the manager of two portfolios.
    """
    customer = creation.create_customer(content, by=by, now=now, source=source)
    features = queries.features_of([customer.id])[customer.id]
    alike = _alike(features, but=customer.id)
    pairs = {_in_order(customer.id, other): found for other, found in alike.items()}
    _keep_new(pairs, now=now)
    return TakenIn(customer, _shown(alike, visible_to=by))


def check_content(content: dict[str, Any], *, by: Actor) -> Sequence[LookAlike]:
    """Tell who somebody may be who is about to be taken in. Nothing is stored."""
    kind = content.get("kind") or Kind.INDIVIDUAL
    reading = names.read_name(content["name"], is_person=kind is Kind.INDIVIDUAL)
    document = documents.read_document(content.get("document_type"), content.get("document_number"))
    features = Features(
        kind=kind,
        name=content["name"],
        name_pinyin=reading.pinyin,
        gender=content.get("gender") or Gender.UNKNOWN,
        birth_on=content.get("birth_on"),
        document_index=document.index,
        numbers=frozenset(phone["number"] for phone in content.get("phones") or ()),
    )
    return _shown(_alike(features), visible_to=by)


def find_duplicates(after: str, *, now: datetime) -> tuple[str, int] | None:
    """Look at the next customers; return up to whom, and how many new pairs there are.

    What was dismissed stays so; what looks alike no more is struck off. A chunk may be repeated
    and shared: whoever comes second finds nothing to do.
    """
    ids = queries.next_ids(after, limit=CHUNK)
    if not ids:
        return None
    pairs = queries.pairs_of(ids)
    features = queries.features_of(one for pair in pairs for one in pair)
    scored = {pair: compare(features[pair[0]], features[pair[1]]) for pair in pairs}
    good = {pair: alike for pair, alike in scored.items() if alike.score >= LEAST_SCORE}
    known = queries.known_pairs(ids)
    for pair, duplicate in known.items():
        _look_again(duplicate, good.get(pair))
    new = {pair: alike for pair, alike in good.items() if pair not in known}
    _keep_new(new, now=now)
    db.session.flush()
    return ids[-1], len(new)


def _look_again(duplicate: Duplicate, alike: Alike | None) -> None:
    if duplicate.state is not DuplicateState.OPEN:
        return
    if alike is None:
        db.session.delete(duplicate)
    elif (duplicate.score, duplicate.reasons) != (alike.score, list(alike.reasons)):
        duplicate.score, duplicate.reasons = alike.score, list(alike.reasons)


def dismiss_duplicate(duplicate_id: str, *, reason: str, by: Actor, now: datetime) -> Duplicate:
    """Say that two are two, for good. A repeat changes nothing.

    :raises NotFound: if there is no such pair, or the actor may not see both
    :raises DuplicateSettled: if they were merged, or dismissed for another reason
    """
    duplicate = queries.get_duplicate(duplicate_id, visible_to=by)
    locks.lock_subjects(customer_ids=[duplicate.first_id, duplicate.second_id])
    db.session.refresh(duplicate)
    if duplicate.state is DuplicateState.OPEN:
        duplicate.dismiss(by_id=by.id, reason=reason, at=now)
        db.session.flush()
    elif duplicate.dismissal_reason != reason:
        raise DuplicateSettled(state=duplicate.state)
    return duplicate


def _alike(features: Features, *, but: str | None = None) -> dict[str, Alike]:
    others = queries.features_of(queries.alike_ids(features) - {but})
    found = {other: compare(features, theirs) for other, theirs in others.items()}
    return {other: alike for other, alike in found.items() if alike.score >= LEAST_SCORE}


def _shown(alike: dict[str, Alike], *, visible_to: Actor) -> list[LookAlike]:
    shown = queries.visible_names(alike, visible_to=visible_to)
    found = [
        LookAlike(customer_id=one, name=name, score=alike[one].score, reasons=alike[one].reasons)
        for one, name in shown.items()
    ]
    return sorted(found, key=lambda one: (-one.score, one.customer_id))


def _keep_new(pairs: dict[tuple[str, str], Alike], *, now: datetime) -> None:
    rows = [
        {
            "id": new_id(),
            "created_at": now,
            "first_id": first,
            "second_id": second,
            "score": alike.score,
            "reasons": list(alike.reasons),
            "state": DuplicateState.OPEN,
        }
        for (first, second), alike in sorted(pairs.items(), key=_pair)
    ]
    if rows:
        db.session.execute(insert(Duplicate.__table__).on_conflict_do_nothing(), rows)


def _pair(item: tuple[tuple[str, str], Alike]) -> tuple[str, str]:
    return item[0]


def _in_order(*ids: str) -> tuple[str, str]:
    first, second = sorted(ids)
    return first, second
