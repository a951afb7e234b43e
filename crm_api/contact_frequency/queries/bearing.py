"""What bears on plans, select by select: always wanted together, and never as objects."""

from __future__ import annotations

import sqlalchemy as sa

from crm_api.contact_frequency.models import (
    DecisionFrame,
    Hold,
    OptOut,
    OptOutCustomer,
    Slot,
    SlotSubject,
)
from crm_api.contact_frequency.models.slots import COUNTS, TAKEN, TAKEN_OCCURRENCE, TAKEN_SOURCE
from crm_api.customers import queries as customers
from crm_api.kit.bundles import among

_SUBJECTS, _HOLDS, _SLOTS = (m.__table__.c for m in (SlotSubject, Hold, Slot))
_FRAMES = DecisionFrame.__table__.c
_OPT_OUTS, _FOLLOWED = OptOut.__table__.c, OptOutCustomer.__table__.c
FACTS = {
    **customers.GOVERNED,
    "slots": sa.select(
        _SUBJECTS.subject_id,
        _SUBJECTS.slot_id,
        _SUBJECTS.effective_micros,
        _SUBJECTS.channel,
        _SUBJECTS.category,
        _SUBJECTS.unit,
        _SUBJECTS.counting,
        _SUBJECTS.claim,
        _SUBJECTS.occasion_class,
    )
    .where(among(_SUBJECTS.subject_id, "subject_ids"), COUNTS)
    .where(_SUBJECTS.effective_micros >= sa.bindparam("first", type_=sa.BigInteger()))
    .where(_SUBJECTS.effective_micros <= sa.bindparam("last", type_=sa.BigInteger())),
    "holds": sa.select(
        _HOLDS.id,
        _HOLDS.customer_id,
        _HOLDS.team_path,
        _HOLDS.kind,
        _HOLDS.from_at,
        _HOLDS.until_at,
    )
    .where(sa.text("lifted_at IS NULL"))
    .where(sa.or_(among(_HOLDS.customer_id, "customer_ids"), _HOLDS.team_path.is_not(None))),
    "opt_outs": sa.select(
        _OPT_OUTS.id,
        _FOLLOWED.customer_id,
        _OPT_OUTS.number,
        _OPT_OUTS.channel,
        _OPT_OUTS.categories,
    )
    .outerjoin(OptOutCustomer, _FOLLOWED.opt_out_id == _OPT_OUTS.id)
    .where(sa.text("opt_outs.lifted_at IS NULL"))
    .where(
        sa.or_(
            among(_OPT_OUTS.number, "numbers"),
            _OPT_OUTS.id.in_(
                sa.select(_FOLLOWED.opt_out_id).where(among(_FOLLOWED.customer_id, "customer_ids"))
            ),
        )
    ),
    "occurrences": sa.select(_SLOTS.customer_id, _SLOTS.occurrence, _SLOTS.id)
    .where(among(_SLOTS.customer_id, "customer_ids"), among(_SLOTS.occurrence, "occurrences"))
    .where(TAKEN_OCCURRENCE),
    "visits": sa.select(
        _SLOTS.visit_id,
        _SLOTS.id,
        _SLOTS.channel,
        _SLOTS.effective_at,
        _SUBJECTS.unit,
        _SUBJECTS.counting,
    )
    .join(
        SlotSubject,
        sa.and_(_SUBJECTS.slot_id == _SLOTS.id, _SUBJECTS.subject_id == _SLOTS.customer_id),
    )
    .where(among(_SLOTS.visit_id, "visit_ids"), TAKEN),
    "frames": sa.select(_FRAMES.digest).where(_FRAMES.digest == sa.bindparam("frame")),
    "sources": sa.select(
        _SLOTS.source,
        _SLOTS.id,
        _SLOTS.customer_id,
        _SLOTS.channel,
        _SLOTS.category,
        _SLOTS.planned_at,
    ).where(among(_SLOTS.source, "sources"), TAKEN_SOURCE),
}
