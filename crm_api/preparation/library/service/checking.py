"""What nobody may write to a customer, nobody is told to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.care.wording import queries as wording
from crm_api.care.wording.policies.characters import fold
from crm_api.preparation.library.errors import SaysForbiddenWords
from crm_api.preparation.library.terms import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crm_api.care.wording.policies.linting import Forbidden


def forbidden_in(kind: EntryKind, said: Iterable[str], *, words: Sequence[Forbidden]) -> list[str]:
    """Return the forbidden words of what is to be said; what is to be avoided may name them."""
    if kind is EntryKind.TOPIC_TO_AVOID:
        return []
    folded = fold("\n".join(said))
    return [word.word for word in words if word.folded in folded]


def require_fit(kind: EntryKind, said: Iterable[str]) -> None:
    """Make sure that words say nothing that is forbidden today.

    :raises SaysForbiddenWords: with the words
    """
    found = forbidden_in(kind, said, words=wording.forbidden_words())
    if found:
        raise SaysForbiddenWords(found)
