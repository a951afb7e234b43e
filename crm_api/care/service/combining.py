"""One message says two occasions of a day, where a template is made for both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from crm_api.calendars.queries import festival_rules
from crm_api.care import queries
from crm_api.care.models import CareMessage
from crm_api.care.policies import lengths
from crm_api.care.policies.choosing import NOTHING_TOLD, choose, turn_of
from crm_api.care.policies.together import event_of, theme_of, values_for
from crm_api.care.queries import together
from crm_api.care.service.causes import window_on
from crm_api.care.terms import MessageState
from crm_api.care.values import NO_WORDS
from crm_api.care.wording import queries as wording_queries
from crm_api.care.wording import service as wording
from crm_api.kit.db import db
from crm_api.kit.touches import touching

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crm_api.care.policies.choosing import Pool, Told
    from crm_api.care.policies.together import Pair

MESSAGES = cast("sa.Table", CareMessage.__table__)


def say_together(winner_slot_ids: Iterable[str]) -> int:
    """Let winners say what their losers would have said; return how many do.

    A message says two occasions at the most: its own, and the dearest of the others for which
    there is a fresh text of its category. What a gateway has in hand stays as it is.
    """
    winners = set(winner_slot_ids)
    if not winners:  # as a rule: few share a day with another greeting of their own
        return 0
    approved = wording_queries.approved_versions(for_both=True)
    pairs = together.find_pairs(winners) if approved else ()
    if not pairs:
        return 0
    words = wording.fit_words(approved)
    names = _names_in(pairs)
    told = _told_besides(pairs)
    texts: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        if pair.id not in texts:
            values = values_for(pair, names=names)
            heard = told.get(pair.id, NOTHING_TOLD)
            row = _text(pair, words=words, told=heard, values=values)
            texts |= {pair.id: row} if row else {}
    if texts:
        its_id: sa.BindParameter[str] = sa.bindparam("its_id")
        waiting = sa.and_(MESSAGES.c.id == its_id, MESSAGES.c.state == MessageState.QUEUED)
        rows = [texts[message_id] for message_id in sorted(texts)]
        change = touching(sa.update(MESSAGES).where(waiting), texts)
        db.session.connection().execute(change, rows)
    return len(texts)


def _names_in(pairs: Sequence[Any]) -> dict[str, str]:
    """Return how the festivals are called, and the life events that these name."""
    said = [(pair.occasion, pair.occurrence) for pair in pairs]
    said += [(pair.also_occasion, pair.also_occurrence) for pair in pairs]
    events = {event_id for one in said if (event_id := event_of(*one))}
    festivals = {rule.key: rule.name for rule in festival_rules()}
    return festivals | (together.names_of_events(events) if events else {})


def _told_besides(pairs: Sequence[Any]) -> dict[str, Told]:
    """Return what each customer hears around the day that is to be said, but not on it."""
    found: dict[str, Told] = {}
    for day in sorted({pair.on_day for pair in pairs}):
        of_day = [pair for pair in pairs if pair.on_day == day]
        persons = {pair.customer_id: pair.person_id for pair in of_day}
        told = queries.find_told(persons, around=window_on(day), but_for=day)
        found |= {p.id: told[p.customer_id] for p in of_day if p.customer_id in told}
    return found


def _text(
    pair: Any,
    *,
    words: Mapping[Pair, Pool],
    told: Told,
    values: Mapping[str, str],
) -> dict[str, Any] | None:
    own = theme_of(pair.occasion, pair.occurrence)
    also = theme_of(pair.also_occasion, pair.also_occurrence)
    pool = words.get(frozenset({own, also}), NO_WORDS)
    ranked = pool.ranked_for(pair.tier, pair.style)
    fitting = [[w for w in alike if w.category is pair.category] for alike in ranked]
    chosen = choose(turn_of(pair.occurrence), among=filter(None, fitting), told=told, values=values)
    if chosen is None:
        return None
    said, text = chosen
    length = lengths.measure(text)
    return {
        "its_id": pair.id,
        "template_id": said.template_id,
        "template_version": said.number,
        "text": text,
        "encoding": length.encoding,
        "segments": length.segments,
    }
