"""Show texts before anybody gets them."""

from __future__ import annotations

from difflib import SequenceMatcher
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from crm_api.calendars import queries as calendar_days
from crm_api.care.policies import naming, rendering, salutations
from crm_api.care.policies.lengths import measure
from crm_api.care.wording import queries
from crm_api.care.wording.policies import linting
from crm_api.care.wording.service.drafting import require_occasions
from crm_api.care.wording.service.house import draft_of, house_of_today, theme_of
from crm_api.care.wording.terms import Change
from crm_api.care.wording.values import Comparison, Piece, Preflight
from crm_api.customers.terms import Gender

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crm_api.care.models import CareTemplate
    from crm_api.customers.models import Customer

SOMEBODY = {"name": "王小明", "salutation": salutations.salute("王小明", Gender.MALE)}


def preflight_template(*, text: str, **content: Any) -> Preflight:
    """Tell what a text would read like and what is wrong with it, and store nothing.

    :raises Invalid: if the festival is missing, unknown, or not what the occasion is about
    """
    require_occasions(
        (content["occasion"], content["festival_key"]),
        (content["also_occasion"], content["also_festival_key"]),
    )
    template: Any = SimpleNamespace(**content)
    return show(template, text, values=SOMEBODY)


def show(template: CareTemplate, text: str, *, values: Mapping[str, str]) -> Preflight:
    """Return a text as it reads for somebody; what it cannot name stays as it stands."""
    compiled = rendering.compile_text(text)
    known = {**values_known(template), **values}
    said = compiled.render({name: known.get(name, f"{{{name}}}") for name in compiled.names})
    length, longest = measure(said), measure(rendering.longest_rendering(compiled))
    draft = draft_of(template, text, house=house_of_today(), others=_others(template))
    return Preflight(
        text=said,
        encoding=length.encoding,
        units=length.units,
        segments=length.segments,
        longest_units=longest.units,
        longest_segments=longest.segments,
        findings=linting.lint(draft),
    )


def _others(template: CareTemplate) -> frozenset[str]:
    """Return what is in use for the same occasion by other templates."""
    own_id = getattr(template, "id", None)
    return frozenset(
        version.text
        for version, other in queries.approved_versions()
        if other.id != own_id and theme_of(other) == theme_of(template)
    )


def values_known(template: CareTemplate) -> dict[str, str]:
    """Return what a text may name where nothing is known of the day: the festival, and samples."""
    names = {rule.key: rule.name for rule in calendar_days.festival_rules()}
    keys = [key for key in (template.festival_key, template.also_festival_key) if key]
    return {
        **naming.SAMPLES,
        "festival": "、".join(names.get(key, "") for key in keys),
        "anniversary": naming.name_of_day("", ""),
    }


def values_of(customer: Customer) -> dict[str, str]:
    """Return how a customer is called."""
    return {
        "salutation": salutations.salute(customer.name, customer.gender),
        "name": salutations.say_name(customer.name),
    }


def compare_versions(template_id: str, *, older: int, newer: int) -> Comparison:
    """Return two versions of a template, piece by piece, with their lengths and faults.

    :raises NotFound: if there is no such template or version
    """
    template = queries.get_template(template_id)
    texts = [queries.get_version(template, number).text for number in (older, newer)]
    return Comparison(
        pieces=list(_pieces(*texts)),
        older=show(template, texts[0], values=SOMEBODY),
        newer=show(template, texts[1], values=SOMEBODY),
    )


def _pieces(older: str, newer: str) -> Iterator[Piece]:
    for kind, a, b, c, d in SequenceMatcher(None, older, newer, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece(Change.SAME, older[a:b])
            continue
        if b > a:
            yield Piece(Change.REMOVED, older[a:b])
        if d > c:
            yield Piece(Change.ADDED, newer[c:d])
