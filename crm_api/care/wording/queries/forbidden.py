"""Reads the words that no template says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.care.wording.models import ForbiddenWord
from crm_api.care.wording.policies.characters import fold
from crm_api.care.wording.policies.linting import Forbidden
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from crm_api.kit.paging import PageRequest


def list_forbidden_words(*, page: PageRequest, q: str | None = None) -> Page:
    """Return a page of the list, by word; `q` is a piece of the word, however it is written."""
    statement = sa.select(ForbiddenWord)
    if q is not None:
        statement = statement.where(ForbiddenWord.folded.contains(fold(q), autoescape=True))
    return fetch_page(statement, by=[ForbiddenWord.folded, ForbiddenWord.id], page=page)


def forbidden_words() -> tuple[Forbidden, ...]:
    """Return all of them, as templates are compared with them."""
    rows = db.session.execute(
        sa.select(ForbiddenWord.word, ForbiddenWord.folded, ForbiddenWord.reason).order_by(
            ForbiddenWord.folded
        )
    )
    return tuple(Forbidden(*row) for row in rows)


def get_forbidden_word(word_id: str) -> ForbiddenWord:
    """Return one of them.

    :raises NotFound: if the list has no such word
    """
    word = db.session.get(ForbiddenWord, word_id)
    if word is None:
        raise NotFound("forbidden word")
    return word


def find_word_like(folded: str) -> ForbiddenWord | None:
    """Return the word that reads the same, if the list has it."""
    statement = sa.select(ForbiddenWord).where(ForbiddenWord.folded == folded)
    return db.session.scalars(statement).one_or_none()
