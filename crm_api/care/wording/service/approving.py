"""Have a second person answer for what reaches customers, and take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.models import Role
from crm_api.audit import service as audit
from crm_api.care.errors import NotYourTemplate, TemplateNotFit, TemplateRetired
from crm_api.care.terms import TemplateStatus
from crm_api.care.wording import queries
from crm_api.care.wording.policies.linting import Severity
from crm_api.care.wording.service.house import lint_version
from crm_api.kit.db import db

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.care.models import CareTemplate, CareTemplateVersion

OPEN = frozenset({TemplateStatus.DRAFT, TemplateStatus.SUBMITTED, TemplateStatus.APPROVED})


def submit_version(template_id: str, number: int, *, by: Actor, now: datetime) -> CareTemplate:
    """Offer a draft for approval, if nothing is wrong with it.

    :raises NotFound: if there is no such version
    :raises TemplateRetired: if the template is out of use
    :raises TemplateNotFit: if the lint finds an error
    :raises NotADraft: if it was offered before by somebody else
    """
    template, version = _open(template_id, number)
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
    :raises TemplateRetired: if the template is out of use
    :raises OwnTemplate: if the approver wrote or submitted it
    :raises NotAwaitingApproval: if it was not submitted
    :raises TemplateNotFit: if the lint finds an error by now
    """
    template, version = _open(template_id, number)
    if version.status is TemplateStatus.APPROVED and version.approved_by_id == by.id:
        return template
    _require_fit(template, version)
    for older in template.versions:
        if older.status is TemplateStatus.APPROVED:
            older.retire()
    db.session.flush()  # before the new one: a template has one approved version
    version.approve(by_id=by.id, at=now)
    _note("approved", template, by=by, now=now, number=number)
    return template


def reject_version(
    template_id: str, number: int, *, reason: str, by: Actor, now: datetime
) -> CareTemplate:
    """Send a submitted version back to its author, who drafts a new one.

    :raises NotFound: if there is no such version
    :raises NotAwaitingApproval: if it was not submitted
    """
    template = queries.get_template(template_id, locked=True)
    version = queries.get_version(template, number)
    if _is_repeat(version, TemplateStatus.REJECTED, reason=reason, by=by):
        return template
    version.reject(by_id=by.id, at=now, because=reason)
    _note("rejected", template, by=by, now=now, number=number)
    return template


def withdraw_version(
    template_id: str, number: int, *, reason: str, by: Actor, now: datetime
) -> CareTemplate:
    """Take a version back: a draft or what was submitted, and out of use what is approved.

    Messages that are queued keep their text; list them by template to see or stop them.

    :raises NotFound: if there is no such version
    :raises NotYourTemplate: if neither its author nor a manager asks; only the latter once approved
    :raises VersionEnded: if it came to an end before
    """
    template = queries.get_template(template_id, locked=True)
    version = queries.get_version(template, number)
    if _is_repeat(version, TemplateStatus.WITHDRAWN, reason=reason, by=by) or _is_repeat(
        version, TemplateStatus.RETIRED, reason=reason, by=by
    ):
        return template
    _require_say(version, by=by)
    version.end(by_id=by.id, at=now, because=reason)
    _note("withdrawn", template, by=by, now=now, number=number)
    return template


def retire_template(template_id: str, *, reason: str, by: Actor, now: datetime) -> CareTemplate:
    """Take a template out of use for good, with all its versions.

    :raises NotFound: if there is no such template
    """
    template = queries.get_template(template_id, locked=True)
    if template.retired_at is not None:
        return template
    template.retired_at = now
    for version in template.versions:
        if version.status in OPEN:
            version.end(by_id=by.id, at=now, because=reason)
    _note("retired", template, by=by, now=now)
    return template


def _open(template_id: str, number: int) -> tuple[CareTemplate, CareTemplateVersion]:
    template = queries.get_template(template_id, locked=True)
    if template.retired_at is not None:
        raise TemplateRetired
    return template, queries.get_version(template, number)


def _require_fit(template: CareTemplate, version: CareTemplateVersion) -> None:
    errors = [f for f in lint_version(template, version) if f.severity is Severity.ERROR]
    if errors:
        raise TemplateNotFit([{"code": f.code, "message": f.message} for f in errors])


def _require_say(version: CareTemplateVersion, *, by: Actor) -> None:
    is_own = by.id in (version.drafted_by_id, version.submitted_by_id)
    is_approved = version.status is TemplateStatus.APPROVED
    if by.role is Role.ACCOUNT_MANAGER and (is_approved or not is_own):
        raise NotYourTemplate


def _is_repeat(
    version: CareTemplateVersion, status: TemplateStatus, *, reason: str, by: Actor
) -> bool:
    said = (version.status, version.ended_by_id, version.ended_because)
    return said == (status, by.id, reason)


def _note(what: str, template: CareTemplate, *, by: Actor, now: datetime, **details: Any) -> None:
    db.session.flush()
    audit.record(
        f"care_template.{what}",
        by_id=by.id,
        at=now,
        subject_kind="care_template",
        subject_id=template.id,
        details=details,
    )
