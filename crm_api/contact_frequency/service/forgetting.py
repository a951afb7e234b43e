"""Take a number out of the ledger without taking out what was counted."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from crm_api.contact_frequency.models import GovernorAlert, Slot, SlotSubject
from crm_api.contact_frequency.terms import SubjectKind
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_slots = cast("sa.Table", Slot.__table__)
_subjects = cast("sa.Table", SlotSubject.__table__)
_alerts = cast("sa.Table", GovernorAlert.__table__)


def forget_numbers(customer_ids: Sequence[str], *, still_used: Collection[str]) -> None:
    """Put a name that means nothing in the place of each number of these customers' contacts.

    A number that somebody else uses goes on counting what rang on it: only whose contact it was
    is forgotten. The customers and their numbers are locked by the caller.
    """
    is_theirs = _slots.c.customer_id.in_(customer_ids)
    numbers = sa.select(_slots.c.endpoint).distinct().where(is_theirs)
    known = numbers.where(_slots.c.endpoint.is_not(None)).order_by(_slots.c.endpoint)
    for number in db.session.scalars(known).all():
        nameless = f"erased-{secrets.token_hex(12)}"
        if number not in still_used:
            _rename_subject(number, nameless, of=sa.select(_slots.c.id).where(is_theirs))
        change = sa.update(_slots).where(is_theirs, _slots.c.endpoint == number)
        db.session.execute(change.values(endpoint=nameless))
    _close_alerts(customer_ids)


def _rename_subject(number: str, nameless: str, *, of: sa.Select[tuple[str]]) -> None:
    change = sa.update(_subjects).where(
        _subjects.c.subject_kind == SubjectKind.ENDPOINT,
        _subjects.c.subject_id == number,
        _subjects.c.slot_id.in_(of),
    )
    db.session.execute(change.values(subject_id=nameless))


def _close_alerts(customer_ids: Sequence[str]) -> None:
    about_numbers = sa.update(_alerts).where(
        _alerts.c.customer_id.in_(customer_ids),
        _alerts.c.subject_kind == SubjectKind.ENDPOINT,
    )
    nobody = sa.literal("erased:").concat(_alerts.c.id)
    db.session.execute(about_numbers.values(subject_id="erased", mark=nobody))
