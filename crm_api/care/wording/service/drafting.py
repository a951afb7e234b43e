"""Write templates and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.calendars import queries as calendar_days
from crm_api.care.errors import TemplateNameTaken, TemplateRetired
from crm_api.care.models import CareTemplate, CareTemplateVersion
from crm_api.care.terms import Occasion, TemplateStatus
from crm_api.care.wording import queries
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.care.policies.together import Theme
    from crm_api.customers.terms import Category, CommunicationStyle, Tier


def create_template(
    *,
    name: str,
    occasion: Occasion,
    festival_key: str | None,
    category: Category,
    text: str,
    by: Actor,
    now: datetime,
    id: str | None = None,
    also_occasion: Occasion | None = None,
    also_festival_key: str | None = None,
    tiers: Collection[Tier] | None = None,
    styles: Collection[CommunicationStyle] | None = None,
) -> CareTemplate:
    """Make a template with its first draft. The same id with the same content is a repeat.

    For whom it is made is settled here: whoever approves a version approves that as well.

    :raises Invalid: if the festival is missing, unknown, or not what the occasion is about
    :raises IdTaken: if the id belongs to another template
    :raises TemplateNameTaken: if the name does
    """
    content = {
        "name": name,
        "occasion": occasion,
        "festival_key": festival_key,
        "also_occasion": also_occasion,
        "also_festival_key": also_festival_key,
        "category": category,
        "tiers": None if tiers is None else sorted(set(tiers)),
        "styles": None if styles is None else sorted(set(styles)),
    }
    require_occasions((occasion, festival_key), (also_occasion, also_festival_key))
    if id is not None and (known := queries.find_template(id)) is not None:
        return _repeat(known, content, text)
    if queries.find_template_named(name) is not None:
        raise TemplateNameTaken
    template = CareTemplate(id=id or new_id(), created_at=now, **content)
    template.versions = [_draft(template, text, by=by, now=now)]
    db.session.add(template)
    db.session.flush()
    return template


def require_occasions(first: Theme, second: tuple[Occasion | None, str | None]) -> None:
    """Make sure that a text is about one occasion, or two different ones, and known festivals.

    :raises Invalid: if a festival is missing, unknown, or not what the occasion is about
    """
    _require_festival(*first)
    occasion, festival_key = second
    if occasion is not None:
        _require_festival(occasion, festival_key, pointer="/also_festival_key")
    elif festival_key is not None:
        raise Invalid("/also_occasion", "Name the occasion of the second festival.")
    if first == second:
        raise Invalid("/also_occasion", "Name another occasion, or none.")


def _require_festival(
    occasion: Occasion, festival_key: str | None, *, pointer: str = "/festival_key"
) -> None:
    if (occasion is Occasion.FESTIVAL) != (festival_key is not None):
        raise Invalid(pointer, "Name the festival of a festival template, and of no other.")
    known = {rule.key for rule in calendar_days.festival_rules()}
    if festival_key is not None and festival_key not in known:
        raise Invalid(pointer, "The calendar knows no such festival.")


def _repeat(known: CareTemplate, content: dict[str, Any], text: str) -> CareTemplate:
    is_same = all(getattr(known, name) == value for name, value in content.items())
    if not is_same or known.versions[0].text != text:
        raise IdTaken
    return known


def _draft(template: CareTemplate, text: str, *, by: Actor, now: datetime) -> CareTemplateVersion:
    return CareTemplateVersion(
        id=new_id(),
        created_at=now,
        template_id=template.id,
        number=1,
        text=text,
        status=TemplateStatus.DRAFT,
        drafted_by_id=by.id,
    )


def draft_version(template_id: str, *, text: str, by: Actor, now: datetime) -> CareTemplate:
    """Add a version to a template; what is approved stays in use until this one is.

    :raises NotFound: if there is no such template
    :raises TemplateRetired: if it is out of use
    """
    template = queries.get_template(template_id, locked=True)
    if template.retired_at is not None:
        raise TemplateRetired
    version = _draft(template, text, by=by, now=now)
    version.number = template.versions[-1].number + 1
    template.versions.append(version)
    db.session.flush()
    return template
