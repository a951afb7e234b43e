"""When a channel is open at all, whoever the customer: what a dispatcher can know beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.hours import open_hours
from crm_api.contact_frequency.queries.frames import frame_at
from crm_api.contact_frequency.terms import ScopeKind, Strength
from crm_api.customers.terms import Category

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.contact_frequency.policies import PolicyFrame, Rule
    from crm_api.customers.terms import Channel


def open_until(channel: Channel, *, now: datetime) -> dict[Category, datetime]:
    """Return the categories that hours and solemn days allow now, and when that ends for each.

    Only a hint for those who hand out work: a window may be waived for one contact, or be
    narrower for one customer, and the second gate judges each by itself.
    """
    frame, at = frame_at(now), moments.micros(now)
    closing = {category: _closes(channel, category, frame=frame, at=at) for category in Category}
    return {c: moments.moment_of(end) for c, end in closing.items() if end is not None}


def _closes(channel: Channel, category: Category, *, frame: PolicyFrame, at: int) -> int | None:
    """Return when the first of the windows closes that are open now; None if one is closed."""
    ends = [moments.day_start(moments.local_day(at, frame.zone) + 1, frame.zone)]
    for rule in frame.rules:
        if not _binds_all(rule) or not rule.can_block(channel, category):
            continue
        hours = open_hours(rule, frame, moments.local_day(at, frame.zone))
        if hours is None or not hours[0] <= at < hours[1]:
            return None
        ends.append(hours[1])
    return min(ends)


def _binds_all(rule: Rule) -> bool:
    is_firm = rule.strength is not Strength.SOFT
    return is_firm and not rule.is_cap and rule.scope_kind is ScopeKind.ORGANISATION
