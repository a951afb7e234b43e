"""Names, numbers and birthdays for people who do not exist, always the same for the same id."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

SURNAME = "虚构"  # says of itself that it is made up
GIVEN = "安柏晨达恩帆歌海嘉康乐铭宁沛琪瑞诗彤雯欣雅芸泽致"
# Numbers that go on with 000: well-formed, and seen at a glance to be no one's.
PREFIXES = (
    *range(130, 140),
    *range(150, 154),
    *range(155, 160),
    *range(180, 190),
    *(166, 170, 171, 173, 175, 176, 177, 178, 190, 191, 193, 195, 196, 198, 199),
)
FILLER = "000"
FREE_DIGITS = 100_000
FIRST_BIRTHDAY, LAST_BIRTHDAY = date(1950, 1, 1), date(2004, 12, 31)


def name_of(external_id: str, *, salt: str = "") -> str:
    """Return a plainly fictional name."""
    number = _number(external_id, f"name{salt}")
    number, first = divmod(number, len(GIVEN))
    return SURNAME + GIVEN[first] + GIVEN[number % len(GIVEN)]


def mobile_of(external_id: str, *, salt: str = "") -> str:
    """Return a valid, plainly fictional mobile number.

    Two ids may meet in one number; then the later row is rejected, and another salt helps.
    """
    number, free = divmod(_number(external_id, f"mobile{salt}"), FREE_DIGITS)
    return f"+86{PREFIXES[number % len(PREFIXES)]}{FILLER}{free:05d}"


def birth_date_of(external_id: str, *, salt: str = "") -> date:
    """Return the birthday of an adult."""
    span = (LAST_BIRTHDAY - FIRST_BIRTHDAY).days + 1
    return FIRST_BIRTHDAY + timedelta(days=_number(external_id, f"birth{salt}") % span)


def choose(external_id: str, choices: tuple[str, ...], *, salt: str = "") -> str:
    """Return one of the choices."""
    return choices[_number(external_id, f"choice{salt}") % len(choices)]


def _number(external_id: str, purpose: str) -> int:
    digest = hashlib.sha256(f"{purpose}\0{external_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big")
