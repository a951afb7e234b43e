"""A customer at a glance: straight from rows to what the API answers with.

Every screen opens with this, so it goes without the ORM and without schemas; a test proves that
the bytes are those which the schema would give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Staff
from crm_api.contact_history.models import Contact, ContactText, History
from crm_api.contact_history.terms import EntryKind
from crm_api.customers import queries as customers
from crm_api.customers.errors import CustomerMerged
from crm_api.customers.models import Customer
from crm_api.customers.policies.masking import mask_phone
from crm_api.kit.bundles import AllRows, reader_of
from crm_api.kit.errors import NotFound
from crm_api.kit.straight import StraightRead, fixed

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor

CONTACTS_SHOWN = 20
CORE_FIELDS = (
    "id",
    "version",
    "kind",
    "name",
    "gender",
    "birth_on",
    "phone",
    "status",
    "tier",
    "joined_on",
    "account_no",
    "plan_name",
    "contract_end_on",
    "balance_fen",
    "team_id",
    "owner_id",
)
FACT_FIELDS = (
    "last_attempt_at",
    "last_two_way_at",
    "last_begun_by_customer_at",
    "last_visit_at",
)

_entries, _texts = Contact.__table__.c, ContactText.__table__.c
_staff, _histories, _owners = Staff.__table__.c, History.__table__.c, Customer.__table__.c


def _plain(column: Any) -> Any:
    """Read an enum as the text that it is stored as, which is also how it is answered."""
    if isinstance(column.type, sa.Enum):
        return sa.type_coerce(column, sa.String()).label(column.name)
    return column


# In the order of ContactSchema. What stands is replaced by nothing and withdrawn by nobody.
_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    "id": _entries.id,
    "customer_id": _entries.customer_id,
    "seq": _entries.seq,
    "kind": _plain(_entries.kind),
    "corrects_id": _entries.corrects_id,
    "replaced_by_id": sa.null(),
    "is_withdrawn": sa.false(),
    "occurred_at": _entries.occurred_at,
    "recorded_at": _entries.recorded_at,
    "channel": _plain(_entries.channel),
    "direction": _plain(_entries.direction),
    "category": _plain(_entries.category),
    "purpose": _plain(_entries.purpose),
    "outcome": _plain(_entries.outcome),
    "summary": _texts.summary,
    "with_whom": _texts.with_whom,
    "reason": _texts.reason,
    "is_text_erased": _texts.erased_at.is_not(None),
    "is_begun_by_customer": _entries.is_begun_by_customer,
    "is_late": _entries.is_late,
    "has_overrun": _entries.has_overrun,
    "by_id": _entries.by_id,
    "by_name": _staff.name,
    "source": _entries.source,
    "visit_id": _entries.visit_id,
    "digest": _entries.digest,
}
_NAMES = tuple(_COLUMNS)
_later = Contact.__table__.alias("later")
_STANDING = (
    sa.select(*(column.label(name) for name, column in _COLUMNS.items()))
    .select_from(Contact.__table__)
    .join(ContactText.__table__, _texts.contact_id == _entries.id)
    .outerjoin(Staff.__table__, _staff.id == _entries.by_id)
    .where(
        _entries.kind != fixed(EntryKind.WITHDRAWAL, _entries.kind),
        ~sa.exists().where(_later.c.corrects_id == _entries.id),
    )
    .order_by(_entries.occurred_at.desc(), _entries.id.desc())
    .limit(fixed(CONTACTS_SHOWN))
)
_CUSTOMER_ID: sa.BindParameter[str] = sa.bindparam("customer_id", type_=sa.String())
_OWN = _STANDING.where(_entries.customer_id == _CUSTOMER_ID).subquery("own").c
# Of who has others merged into it, what happened to those as well: they are few, and it costs more.
_ALL_OF_IT = StraightRead(
    _STANDING.where(_entries.customer_id.in_(customers.all_ids_of(_CUSTOMER_ID)))
)
_parts = Customer.__table__.alias("parts").c
_CORE = (
    sa.select(
        *(_plain(_owners[name]) for name in CORE_FIELDS),
        *(_histories[name] for name in FACT_FIELDS),
        _owners.merged_into_id,
        sa.exists().where(_parts.merged_into_id == _owners.id),
    )
    .outerjoin_from(Customer.__table__, History.__table__, _histories.customer_id == _owners.id)
    .where(_owners.id == sa.bindparam("customer_id"))
)
_ONCE = sa.select(sa.literal(1).label("once")).subquery("once")
_profile_of = reader_of(_CORE)


def _at_a_glance(actor: Actor) -> sa.Select[*tuple[Any, ...]]:
    """Select the profile as one text beside each contact, or once where there is none.

    Whoever may not see the customer finds no profile, and is told nothing of what stands beside.
    """
    profile: Any = AllRows(customers.limit_to(_CORE, visible_to=actor))
    beside = _ONCE.outerjoin(_OWN.id.table, sa.true())
    rows = sa.select(profile, *_OWN).select_from(beside)
    return rows.order_by(_OWN.occurred_at.desc(), _OWN.id.desc())


_GLANCE = customers.SeenBy(_at_a_glance)


def get_overview(customer_id: str, *, visible_to: Actor) -> dict[str, Any]:
    """Return a customer's core profile, the four facts, and the newest contacts as they stand.

    :raises NotFound: if there is no such customer, or none that the actor may see
    :raises CustomerMerged: if it went on as part of another
    """
    rows = _GLANCE.rows(visible_to=visible_to, customer_id=customer_id)
    found = _profile_of(rows[0][0])
    if not found:
        raise NotFound("customer")
    *core, merged_into_id, has_parts = found[0]
    if merged_into_id is not None:
        raise CustomerMerged(customer_id=customer_id, merged_into_id=merged_into_id)
    profile = dict(zip(CORE_FIELDS, core, strict=False))
    profile["phone"] = mask_phone(profile["phone"])
    if has_parts:
        contacts = _ALL_OF_IT.rows(customer_id=customer_id)
    else:
        contacts = [own for _profile, *own in rows if own[0] is not None]
    return {
        "customer": profile,
        "facts": dict(zip(FACT_FIELDS, core[len(CORE_FIELDS) :], strict=True)),
        "contacts": [dict(zip(_NAMES, row, strict=True)) for row in contacts],
    }
