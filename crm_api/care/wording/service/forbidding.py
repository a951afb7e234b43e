"""Keep the list of words that no template says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.audit import service as audit
from crm_api.care.errors import WordForbiddenAlready
from crm_api.care.wording import queries
from crm_api.care.wording.models import ForbiddenWord
from crm_api.care.wording.policies.characters import fold
from crm_api.care.wording.values import Ban
from crm_api.kit.db import db
from crm_api.kit.errors import Invalid
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def forbid_word(*, word: str, reason: str, by: Actor, now: datetime) -> Ban:
    """Put a word on the list. From now on no template that says it is planned with.

    What is queued already keeps its text: how much that is is told, for people to stop it.

    :raises Invalid: if nothing of the word is left to compare
    :raises WordForbiddenAlready: if the list has it, perhaps written otherwise
    """
    folded = fold(word)
    if not folded:
        raise Invalid("/word", "Write a word.")
    known = queries.find_word_like(folded)
    if known is not None:
        raise WordForbiddenAlready(word=known.word)
    forbidden = ForbiddenWord(
        id=new_id(),
        created_at=now,
        word=word,
        folded=folded,
        reason=reason,
        added_by_id=by.id,
    )
    db.session.add(forbidden)
    db.session.flush()
    _note("forbidden", forbidden, by=by, now=now)
    said = [
        (template.id, version.number)
        for version, template in queries.approved_versions()
        if folded in fold(version.text)
    ]
    return Ban(
        word=forbidden,
        templates_out_of_use=[template_id for template_id, _ in said],
        waiting_messages=queries.count_waiting(said),
    )


def allow_word(word_id: str, *, by: Actor, now: datetime) -> None:
    """Take a word off the list. What said it and is approved may be said again.

    :raises NotFound: if the list has no such word
    """
    forbidden = queries.get_forbidden_word(word_id)
    _note("allowed", forbidden, by=by, now=now)
    db.session.delete(forbidden)
    db.session.flush()


def _note(what: str, forbidden: ForbiddenWord, *, by: Actor, now: datetime) -> None:
    audit.record(
        f"care_word.{what}",
        by_id=by.id,
        at=now,
        subject_kind="forbidden_word",
        subject_id=forbidden.id,
        details={"word": forbidden.word},
    )
