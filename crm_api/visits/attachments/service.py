"""Photos, signatures and documents of a visit. They may come long after it: phones lose the net."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.attachments import service as attachments
from crm_api.attachments.errors import AttachmentInUse
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.visits.attachments import queries
from crm_api.visits.attachments.errors import TooManyAttachments
from crm_api.visits.errors import VisitClosed
from crm_api.visits.models import VisitAttachment
from crm_api.visits.policies.progress import UNCLOSED
from crm_api.visits.service.steps import hold_visit
from crm_api.visits.terms import VisitStatus

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.visits.models import Visit

MOST_ATTACHMENTS = 50


def attach_file(
    visit_id: str, attachment_id: str, content: dict[str, Any], *, by: Actor, now: datetime
) -> VisitAttachment:
    """Hang one's own upload on a visit, or say anew what it is to it.

    Its bytes may be on their way still. What a closed visit shows stays as it was said.

    :raises VisitClosed: if the visit was called off, or is recorded and would be changed
    :raises AttachmentInUse: if the upload belongs to something else
    :raises TooManyAttachments: if the visit has as many as anybody can look at
    """
    visit = hold_visit(visit_id, by=by)
    known = queries.find_visit_attachment(visit_id, attachment_id)
    if known is not None:
        return _said_anew(visit, known, content)
    if visit.status is VisitStatus.CANCELLED:
        raise VisitClosed
    if queries.count_attachments(visit_id) >= MOST_ATTACHMENTS:
        raise TooManyAttachments(most=MOST_ATTACHMENTS)
    attachments.attach(attachment_id, by=by, now=now)
    row = VisitAttachment(
        attachment_id=attachment_id, visit_id=visit_id, by_id=by.id, created_at=now, **content
    )
    db.session.add(row)
    db.session.flush()
    return queries.get_visit_attachment(visit_id, attachment_id)


def _said_anew(visit: Visit, known: VisitAttachment, content: dict[str, Any]) -> VisitAttachment:
    changes = {name: value for name, value in content.items() if getattr(known, name) != value}
    if changes and visit.status not in UNCLOSED:
        raise VisitClosed
    for name, value in changes.items():
        setattr(known, name, value)
    return known


def detach_file(visit_id: str, attachment_id: str, *, by: Actor) -> None:
    """Take a file off a visit that is not closed; it is its uploader's alone again.

    :raises NotFound: if the visit has no such file
    :raises VisitClosed: if the visit is closed
    :raises AttachmentInUse: if it shows that a promise was kept
    """
    visit = hold_visit(visit_id, by=by)
    known = queries.find_visit_attachment(visit_id, attachment_id)
    if known is None:
        raise NotFound("attachment")
    if visit.status not in UNCLOSED:
        raise VisitClosed
    if queries.is_evidence(attachment_id, customer_id=visit.customer_id):
        raise AttachmentInUse
    attachments.detach(attachment_id, by=by)
    db.session.delete(known)
