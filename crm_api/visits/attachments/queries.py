"""What hangs on visits, and who sees it: whoever sees the visit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from crm_api.attachments.models import Attachment
from crm_api.kit.db import db
from crm_api.kit.paging import Page, PageRequest, fetch_page
from crm_api.visits.models import Promise, Visit, VisitAttachment
from crm_api.visits.queries.access import limit_to
from crm_api.visits.queries.visits import get_visit

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor

WHOLE = joinedload(VisitAttachment.attachment).joinedload(Attachment.file)


def shows_attachment(attachment_id: Any, visible_to: Actor) -> sa.ColumnElement[bool]:
    """Return the condition that an attachment hangs on a visit that somebody may see."""
    hanging = sa.select(VisitAttachment.attachment_id).join(
        Visit, Visit.id == VisitAttachment.visit_id
    )
    seen = limit_to(hanging, Visit, visible_to=visible_to)
    return seen.where(VisitAttachment.attachment_id == attachment_id).exists()


def visit_attachments(visit_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return what hangs on a visit, in the order in which it was attached.

    :raises NotFound: if there is no such visit, or none that the actor may see
    """
    get_visit(visit_id, visible_to=visible_to)
    statement = sa.select(VisitAttachment).where(VisitAttachment.visit_id == visit_id)
    by = (VisitAttachment.created_at, VisitAttachment.attachment_id)
    return fetch_page(statement.options(WHOLE), by=by, page=page)


def find_visit_attachment(visit_id: str, attachment_id: str) -> VisitAttachment | None:
    """Return what a file is to a visit, if it hangs on it."""
    return db.session.scalars(_one(visit_id, attachment_id)).one_or_none()


def get_visit_attachment(visit_id: str, attachment_id: str) -> VisitAttachment:
    """Return what a file is to a visit that it hangs on."""
    return db.session.scalars(_one(visit_id, attachment_id)).one()


def _one(visit_id: str, attachment_id: str) -> sa.Select[VisitAttachment]:
    statement = sa.select(VisitAttachment).where(
        VisitAttachment.visit_id == visit_id, VisitAttachment.attachment_id == attachment_id
    )
    return statement.options(WHOLE).execution_options(populate_existing=True)


def is_evidence(attachment_id: str, *, customer_id: str) -> bool:
    """Tell whether a file shows that a promise to the customer was kept."""
    shown = sa.exists().where(
        Promise.customer_id == customer_id, Promise.kept_attachment_id == attachment_id
    )
    return db.session.scalar(sa.select(shown)) is True


def count_attachments(visit_id: str) -> int:
    """Return how many files hang on a visit."""
    hanging = sa.select(sa.func.count()).where(VisitAttachment.visit_id == visit_id)
    return db.session.scalar(hanging) or 0
