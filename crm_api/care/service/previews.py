"""Tell what customers would read, and how many, before anything goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.calendars import service as calendars
from crm_api.calendars.queries import festival_rules
from crm_api.care import queries
from crm_api.care.policies import rendering, salutations
from crm_api.care.policies.lengths import measure
from crm_api.care.policies.naming import SAMPLES, name_of_day
from crm_api.care.service.causes import causes_of
from crm_api.care.service.templates import lint_version
from crm_api.care.values import DayPreview, OccasionPreview, Preview
from crm_api.customers import queries as customers

if TYPE_CHECKING:
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor
    from crm_api.care.models import CareTemplate
    from crm_api.care.values import Cause


def preview_day(day: date, *, visible_to: Actor, now: datetime) -> DayPreview:
    """Return who is due on a day, counted by occasion, by what was planned and what stands against.

    `open` are those whom nothing known here stops: the governor has the last word on each.

    :raises DayOutOfRange: if the calendar does not reach the day
    """
    found: dict[tuple[str, str | None], OccasionPreview] = {}
    for cause in causes_of(day, now=now):
        key = (cause.occasion, cause.festival_key)
        occasion = found.setdefault(
            key,
            OccasionPreview(
                occasion=cause.occasion,
                festival_key=cause.festival_key,
                festival_name=cause.festival_name or None,
            ),
        )
        _count(cause, occasion, visible_to=visible_to)
    return DayPreview(on=day, is_solemn=calendars.is_solemn(day), occasions=list(found.values()))


def _count(cause: Cause, occasion: OccasionPreview, *, visible_to: Actor) -> None:
    for group in queries.count_due(cause, visible_to=visible_to):
        occasion.due += group.count
        if group.state is not None:
            occasion.by_state[group.state] += group.count
            if group.reason:
                occasion.by_reason[group.reason] += group.count
        elif obstacle := group.obstacle or cause.obstacle:
            occasion.by_reason[obstacle] += group.count
        else:
            occasion.open += group.count


def preview_version(
    template_id: str, number: int, *, customer_id: str, visible_to: Actor
) -> Preview:
    """Return a version as one customer would read it, its length on the air, and its faults.

    :raises NotFound: if there is no such version, or the customer is not the reader's to see
    """
    template = queries.get_template(template_id)
    version = queries.get_version(template, number)
    customer = customers.get_customer(customer_id, visible_to=visible_to)
    names = {rule.key: rule.name for rule in festival_rules()}
    compiled = rendering.compile_text(version.text)
    known = {
        **SAMPLES,
        "salutation": salutations.salute(customer.name, customer.gender),
        "name": salutations.say_name(customer.name),
        "festival": "、".join(names.get(key, "") for key in _festivals_of(template)),
        "anniversary": name_of_day("", ""),
    }
    text = compiled.render({name: known.get(name, f"{{{name}}}") for name in compiled.names})
    length = measure(text)
    return Preview(
        text=text,
        encoding=length.encoding,
        units=length.units,
        segments=length.segments,
        longest_segments=measure(rendering.longest_rendering(compiled)).segments,
        findings=lint_version(template, version),
    )


def _festivals_of(template: CareTemplate) -> list[str]:
    return [key for key in (template.festival_key, template.also_festival_key) if key]
