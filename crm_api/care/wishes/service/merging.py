"""What becomes of greetings where two customers are merged: see `customers.merging`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from crm_api.care.models import GreetingPreferences
from crm_api.care.queries.together import find_speakers
from crm_api.care.service.messages import SAYS_IT, withdraw
from crm_api.care.terms import BirthdayCalendar, Occasion
from crm_api.care.wishes import queries
from crm_api.customers.merging.service.journal import rows_of
from crm_api.customers.merging.values import Rule
from crm_api.kit.db import db

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crm_api.customers.merging.values import Merging

WISHES = cast("sa.Table", GreetingPreferences.__table__)
LOOKED_AFTER = ("greeting_preferences",)
MERGED = "merged"
WANTED = tuple(f"wants_{occasion}" for occasion in Occasion)
BIRTHDAY = ("birthday_calendar", "birthday_on_calendar", "birthday_month", "birthday_day")


def unite_greetings(merging: Merging) -> None:
    """Greet the survivor only; what either did not want, is not wanted.

    What was planned for the merged speaks to a record that is no more: it is withdrawn, and who is
    left is planned for anew.
    """
    _withdraw_planned(merging)
    _unite_wishes(merging)


def _withdraw_planned(merging: Merging) -> None:
    planned = [row.id for row in queries.find_planned([merging.merged.id])]
    speakers = {row.id for row in find_speakers(planned)} - set(planned) if planned else set()
    for message in queries.lock_planned({*planned, *speakers}):
        withdraw(message, SAYS_IT if message.id in speakers else MERGED, at=merging.now)
    db.session.flush()


def _unite_wishes(merging: Merging) -> None:
    pair = (merging.survivor.id, merging.merged.id)
    found = {row["id"]: row for row in rows_of(WISHES, WISHES.c.id.in_(pair))}
    ours, theirs = found.get(pair[0]), found.get(pair[1])
    if theirs is None:
        return
    if ours is None:
        merging.journal.change(WISHES, theirs, {"id": pair[0]})
        return
    merging.journal.take_away(WISHES, [theirs])
    united = {name: ours[name] and theirs[name] for name in WANTED}
    if ours["birthday_calendar"] is BirthdayCalendar.AS_STATED:
        united |= {name: theirs[name] for name in BIRTHDAY}
    merging.journal.change(WISHES, ours, united)


RULE = Rule(unite_greetings)
