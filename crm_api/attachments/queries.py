"""Attachments as they stand. Who sees one sees what it hangs on; a loose one is its uploader's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from crm_api.accounts.models import Role
from crm_api.attachments.models import Attachment, AttachmentPiece, DiscardedContent, StoredFile
from crm_api.attachments.values import Upload
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, PageRequest, fetch_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor

    Shows = Callable[[Any, Actor], sa.ColumnElement[bool]]

SEE_ALL = (Role.ADMIN, Role.AUDITOR)
_holders: dict[str, Shows] = {}


def let_show(kind: str, shows: Shows) -> None:
    """Have a floor above say who sees what hangs on its records.

    It is given the column of an attachment's id and who asks, and returns a condition. Only `app`
    arranges this, so that attachments know nobody above them.
    """
    _holders[kind] = shows


def is_visible(visible_to: Actor) -> sa.ColumnElement[bool]:
    """Return the condition for attachments that somebody may see."""
    is_own = sa.true() if visible_to.role in SEE_ALL else Attachment.uploaded_by_id == visible_to.id
    loose = sa.and_(Attachment.attached_at.is_(None), is_own)
    return sa.or_(loose, *(shows(Attachment.id, visible_to) for shows in _holders.values()))


def get_attachment(
    attachment_id: str, *, visible_to: Actor, for_change: bool = False
) -> Attachment:
    """Return an attachment with its file; for a change, as it is now, locked.

    :raises NotFound: if there is none, or none that the actor may see
    """
    statement = sa.select(Attachment).where(Attachment.id == attachment_id, is_visible(visible_to))
    return _one(statement, for_change=for_change)


def get_own(attachment_id: str, *, by: Actor, for_change: bool = False) -> Attachment:
    """Return an attachment for whoever uploads it, whatever it hangs on by now.

    :raises NotFound: if there is none, or it is another's
    """
    statement = sa.select(Attachment).where(
        Attachment.id == attachment_id, Attachment.uploaded_by_id == by.id
    )
    return _one(statement, for_change=for_change)


def _one(statement: sa.Select[Any], *, for_change: bool) -> Attachment:
    if for_change:
        statement = statement.with_for_update(of=Attachment, key_share=True)
        statement = statement.execution_options(populate_existing=True)
    wanted = statement.options(joinedload(Attachment.file))
    found: Attachment | None = db.session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise NotFound("attachment")
    return found


def get_upload(attachment_id: str, *, by: Actor) -> Upload:
    """Return the values of an attachment, to be used once its transaction is over.

    :raises NotFound: if there is none, or it is another's
    """
    found = get_own(attachment_id, by=by)
    return Upload(
        id=found.id,
        digest=found.digest,
        byte_size=found.byte_size,
        received_bytes=found.received_bytes,
        status=found.status,
        refused_because=found.refused_because,
        key=found.file.key if found.file else None,
    )


def find_taken(attachment_id: str | None) -> Attachment | None:
    """Return whatever attachment has this id, seen or not, to tell a repeat from a clash."""
    return db.session.scalars(_taken(attachment_id)).one_or_none()


def get_taken(attachment_id: str) -> Attachment:
    """Return the attachment that has this id by now."""
    return db.session.scalars(_taken(attachment_id)).one()


def _taken(attachment_id: str | None) -> sa.Select[Attachment]:
    statement = sa.select(Attachment).where(Attachment.id == attachment_id)
    return statement.options(joinedload(Attachment.file))


def count_loose(uploaded_by_id: str, *, at_most: int) -> int:
    """Return how many attachments somebody uploaded that hang on nothing; no more than asked."""
    loose = sa.select(Attachment.id).where(
        Attachment.attached_at.is_(None), Attachment.uploaded_by_id == uploaded_by_id
    )
    some = loose.limit(at_most).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def own_attachments(*, by: Actor, page: PageRequest, **wanted: Any) -> Page:
    """Return what somebody uploaded and may still see, newest first."""
    statement = sa.select(Attachment).options(joinedload(Attachment.file))
    statement = statement.where(Attachment.uploaded_by_id == by.id, is_visible(by))
    return fetch_page(
        statement.where(*_conditions(**wanted)),
        by=(Attachment.created_at, Attachment.id),
        page=page,
        descending=True,
    )


def _conditions(
    *, status: str | None, is_attached: bool | None
) -> Iterator[sa.ColumnElement[bool]]:
    if status is not None:
        yield Attachment.status == status
    if is_attached is not None:
        loose = Attachment.attached_at.is_(None)
        yield sa.not_(loose) if is_attached else loose


def piece_keys(attachment_id: str) -> Sequence[str]:
    """Return where the pieces of a file lie, in their order."""
    statement = sa.select(AttachmentPiece.key).where(AttachmentPiece.attachment_id == attachment_id)
    return db.session.scalars(statement.order_by(AttachmentPiece.start)).all()


def find_file(digest: str) -> StoredFile | None:
    """Return the file with this content, held so that no sweep takes it."""
    statement = sa.select(StoredFile).where(StoredFile.digest == digest)
    held = statement.with_for_update(read=True, key_share=True)
    return db.session.scalars(held.execution_options(populate_existing=True)).one_or_none()


def is_file_kept(digest: str) -> bool:
    """Tell whether a content is kept already."""
    return db.session.scalar(sa.select(sa.exists().where(StoredFile.digest == digest))) is True


def discarded_keys(*, after: str, limit: int) -> Sequence[str]:
    """Return some keys of bytes that nobody needs."""
    statement = sa.select(DiscardedContent.key).where(DiscardedContent.key > after)
    return db.session.scalars(statement.order_by(DiscardedContent.key).limit(limit)).all()


def known_keys(keys: Iterable[str]) -> set[str]:
    """Return which of these keys somebody needs."""
    columns = (StoredFile.key, StoredFile.thumbnail_key, AttachmentPiece.key)
    asked = list(keys)
    found = sa.union_all(*(sa.select(column).where(column.in_(asked)) for column in columns))
    return set(db.session.scalars(found))


def loose_before(moment: datetime, *, limit: int) -> Sequence[Attachment]:
    """Return some attachments that hung on nothing for long, locked; others' locks are passed."""
    statement = sa.select(Attachment).where(
        Attachment.attached_at.is_(None), Attachment.created_at < moment
    )
    statement = statement.order_by(Attachment.created_at, Attachment.id).limit(limit)
    return db.session.scalars(statement.with_for_update(skip_locked=True)).all()


def stalled_before(moment: datetime, *, limit: int) -> Sequence[Attachment]:
    """Return some attachments whose last piece came long ago, locked."""
    newest = sa.func.max(AttachmentPiece.created_at)
    stalled = sa.select(AttachmentPiece.attachment_id).group_by(AttachmentPiece.attachment_id)
    statement = sa.select(Attachment).where(Attachment.id.in_(stalled.having(newest < moment)))
    statement = statement.order_by(Attachment.id).limit(limit)
    return db.session.scalars(statement.with_for_update(skip_locked=True, of=Attachment)).all()
