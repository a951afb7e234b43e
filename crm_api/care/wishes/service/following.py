"""What is planned follows the reasons for it: told by `kit.following`, as `app` has it."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from crm_api.care.queries.together import find_speakers
from crm_api.care.service.causes import reasons_on
from crm_api.care.service.messages import SAYS_IT, lock_subjects_of, withdraw
from crm_api.care.wishes import queries
from crm_api.care.wishes.models import GreetingPreferences
from crm_api.care.wishes.policies import wished_birthday
from crm_api.customers import queries as customers
from crm_api.customers.models import Anniversary, Customer, LifeEvent, Relation
from crm_api.kit import clock
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crm_api.care.models import CareMessage
    from crm_api.kit.following import Changed, Watched

WATCHED: Watched = {
    Anniversary: (),
    LifeEvent: (),
    GreetingPreferences: (),
    Relation: (),
    Customer: ("tier", "joined_on", "birth_on"),
}
GRIEF = "grief"
NO_LONGER_DUE = "no_longer_due"
WISHES = cast("sa.Table", GreetingPreferences.__table__)
STATED = ("calendar", "year", "month", "day", "is_leap_month")
KEPT = ("birthday_on_calendar", "birthday_month", "birthday_day")
NOWHERE = (None, None, None)


def follow_reasons(changes: Sequence[Changed]) -> None:
    """Withdraw what was planned for a reason that is none any more, or that is not wanted.

    A text that says it besides goes as well: its own occasion is planned anew, with its own words.
    Of customers who are one person, a wish of one holds for all.
    """
    touched = set(_touched(changes))
    _settle_birthdays(touched)
    wished = {c.record.id for c in changes if isinstance(c.record, GreetingPreferences)}
    touched |= set(chain(*customers.same_person_ids(wished).values())) if wished else set()
    _withdraw_unfounded(touched)


def withdraw_grief(customer_ids: Iterable[str]) -> int:
    """Withdraw what was planned for days of grief; return how many messages.

    A label that is taken for grief today may not have been when the message was planned.
    """
    return _withdraw_unfounded(customer_ids, only=GRIEF)


def _withdraw_unfounded(customer_ids: Iterable[str], *, only: str | None = None) -> int:
    found = queries.find_planned(customer_ids)
    if not found:
        return 0
    found = [*found, *find_speakers(row.id for row in found)]
    lock_subjects_of(found)
    messages = queries.lock_planned({row.id for row in found})
    now = clock.after_lock(db.session())
    unfounded = _unfounded(messages)
    reasons = {message.id: why for message, why in unfounded if only in (None, why)}
    speakers = {row.id for row in find_speakers(reasons)}
    for message in messages:
        if message.id in reasons:
            withdraw(message, reasons[message.id], at=now)
        elif message.id in speakers:
            withdraw(message, SAYS_IT, at=now)
    db.session.flush()
    return len(reasons)


def _touched(changes: Iterable[Changed]) -> Iterator[str]:
    for change in changes:
        record = change.record
        if isinstance(record, Customer | GreetingPreferences):
            yield record.id
        else:
            yield record.customer_id
            yield from (record.other_id,) if isinstance(record, Relation) else ()


def _settle_birthdays(customer_ids: Iterable[str]) -> None:
    """Keep the days of those who wish their birthday by another calendar where they fall now.

    By statement, because what follows from other facts is no new version of the wish.
    """
    rows = []
    for customer_id, wish, birth_on, *stated in queries.wishes_with_birthdays(customer_ids):
        birthday = dict(zip(STATED, stated, strict=True)) if stated[0] is not None else None
        day = wished_birthday(wish, birthday, birth_on=birth_on)
        rows.append({"its_id": customer_id, **dict(zip(KEPT, day or NOWHERE, strict=True))})
    if rows:
        its_id: sa.BindParameter[str] = sa.bindparam("its_id")
        db.session.connection().execute(sa.update(WISHES).where(WISHES.c.id == its_id), rows)


def _unfounded(messages: Sequence[CareMessage]) -> Iterator[tuple[CareMessage, str]]:
    """Give the messages for which a planner would find no reason now, each with why."""
    together: dict[Any, list[CareMessage]] = {}
    for message in messages:
        together.setdefault((message.on_day, message.occasion), []).append(message)
    for (day, occasion), group in sorted(together.items()):
        ids = {message.customer_id for message in group}
        stands: dict[str, str] = {}
        for cause in reasons_on(day, occasion):
            stands |= queries.stands_of(cause, customer_ids=ids)
        for message in group:
            if why := stands.get(message.occurrence, NO_LONGER_DUE):
                yield message, why
