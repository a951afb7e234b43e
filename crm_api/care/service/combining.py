"""One message says two occasions of a day, where a template is made for both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from crm_api.calendars.queries import festival_rules
from crm_api.care import queries
from crm_api.care.models import CareMessage
from crm_api.care.policies import lengths
from crm_api.care.policies.choosing import choose, stable_number
from crm_api.care.policies.together import theme_of, values_for
from crm_api.care.queries import together
from crm_api.care.terms import MessageState
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crm_api.care.policies.choosing import LastTime, Words
    from crm_api.care.policies.together import Pair

MESSAGES = cast("sa.Table", CareMessage.__table__)


def say_together(winner_slot_ids: Iterable[str]) -> int:
    """Let winners say what their losers would have said; return how many do.

    A message says two occasions at the most: its own, and the dearest of the others for which
    there is a fresh text of its category. What a gateway has in hand stays as it is.
    """
    words = together.words_for_both()
    pairs = together.find_pairs(winner_slot_ids) if words else ()
    if not pairs:
        return 0
    festivals = {rule.key: rule.name for rule in festival_rules()}
    last_times = _last_times(pairs)
    texts: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        if pair.id not in texts:
            last = last_times.get(pair.id)
            row = _text(pair, words=words, last=last, festivals=festivals)
            texts |= {pair.id: row} if row else {}
    if texts:
        its_id: sa.BindParameter[str] = sa.bindparam("its_id")
        waiting = sa.and_(MESSAGES.c.id == its_id, MESSAGES.c.state == MessageState.QUEUED)
        rows = [texts[message_id] for message_id in sorted(texts)]
        db.session.connection().execute(sa.update(MESSAGES).where(waiting), rows)
    return len(texts)


def _last_times(pairs: Sequence[Any]) -> dict[str, LastTime]:
    """Return what each customer was told last before the day that is to be said."""
    found: dict[str, LastTime] = {}
    for day in sorted({pair.on_day for pair in pairs}):
        of_day = [pair for pair in pairs if pair.on_day == day]
        told = queries.find_last_time([pair.customer_id for pair in of_day], before=day)
        found |= {p.id: told[p.customer_id] for p in of_day if p.customer_id in told}
    return found


def _text(
    pair: Any,
    *,
    words: Mapping[Pair, Sequence[Words]],
    last: LastTime | None,
    festivals: Mapping[str, str],
) -> dict[str, Any] | None:
    own = theme_of(pair.occasion, pair.occurrence)
    also = theme_of(pair.also_occasion, pair.also_occurrence)
    fitting = [w for w in words.get(frozenset({own, also}), ()) if w.category is pair.category]
    values = values_for(pair, festivals=festivals)
    chosen = choose(stable_number(pair.occurrence), among=fitting, last=last, values=values)
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
