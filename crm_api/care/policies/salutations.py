"""How a customer is addressed."""

from __future__ import annotations

import re
from typing import Final

from crm_api.customers.terms import Gender

LONGEST_SALUTATION: Final = 16
LONGEST_NAME: Final = 16
ANYBODY: Final = "尊敬的客户"
TITLES: Final = {Gender.MALE: "先生", Gender.FEMALE: "女士"}
TWO_CHARACTER_SURNAMES: Final = re.compile(
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳"
    "|公冶|太叔|申屠|公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|闾丘|令狐|呼延|百里|东郭|南门"
)
HAN_NAME: Final = re.compile(r"[\u3400-\u9fff]{2,4}")
UNSPEAKABLE: Final = re.compile(r"[\x00-\x1f\x7f【】{}]")


def salute(name: str, gender: Gender) -> str:
    """Return 王先生 for whom we know, the full name where the gender is unknown.

    A name too long to say, or one that could pass for a signature, is not said at all: what the
    longest rendering was measured with must hold for everybody.
    """
    title = TITLES.get(gender)
    if title is not None and HAN_NAME.fullmatch(name):
        return surname(name) + title
    return ANYBODY if is_unspeakable(name, LONGEST_SALUTATION) else name


def surname(name: str) -> str:
    """Return the family name of a Chinese name: 欧阳 only where a given name follows."""
    compound = TWO_CHARACTER_SURNAMES.match(name)
    return compound.group() if compound and compound.end() < len(name) else name[0]


def say_name(name: str) -> str:
    """Return the full name, if it can be said."""
    return ANYBODY if is_unspeakable(name, LONGEST_NAME) else name


def is_unspeakable(name: str, longest: int) -> bool:
    """Tell whether a name is empty, too long, or holds what no name does."""
    units = len(name.encode("utf-16-le")) // 2
    return not 0 < units <= longest or UNSPEAKABLE.search(name) is not None
