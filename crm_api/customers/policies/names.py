"""How a name sounds, and by what parts of it people look for it."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

from pypinyin import Style, lazy_pinyin

# As a surname these sound otherwise than as a word, and pypinyin reads the word.
SURNAMES = {
    "万俟": ("mo", "qi"),
    "尉迟": ("yu", "chi"),
    "长孙": ("zhang", "sun"),
    "澹台": ("tan", "tai"),
    "单": ("shan",),
    "解": ("xie",),
    "仇": ("qiu",),
    "曾": ("zeng",),
    "查": ("zha",),
    "任": ("ren",),
    "华": ("hua",),
    "区": ("ou",),
    "朴": ("piao",),
    "盖": ("ge",),
    "翟": ("zhai",),
    "乐": ("yue",),
    "缪": ("miao",),
    "冼": ("xian",),
    "员": ("yun",),
    "秘": ("bi",),
    "折": ("she",),
    "繁": ("po",),
    "召": ("shao",),
    "种": ("chong",),
    "黑": ("he",),
    "尹": ("yin",),
    "燕": ("yan",),
    "洗": ("xian",),
    "纪": ("ji",),
}
LONGEST_TERM = 64
LONGEST_NAME = 40


class Reading(NamedTuple):
    """A name in Latin letters, whole and by its initials."""

    pinyin: str
    initials: str


def read_name(name: str, *, is_person: bool = True) -> Reading:
    """Return how a name is read; a person's surname is read as a surname."""
    syllables = _syllables(fold(name), is_person=is_person)
    return Reading("".join(syllables), "".join(s[0] for s in syllables))


def search_terms(name: str, *, is_person: bool = True, account_no: str | None = None) -> set[str]:
    """Return all that a customer shall be found by: each beginning of each of these.

    They are the endings of the name, of its pinyin and of its initials, and the account number.
    """
    folded = fold(name)[:LONGEST_NAME]
    syllables = _syllables(folded, is_person=is_person)
    initials = [s[0] for s in syllables]
    terms = {
        "".join(parts[start:])[:LONGEST_TERM]
        for parts in (list(folded), syllables, initials)
        for start in range(len(parts))
    }
    if account_no:
        terms.add(fold(account_no)[:LONGEST_TERM])
    return terms


def fold(text: str) -> str:
    """Return the text as it is compared: one width, lower case, no spaces or dots in between."""
    flat = unicodedata.normalize("NFKC", text).lower()
    return "".join(c for c in flat if not c.isspace() and c not in "·.-'")


@lru_cache(maxsize=4096)
def _syllables(folded: str, *, is_person: bool) -> tuple[str, ...]:
    surname = _surname(folded) if is_person else ()
    rest = folded[len(surname) :]
    letters: Any = list  # what is not Han is read letter by letter
    return (*surname, *lazy_pinyin(rest, style=Style.NORMAL, errors=letters))


def _surname(folded: str) -> tuple[str, ...]:
    return SURNAMES.get(folded[:2]) or SURNAMES.get(folded[:1], ())
