"""What an override sets aside: nothing legal, nothing that its approver did not see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.contact_frequency.policies.barriers import GRACE
from crm_api.contact_frequency.terms import Strength

if TYPE_CHECKING:
    from crm_api.contact_frequency.policies.facts import OverrideFact
    from crm_api.contact_frequency.policies.limits import Hit, Limit


def sets_aside(override: OverrideFact | None, limit: Limit, hit: Hit, *, at: int) -> bool:
    """Tell whether an override lets a contact at this moment go beyond a limit.

    Its approver saw which limits those were. Those that came since, and those which meanwhile may
    not be overridden by that role any more, stand.
    """
    if override is None or not override.first <= at <= override.last + GRACE:
        return False
    source = limit.source
    if source.strength is Strength.LEGAL or override.role not in source.overridable_by:
        return False
    name = source.rule.key if source.rule else str(hit.code)
    return (name, source.subject_id) in override.waives


def waivers_of(trace: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what an override of a refusal would set aside: all that blocked there.

    Also what an earlier override set aside in vain, since it did not reach far enough.
    """
    found = [*trace["reasons"], *trace.get("overridden", ())]
    firm = [reason for reason in found if reason["strength"] != Strength.SOFT]
    return [(reason["policy_key"] or reason["code"], reason["subject"]["id"]) for reason in firm]


def roles_of(trace: dict[str, Any]) -> list[str]:
    """Return the roles each of which may set all of that aside."""
    before = trace.get("overridden", ())
    return [
        role
        for role in trace["may_be_overridden_by"]
        if all(role in reason["overridable_by"] for reason in before)
    ]
