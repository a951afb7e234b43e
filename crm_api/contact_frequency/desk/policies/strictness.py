"""Whether one rule allows anything that another forbids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.terms import RuleKind, Strength

if TYPE_CHECKING:
    from crm_api.contact_frequency.policies import Rule

ALIKE = ("kind", "strength", "days", "period")
AT_LEAST = ("channels", "categories", "subjects", "counted_channels", "counted_categories")


def loosened_fields(rule: Rule, *, law: Rule) -> list[str]:
    """Return the fields in which a rule may allow what the law forbids.

    Cautious: what cannot be compared counts as loosened.
    """
    loosened = [name for name in ALIKE if getattr(rule, name) != getattr(law, name)]
    loosened += [name for name in AT_LEAST if not getattr(rule, name) >= getattr(law, name)]
    loosened += _of_amounts(rule, law) if law.kind is not RuleKind.WINDOW else _of_hours(rule, law)
    if not rule.loosened_by <= law.loosened_by or (law.loosened_by and rule.ceiling != law.ceiling):
        loosened.append("loosened_by")
    if rule.strength is Strength.LEGAL and rule.overridable_by:
        loosened.append("overridable_by")
    return sorted(loosened)


def _of_amounts(rule: Rule, law: Rule) -> list[str]:
    found = []
    if (rule.limit or 0) > (law.limit or 0):
        found.append("limit")
    if (rule.seconds or 0) < (law.seconds or 0):
        found.append("seconds")
    return found


def _of_hours(rule: Rule, law: Rule) -> list[str]:
    is_looser = {
        "opens": rule.opens < law.opens,
        "closes": rule.closes > law.closes,
        "weekdays": not rule.weekdays <= law.weekdays,
        "workdays_only": law.workdays_only and not rule.workdays_only,
        "closed_on_solemn_days": law.closed_on_solemn_days and not rule.closed_on_solemn_days,
        "greetings_only": rule.greetings_only and not law.greetings_only,
        "waived_by": rule.waived_by not in (None, law.waived_by),
    }
    return [name for name, looser in is_looser.items() if looser]
