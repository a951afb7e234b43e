"""Characters that deceive: those nobody sees, and those that look like others."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

JOINER, EMOJI_STYLE = "\u200d", "\ufe0f"
HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
SYMBOLS: Final = frozenset({"So", "Sk", "Me"})  # emoji, skin tones, the frame of a keycap
# Alphabets whose letters pass for Latin ones, such as the Te of an opt-out word.
LOOK_ALIKE: Final = ("GREEK", "CYRILLIC", "CHEROKEE", "COPTIC", "ARMENIAN", "LISU")
# Nobody reads these; written between the letters of a word they only hide it.
SPLITTERS: Final = re.compile(r"[\s·.•*\-_~|/\\]+")
EMOJI: Final = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")


def hidden_in(text: str) -> list[str]:
    """Return the characters that nobody sees, as code points; those of an emoji are no fault."""
    found = [c for n, c in enumerate(text) if c != "\n" and _is_hidden(text, n)]
    return _named(found)


def _is_hidden(text: str, n: int) -> bool:
    before = text[n - 1 : n]
    if text[n] == EMOJI_STYLE:
        return not _is_symbol(before) and before not in "#*0123456789"
    if text[n] == JOINER:
        stands_between = _is_symbol(before) or before == EMOJI_STYLE
        return not (stands_between and _is_symbol(text[n + 1 : n + 2]))
    return unicodedata.category(text[n]) in HIDDEN


def _is_symbol(character: str) -> bool:
    return character != "" and unicodedata.category(character) in SYMBOLS


def look_alikes_in(text: str) -> list[str]:
    """Return the letters and digits that pass for others, as code points."""
    return _named(c for c in text if c > "\x7f" and _looks_alike(c))


def _looks_alike(character: str) -> bool:
    category = unicodedata.category(character)
    if category[0] != "L" and category not in ("Nd", "So"):
        return False
    plain = unicodedata.normalize("NFKC", character)
    if plain != character and category == "So":  # a radical, which passes for a character
        return len(plain) == 1 and unicodedata.category(plain) == "Lo"
    return plain != character or unicodedata.name(character, "").startswith(LOOK_ALIKE)


def _named(characters: Iterable[str]) -> list[str]:
    return sorted({f"U+{ord(c):04X}" for c in characters})


def fold(text: str) -> str:
    """Return a text as forbidden words are compared: however it is written, it reads the same."""
    return SPLITTERS.sub("", "".join(_visible(unicodedata.normalize("NFKC", text).casefold())))


def _visible(text: str) -> Iterator[str]:
    return (c for c in text if unicodedata.category(c) not in HIDDEN or c == "\n")
