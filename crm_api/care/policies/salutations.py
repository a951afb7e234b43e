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
# No name holds these: controls, what is not seen or turns the reading round, what passes for a
# signature or a placeholder, and what a phone turns into a link.
UNSPEAKABLE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2028-\u202e"
    r"\u200b-\u200f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\ud800-\udfff\ue000-\uf8ff\U000e0000-\U0010ffff"
    r"\[\]{}【】\uff3b\uff3d\u3014\u3015〖〗]"
    r"|://|www\.|\.(?:com|cn|net|org|top|xyz|vip|cc|io|me|link|info|app)\b",
    re.IGNORECASE,
)


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
    units = len(name.encode("utf-16-le", "surrogatepass")) // 2
    return not 0 < units <= longest or not name.strip() or UNSPEAKABLE.search(name) is not None
