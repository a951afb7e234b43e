"""Which of somebody's numbers is the one to write to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import phonenumbers

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PHONES = 10
MOBILE = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)


def is_mobile(number: str) -> bool:
    """Tell whether an E.164 number can take a message."""
    return phonenumbers.number_type(phonenumbers.parse(number)) in MOBILE


def first_mobile(numbers: Iterable[str]) -> str | None:
    """Return the first number that can take a message."""
    return next((number for number in numbers if is_mobile(number)), None)
