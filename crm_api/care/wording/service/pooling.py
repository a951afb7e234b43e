"""Tell where words run dry, in time for somebody to write some."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api import config
from crm_api.calendars import queries as calendar_days
from crm_api.calendars import service as calendars
from crm_api.calendars.terms import Tone
from crm_api.care.policies.choosing import Pool
from crm_api.care.terms import Occasion
from crm_api.care.wording import queries
from crm_api.care.wording.queries import pools
from crm_api.care.wording.service.house import fit_words, theme_of
from crm_api.care.wording.values import MadeFor, PoolReport, Wordless

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from crm_api.accounts.actors import Actor
    from crm_api.care.policies.choosing import Words
    from crm_api.care.policies.together import Theme

A_YEAR = timedelta(days=400)


def report_pools(*, today: date, days: int, visible_to: Actor | None) -> list[PoolReport]:
    """Return what there is to say on each occasion, the next festival first.

    Whoever hears nothing else needs one text more than must lie between two that are alike. Who
    gets nothing is known for the days planned; managers see those of their own teams.
    """
    names = {r.key: r.name for r in calendar_days.festival_rules() if r.tone != Tone.SOLEMN}
    next_days = {f.key: f.on for f in reversed(calendars.festivals_between(today, today + A_YEAR))}
    approved = queries.approved_versions()
    fit = fit_words(approved)
    in_all = Counter(theme_of(template) for _, template in approved)
    awaiting = {(row.occasion, row.festival_key): row.count for row in pools.count_awaiting()}
    wordless = _wordless(today, days=days, festival_keys=names, visible_to=visible_to)
    found = []
    for theme in _themes(names, next_days):
        pool = fit.get(frozenset({theme}), Pool())
        occasion, festival_key = theme
        found.append(
            PoolReport(
                occasion=occasion,
                festival_key=festival_key,
                festival_name=names.get(festival_key or ""),
                next_on=next_days.get(festival_key or ""),
                texts=_count([w for w in pool.words if w.tiers is None and w.styles is None]),
                wanted=_wanted(),
                awaiting_approval=awaiting.get(theme, 0),
                unfit=in_all[frozenset({theme})] - len(pool.words),
                made_for=_made_for(pool.words),
                wordless=[_group(row, pool) for row in wordless.get(theme, ())],
            )
        )
    return found


def _themes(names: Mapping[str, str], next_days: Mapping[str, date]) -> list[Theme]:
    festivals = sorted((key for key in names if key in next_days), key=lambda k: (next_days[k], k))
    days: list[Theme] = [(Occasion.FESTIVAL, key) for key in festivals]
    return [*((o, None) for o in Occasion if o is not Occasion.FESTIVAL), *days]


def _wanted() -> int:
    return config.current().fresh_occasions + 1


def _wordless(
    today: date, *, days: int, festival_keys: Iterable[str], visible_to: Actor | None
) -> dict[Theme, list[Any]]:
    found: dict[Theme, list[Any]] = {}
    last = today + timedelta(days=days - 1)
    for row in pools.count_wordless(
        first=today, last=last, festival_keys=festival_keys, visible_to=visible_to
    ):
        found.setdefault((row.occasion, row.festival_key), []).append(row)
    return found


def _made_for(words: Sequence[Words]) -> list[MadeFor]:
    """Count texts by whom they are made for; those for everybody are counted apart."""
    special = [w for w in words if w.tiers is not None or w.styles is not None]
    alike: dict[tuple[Any, Any], list[Words]] = {}
    for w in special:
        alike.setdefault((_listed(w.tiers), _listed(w.styles)), []).append(w)
    return [
        MadeFor(tiers=tiers, styles=styles, texts=_count(alike[tiers, styles]))
        for tiers, styles in sorted(alike, key=str)
    ]


def _listed(values: frozenset[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(sorted(values))


def _group(row: Any, pool: Pool) -> Wordless:
    words = [w for alike in pool.ranked_for(row.tier, row.style) for w in alike]
    texts = _count(words)
    return Wordless(
        tier=row.tier,
        style=row.style,
        people=row.people,
        texts=texts,
        add=max(1, _wanted() - texts),
    )


def _count(words: Iterable[Words]) -> int:
    """Count texts that differ: the same words in two templates are as stale as in one."""
    return len({w.compiled.pieces for w in words})
