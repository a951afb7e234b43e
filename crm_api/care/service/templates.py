"""Write templates, and have a second person answer for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api import config
from crm_api.audit import service as audit
from crm_api.calendars import queries as calendar_days
from crm_api.care import queries
from crm_api.care.errors import TemplateNameTaken, TemplateNotFit
from crm_api.care.models import CareTemplate, CareTemplateVersion
from crm_api.care.policies import linting
from crm_api.care.terms import Occasion, TemplateStatus
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.care.policies.linting import Finding
    from crm_api.care.policies.together import Theme
    from crm_api.customers.terms import Category


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
) -> CareTemplate:
    """Make a template with its first draft. The same id with the same content is a repeat.

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
    }
    _require_occasions((occasion, festival_key), (also_occasion, also_festival_key))
    if id is not None and (known := queries.find_template(id)) is not None:
        return _repeat(known, content, text)
    if queries.find_template_named(name) is not None:
        raise TemplateNameTaken
    template = CareTemplate(id=id or new_id(), created_at=now, **content)
    template.versions = [_draft(template, text, by=by, now=now)]
    db.session.add(template)
    db.session.flush()
    return template


def _require_occasions(first: Theme, second: tuple[Occasion | None, str | None]) -> None:
    tone_of(*first)
    occasion, festival_key = second
    if occasion is not None:
        tone_of(occasion, festival_key, pointer="/also_festival_key")
    elif festival_key is not None:
        raise Invalid("/also_occasion", "Name the occasion of the second festival.")
    if first == second:
        raise Invalid("/also_occasion", "Name another occasion, or none.")


def tone_of(
    occasion: Occasion, festival_key: str | None, *, pointer: str = "/festival_key"
) -> str | None:
    """Return the tone of a template's festival, if it is for one.

    :raises Invalid: if the festival is missing, unknown, or not what the occasion is about
    """
    if (occasion is Occasion.FESTIVAL) != (festival_key is not None):
        raise Invalid(pointer, "Name the festival of a festival template, and of no other.")
    if festival_key is None:
        return None
    tones = {rule.key: rule.tone for rule in calendar_days.festival_rules()}
    if festival_key not in tones:
        raise Invalid(pointer, "The calendar knows no such festival.")
    return tones[festival_key]


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
    """
    template = queries.get_template(template_id, locked=True)
    version = _draft(template, text, by=by, now=now)
    version.number = template.versions[-1].number + 1
    template.versions.append(version)
    db.session.flush()
    return template


def submit_version(template_id: str, number: int, *, by: Actor, now: datetime) -> CareTemplate:
    """Offer a draft for approval, if nothing is wrong with it.

    :raises NotFound: if there is no such version
    :raises TemplateNotFit: if the lint finds an error
    :raises NotADraft: if it was offered before by somebody else
    """
    template = queries.get_template(template_id, locked=True)
    version = queries.get_version(template, number)
    if version.status is TemplateStatus.SUBMITTED and version.submitted_by_id == by.id:
        return template
    _require_fit(template, version)
    version.submit(by_id=by.id, at=now)
    db.session.flush()
    return template


def approve_version(template_id: str, number: int, *, by: Actor, now: datetime) -> CareTemplate:
    """Let a version reach customers in the place of the one before.

    It is linted again, because the signature or the calendar may have changed meanwhile.

    :raises NotFound: if there is no such version
    :raises OwnTemplate: if the approver wrote or submitted it
    :raises NotAwaitingApproval: if it was not submitted
    :raises TemplateNotFit: if the lint finds an error by now
    """
    template = queries.get_template(template_id, locked=True)
    version = queries.get_version(template, number)
    if version.status is TemplateStatus.APPROVED and version.approved_by_id == by.id:
        return template
    _require_fit(template, version)
    for older in template.versions:
        if older.status is TemplateStatus.APPROVED:
            older.retire()
    db.session.flush()  # before the new one: a template has one approved version
    version.approve(by_id=by.id, at=now)
    db.session.flush()
    audit.record(
        "care_template.approved",
        by_id=by.id,
        at=now,
        subject_kind="care_template",
        subject_id=template.id,
        details={"number": number},
    )
    return template


def _require_fit(template: CareTemplate, version: CareTemplateVersion) -> None:
    errors = [f for f in lint_version(template, version) if f.severity is linting.Severity.ERROR]
    if errors:
        raise TemplateNotFit([{"code": f.code, "message": f.message} for f in errors])


def lint_version(template: CareTemplate, version: CareTemplateVersion) -> list[Finding]:
    """Return all that is wrong with a version."""
    return linting.lint(
        linting.Draft(
            text=version.text,
            occasion=template.occasion,
            category=template.category,
            signature=config.current().sms_signature,
            also_occasion=template.also_occasion,
            tones=_tones_of(template),
        )
    )


def _tones_of(template: CareTemplate) -> frozenset[str]:
    tones = {tone_of(template.occasion, template.festival_key)}
    if template.also_occasion is not None:
        tones.add(tone_of(template.also_occasion, template.also_festival_key))
    return frozenset(tone for tone in tones if tone is not None)
