"""What holds for every text today: the signature, the calendar's tones, the forbidden words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_api import config
from crm_api.calendars import queries as calendar_days
from crm_api.care.policies.choosing import Pool, Words
from crm_api.care.policies.rendering import compile_text
from crm_api.care.wording import queries
from crm_api.care.wording.policies import linting
from crm_api.customers.terms import CommunicationStyle, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crm_api.care.models import CareTemplate, CareTemplateVersion
    from crm_api.care.policies.together import Pair
    from crm_api.care.wording.policies.linting import Draft, Finding, Forbidden


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What texts are measured by."""

    signature: str
    tones: Mapping[str, str]  # of the festivals, by key
    forbidden: tuple[Forbidden, ...]


def house_of_today() -> House:
    """Return what texts are measured by now."""
    return House(
        signature=config.current().sms_signature,
        tones={rule.key: rule.tone for rule in calendar_days.festival_rules()},
        forbidden=queries.forbidden_words(),
    )


def draft_of(
    template: CareTemplate, text: str, *, house: House, others: frozenset[str] = frozenset()
) -> Draft:
    """Return a text of a template as the lint takes it."""
    keys = (template.festival_key, template.also_festival_key)
    return linting.Draft(
        text=text,
        occasion=template.occasion,
        also_occasion=template.also_occasion,
        category=template.category,
        signature=house.signature,
        tones=frozenset(house.tones[key] for key in keys if key is not None and key in house.tones),
        tiers=frozenset(template.tiers or ()),
        styles=frozenset(template.styles or ()),
        forbidden=house.forbidden,
        others=others,
    )


def lint_version(
    template: CareTemplate, version: CareTemplateVersion, *, house: House | None = None
) -> Sequence[Finding]:
    """Return all that is wrong with a version today."""
    return linting.lint(draft_of(template, version.text, house=house or house_of_today()))


def words_in_use() -> dict[Pair, Pool]:
    """Return what may be said, by what it is about: one occasion, or two of one day."""
    return fit_words(queries.approved_versions())


def fit_words(approved: Iterable[Any]) -> dict[Pair, Pool]:
    """Return those of these approved versions that may be said today.

    A version that breaks a rule since, such as a word forbidden meanwhile, is said no more.
    """
    house = house_of_today()
    found: dict[Pair, list[Words]] = {}
    for version, template in approved:
        if linting.is_fit(draft_of(template, version.text, house=house)):
            found.setdefault(theme_of(template), []).append(words_of(template, version))
    return {theme: Pool(words) for theme, words in found.items()}


def theme_of(template: CareTemplate) -> Pair:
    """Return what a template is about: one occasion, or two."""
    own = (template.occasion, template.festival_key)
    if template.also_occasion is None:
        return frozenset({own})
    return frozenset({own, (template.also_occasion, template.also_festival_key)})


def words_of(template: CareTemplate, version: CareTemplateVersion) -> Words:
    """Return a version as the planner uses it."""
    tiers, styles = template.tiers, template.styles
    return Words(
        template_id=template.id,
        number=version.number,
        category=template.category,
        compiled=compile_text(version.text),
        tiers=None if tiers is None else frozenset(map(Tier, tiers)),
        styles=None if styles is None else frozenset(map(CommunicationStyle, styles)),
    )
