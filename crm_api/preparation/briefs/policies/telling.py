"""What of a customer is worth saying before a visit. Plain values in, plain values out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api.visits.policies.learning import CONFIRMABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

STALE_AFTER = timedelta(days=180)
DATES_AHEAD = timedelta(days=45)
# What the signal of an ending contract looks at: under two months.
CONTRACT_AHEAD = timedelta(days=60)


def facts_to_confirm(
    profile: Mapping[str, Any],
    *,
    learned_at: Mapping[str, datetime],
    told_at: datetime,
    now: datetime,
) -> list[dict[str, Any]]:
    """Return what to ask after: what nobody knows, and what nobody confirmed for half a year."""
    found: list[dict[str, Any]] = []
    for name in CONFIRMABLE:
        last = max(learned_at.get(name, told_at), told_at)
        if not profile.get(name):
            found.append({"field": name, "why": "unknown", "last_learned_at": None})
        elif now - last > STALE_AFTER:
            found.append({"field": name, "why": "stale", "last_learned_at": last})
    return found


def openers(
    profile: Mapping[str, Any],
    *,
    dates: Iterable[Mapping[str, Any]],
    promises: Iterable[Mapping[str, Any]],
) -> list[dict[str, str]]:
    """Return what to begin with, the nearest to the customer's heart first."""
    days = [d for d in dates if not d["is_solemn"] and d["kind"] != "contract_end"]
    found = [{"about": "promise", "topic": p["text"]} for p in promises]
    found += [{"about": "own_day", "topic": d["label"]} for d in days if d["whose"]]
    found += [{"about": "small_request", "topic": r} for r in profile["small_requests"]]
    found += [{"about": "interest", "topic": i} for i in profile["interests"]]
    found += [{"about": "work", "topic": e} for e in [profile["employer"]] if e]
    return found + [{"about": "festival", "topic": d["label"]} for d in days if not d["whose"]]


def topics_to_avoid(
    wishes: Iterable[Mapping[str, Any]],
    *,
    dates: Iterable[Mapping[str, Any]],
    is_solemn_day: bool,
    went_badly: str,
) -> list[dict[str, str]]:
    """Return what not to touch, and why: a day of grief is none to be cheerful about."""
    found = [{"why": "wish", "topic": _wish(wish)} for wish in wishes]
    if is_solemn_day:
        found.append({"why": "solemn_day", "topic": "congratulations"})
    griefs = [d["label"] for d in dates if d["whose"] and d["is_solemn"]]
    found += [{"why": "solemn_day", "topic": label} for label in dict.fromkeys(griefs)]
    if went_badly:
        found.append({"why": "went_badly_last_time", "topic": went_badly})
    return found


def with_words(
    facts: Iterable[Mapping[str, str]], words: Iterable[Mapping[str, Any]], *, name: str
) -> list[dict[str, Any]]:
    """Return what is known of this customer, and after it what the library says of such cases."""
    own = [{**fact, "words": None} for fact in facts]
    return [*own, *({name: w["situation"], "topic": w["text"], "words": w} for w in words)]


def _wish(wish: Mapping[str, Any]) -> str:
    parts = [*(wish["categories"] or ["any offer"]), *(wish["channels"] or [])]
    return ", ".join(parts) + (f": {wish['note']}" if wish["note"] else "")
