"""Opt-outs: a number refuses a channel; the refusal follows whoever had the number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.contact_frequency.models import OptOut, OptOutCustomer
from crm_api.contact_frequency.service import locking
from crm_api.contact_frequency.service.replanning import recheck_subjects
from crm_api.customers import locks
from crm_api.customers.models import Customer, Phone
from crm_api.customers.terms import Category, Channel
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

UNWANTED = (Category.CARE, Category.MARKETING)
IN_FORCE = sa.text("opt_outs.lifted_at IS NULL")


def opt_out(
    number: str,
    *,
    at: datetime,
    source: str,
    channel: Channel = Channel.SMS,
    categories: Iterable[Category] = UNWANTED,
) -> OptOut:
    """Silence a number for every customer on it: care and marketing by SMS, unless told otherwise.

    Once this commits, nothing that it covers begins. A repeat adds what is new.
    """
    customer_ids = lock_number(number)
    refusal = _find(number, channel)
    if refusal is None:
        refusal = OptOut(
            id=new_id(),
            created_at=at,
            number=number,
            channel=channel,
            categories=[],
            opted_out_at=at,
            source=source,
        )
        db.session.add(refusal)
    refusal.categories = sorted({*refusal.categories, *map(str, categories)})
    db.session.flush()
    rows = [{"opt_out_id": refusal.id, "customer_id": c} for c in customer_ids]
    if rows:
        db.session.execute(insert(OptOutCustomer).values(rows).on_conflict_do_nothing())
    _recheck(number, customer_ids)
    return refusal


def _recheck(number: str, customer_ids: Collection[str]) -> None:
    now = clock.after_lock(db.session())
    recheck_subjects({number, *customer_ids}, now=now)


def opt_in(number: str, *, at: datetime, source: str) -> int:
    """Lift what the number refused, and what followed its customers here; return how many."""
    customer_ids = lock_number(number)
    own = db.session.scalars(sa.select(OptOut).where(OptOut.number == number, IN_FORCE)).all()
    for refusal in own:
        refusal.lift(by=source, at=at)
    db.session.flush()
    lifted = len(own) + _stop_following(customer_ids)
    _recheck(number, customer_ids)
    return lifted


def _stop_following(customer_ids: Collection[str]) -> int:
    in_force = sa.select(OptOut.id).where(IN_FORCE)
    gone = sa.delete(OptOutCustomer).where(
        OptOutCustomer.customer_id.in_(customer_ids), OptOutCustomer.opt_out_id.in_(in_force)
    )
    return len(db.session.execute(gone.returning(OptOutCustomer.opt_out_id)).all())


def is_opted_out(numbers: Collection[str]) -> set[str]:
    """Return those of the numbers whose care and marketing by SMS is refused."""
    found: set[str] = set()
    for chunk in locking.chunks(sorted(numbers)):
        own = sa.select(OptOut.number).where(OptOut.number.in_(chunk), IN_FORCE)
        followed = (
            sa.select(Customer.phone)
            .join(OptOutCustomer, OptOutCustomer.customer_id == Customer.id)
            .join(OptOut, OptOut.id == OptOutCustomer.opt_out_id)
            .where(Customer.phone.in_(chunk), IN_FORCE, OptOut.channel == Channel.SMS)
        )
        own = own.where(OptOut.channel == Channel.SMS)
        found.update(number for number in db.session.scalars(own.union(followed)) if number)
    return found


def _find(number: str, channel: Channel) -> OptOut | None:
    statement = sa.select(OptOut).where(OptOut.number == number, OptOut.channel == channel)
    statement = statement.where(IN_FORCE).execution_options(populate_existing=True)
    return db.session.scalar(statement)


def lock_number(number: str) -> list[str]:
    """Lock a number and whoever has it; return those customers.

    Whoever locks a row of their own before the number speaks calls this first, before all else:
    to take the number alone, and its customers later, is to wait in a ring with who has them.
    """
    on_it = _customers_on(number)
    locks.lock_subjects(customer_ids=on_it, endpoints=[number])
    return on_it


def _customers_on(number: str) -> list[str]:
    primary = sa.select(Customer.id).where(Customer.phone == number)
    listed = sa.select(Phone.customer_id).where(Phone.number == number)
    return sorted(db.session.scalars(primary.union(listed)))
