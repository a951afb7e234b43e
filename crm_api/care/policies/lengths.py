"""How long a text is on the air, and in how many parts it travels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from crm_api.care.terms import Encoding

BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED: Final = frozenset("^{}\\[~]|€\f")  # each is an escape and a character: two septets
GSM7: Final = BASIC | EXTENDED

# Units in a message of one part, and in each part of several, which carry a header.
WHOLE: Final = {Encoding.GSM7: 160, Encoding.UCS2: 70}
PART: Final = {Encoding.GSM7: 153, Encoding.UCS2: 67}
LAST_OF_BMP = "\uffff"
WIDE: Final = re.compile("[\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Length:
    """What a text takes on the air."""

    encoding: Encoding
    units: int
    segments: int


def measure(text: str) -> Length:
    """Return a text's encoding, units and parts.

    One character outside GSM 03.38, such as the brackets of a signature, turns the whole text into
    UCS-2. What takes two units (an emoji, an escaped character) is never split between two parts.
    """
    encoding = Encoding.GSM7 if GSM7.issuperset(text) else Encoding.UCS2
    widths = _wide(text, encoding)
    units = len(text) + sum(widths)
    if units <= WHOLE[encoding]:
        return Length(encoding, units, 1)
    if not any(widths):
        return Length(encoding, units, -(-units // PART[encoding]))
    return Length(encoding, units, _pack(widths, room=PART[encoding]))


def _wide(text: str, encoding: Encoding) -> list[bool]:
    if encoding is Encoding.GSM7:
        return [c in EXTENDED for c in text]
    return [c > LAST_OF_BMP for c in text] if WIDE.search(text) else []


def _pack(widths: list[bool], *, room: int) -> int:
    segments, left = 1, room
    for is_wide in widths:
        takes = 1 + is_wide
        if takes > left:
            segments, left = segments + 1, room
        left -= takes
    return segments
