"""Texts as SMPP takes them: bytes, in parts that no character is broken between."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from smpplib import consts, gsm

# Bytes of a text that fits one message, and of each part of a longer one, after its header.
ROOM: Final = {"gsm7": (160, 153), "ucs2": (140, 134)}
DATA_CODING: Final = {
    "gsm7": consts.SMPP_ENCODING_DEFAULT,
    "ucs2": consts.SMPP_ENCODING_ISO10646,
}
LONGEST: Final = 255


@dataclass(frozen=True, slots=True)
class Parts:
    """A text in parts, with what goes into their headers."""

    bodies: list[bytes]
    data_coding: int
    esm_class: int


def split(text: str, *, encoding: str) -> Parts:
    """Encode a text, in as few parts as it takes."""
    characters = [_encode(character, encoding) for character in text]
    whole, of_part = ROOM[encoding]
    if sum(map(len, characters)) <= whole:
        return Parts([b"".join(characters)], DATA_CODING[encoding], consts.SMPP_MSGTYPE_DEFAULT)
    bodies = _fill(characters, room=of_part)
    head = bytes([5, 0, 3, secrets.randbelow(256), len(bodies)])
    numbered = [head + bytes([number]) + body for number, body in enumerate(bodies, start=1)]
    return Parts(numbered, DATA_CODING[encoding], consts.SMPP_GSMFEAT_UDHI)


def _encode(character: str, encoding: str) -> bytes:
    if encoding == "ucs2":
        return character.encode("utf-16-be")
    encoded: bytes = gsm.gsm_encode(character)
    return encoded


def _fill(characters: list[bytes], *, room: int) -> list[bytes]:
    starts, used = [0], 0
    for place, character in enumerate(characters):
        if used + len(character) > room:
            starts.append(place)
            used = 0
        used += len(character)
    if len(starts) > LONGEST:
        raise ValueError("the text is too long")
    return [b"".join(characters[a:b]) for a, b in pairwise([*starts, len(characters)])]
