"""Take customers in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from crm_api import config
from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role
from crm_api.customers import locks, queries
from crm_api.customers.models import Customer, CustomerChange, Phone
from crm_api.customers.policies import names
from crm_api.customers.policies.phones import first_mobile
from crm_api.customers.policies.tiers import tier_on_joining
from crm_api.customers.provenance import service as provenance
from crm_api.customers.provenance.values import BY_HAND
from crm_api.customers.service import account_numbers, documents
from crm_api.customers.service.changes import change_row
from crm_api.customers.service.derived import add_derived, phone_row
from crm_api.customers.service.profile import require_born
from crm_api.customers.terms import Aspect, Kind, Tier
from crm_api.kit.bulk import blank_row, insert_rows
from crm_api.kit.crypto import blind_index
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.policies.tiers import Threshold
    from crm_api.customers.provenance.values import Source

Content = dict[str, Any]
Row = dict[str, Any]
BLANK = blank_row(Customer)


def create_customer(
    content: Content, *, by: Actor, now: datetime, source: Source = BY_HAND
) -> Customer:
    """Take in one customer, into the actor's own portfolio or, for a manager, into the team's.

    The client may bring the id; the same content under it is the same customer.

    :raises IdTaken: if the id belongs to another customer, or to one the actor may not see
    :raises AccountNumberTaken: if another customer has the account number
    :raises Invalid: if the owner or team is not the actor's to choose
    """
    customer_id, digest = content.get("id") or new_id(), _digest(content)
    locks.lock_subjects(customer_ids=[customer_id])
    known = db.session.get(Customer, customer_id)
    if known is not None:
        return _repeat(known, digest=digest, by=by)
    account_numbers.require_free(content.get("account_no"))
    require_born(content.get("birth_on"), now=now)
    belonging = _belonging(content, by=by)
    facts = {**content, **belonging, "id": customer_id, "content_digest": digest}
    add_customers([facts], by_id=by.id, now=now, source=source)
    return db.session.get_one(Customer, customer_id)


def add_customers(
    contents: Sequence[Content], *, by_id: str | None, now: datetime, source: Source = BY_HAND
) -> None:
    """Store customers whose belonging is settled, in a number of statements that stays the same.

    Rows, not objects: a file brings them by the hundred thousand. An individual's plan decides the
    tier, unless the content names one.

    :raises AccountNumberTaken: if an account number is in use
    """
    thresholds = queries.tier_thresholds()
    rows = [_row(content, by=thresholds, now=now) for content in contents]
    with account_numbers.guarded():
        insert_rows(Customer, rows)
    add_derived(rows, now=now)
    phones = [
        phone
        for row, content in zip(rows, contents, strict=True)
        for phone in _phone_rows(row, content.get("phones") or (), now=now)
    ]
    insert_rows(Phone, phones)
    ids = [row["id"] for row in rows]
    provenance.add_learned(contents, ids=ids, source=source, by_id=by_id, now=now)
    insert_rows(CustomerChange, [_first_tier(r, by_id=by_id, now=now) for r in rows if _stands(r)])


def _digest(content: Mapping[str, Any]) -> str:
    text = orjson.dumps(dict(content), option=orjson.OPT_SORT_KEYS).decode()
    return blind_index(text, key=config.current().index_key, purpose="customers.content")


def _repeat(known: Customer, *, digest: str, by: Actor) -> Customer:
    if known.content_digest != digest:
        raise IdTaken
    try:
        return queries.get_customer(known.id, visible_to=by)
    except NotFound:
        raise IdTaken from None


def _belonging(content: Content, *, by: Actor) -> Content:
    owner_id, team_id = content.get("owner_id"), content.get("team_id")
    if by.role is Role.ACCOUNT_MANAGER:
        _require_own(by, owner_id=owner_id, team_id=team_id)
        return {"owner_id": by.id, "team_id": by.team_id}
    if owner_id is None:
        return {"owner_id": None, "team_id": _team(team_id or by.team_id, by=by)}
    owner = queries.find_owner(owner_id, visible_to=by)
    if owner is None or team_id not in (None, owner.team_id):
        raise Invalid("/owner_id", "Name an account manager at work in the team.")
    return {"owner_id": owner.id, "team_id": owner.team_id}


def _require_own(by: Actor, *, owner_id: str | None, team_id: str | None) -> None:
    if owner_id not in (None, by.id):
        raise Invalid("/owner_id", "You take customers into your own portfolio.")
    if team_id not in (None, by.team_id):
        raise Invalid("/team_id", "You take customers into your own team.")


def _team(team_id: str, *, by: Actor) -> str:
    teams = accounts.subtree_team_ids("/" if by.role is Role.ADMIN else by.team_path)
    if team_id not in set(db.session.scalars(teams)):
        raise Invalid("/team_id", "There is no such team, or you may not see it.")
    return team_id


def _row(content: Content, *, by: Mapping[Tier, Threshold], now: datetime) -> Row:
    facts = {name: value for name, value in content.items() if name != "phones"}
    numbers = [phone["number"] for phone in content.get("phones") or ()]
    kind = facts.get("kind") or Kind.INDIVIDUAL
    tier = facts.get("tier") or Tier.STANDARD
    if "tier" not in facts and kind is Kind.INDIVIDUAL:
        tier = tier_on_joining(facts.get("plan_monthly_fen"), by=by)
    facts |= {"kind": kind, "tier": tier, "own_tier": tier, "phone": first_mobile(numbers)}
    reading = names.read_name(facts["name"], is_person=kind is Kind.INDIVIDUAL)
    document = documents.read_document(facts.get("document_type"), facts.get("document_number"))
    return {
        **BLANK,
        "id": new_id(),
        **facts,
        "name_pinyin": reading.pinyin,
        "name_initials": reading.initials,
        "document_number": document.number,
        "document_index": document.index,
        "created_at": now,
    }


def _phone_rows(row: Row, phones: Sequence[Content], *, now: datetime) -> list[Row]:
    return [
        phone_row(
            number,
            customer_id=row["id"],
            now=now,
            is_primary=number == row["phone"],
            label=phone.get("label", ""),
        )
        for number, phone in {p["number"]: p for p in phones}.items()
    ]


def _stands(row: Row) -> bool:
    return row["tier"] is not Tier.STANDARD


def _first_tier(row: Row, *, by_id: str | None, now: datetime) -> Row:
    return change_row(
        row["id"],
        Aspect.TIER,
        before=None,
        after={"tier": row["tier"]},
        reason="on joining",
        by_id=by_id,
        now=now,
    )
