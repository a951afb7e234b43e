"""What could say whose case it was is taken out by rule, before others read of it.

Strict rather than clever: any long run of digits goes, be it a phone number, a document or a date.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import phonenumbers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator


class Personal(StrEnum):
    """What kind of personal data a text held."""

    NAME = "name"
    PHONE = "phone"
    DOCUMENT = "document"
    NUMBER = "number"
    EMAIL = "email"
    LINK = "link"
    PLATE = "plate"
    ADDRESS = "address"


STANDS_FOR = {
    Personal.NAME: "【姓名】",
    Personal.PHONE: "【电话】",
    Personal.DOCUMENT: "【证件】",
    Personal.NUMBER: "【号码】",
    Personal.EMAIL: "【邮箱】",
    Personal.LINK: "【网址】",
    Personal.PLATE: "【车牌】",
    Personal.ADDRESS: "【地址】",
}
SHORTEST_NAME = 2
DOCUMENT_LENGTHS = (15, 18)

_GAP = r"[\s·•.\-_—]*"
_GAPS = re.compile(r"[\s·•.\-_—]+")
_HAN = r"\u4e00-\u9fff"
_NUMERALS = "零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖"
_BETWEEN_DIGITS = r"[\s()./\-\u2010-\u2015·•,、_*~|+]{0,3}"
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏"
    "薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_TITLES = (
    "先生|女士|小姐|太太|阿姨|大姐|大哥|老师|经理|总监|总|主任|局长|处长|科长|厂长|书记"
    "|院长|校长|董事长|老板"
)
_HOUSE = r"(?:号楼|号|弄|栋|幢|座|单元|室|楼|层)"

_REGIONS = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_FAMILY = rf"(?:[{_SURNAMES}]|欧阳|司马|上官|诸葛)"
_REST_OF_ADDRESS = rf"(?:\s{{0,2}}[\dA-Za-z{_NUMERALS}]{{1,6}}\s{{0,2}}{_HOUSE}){{0,6}}"

# Each repetition has an end, so that no text makes the search crawl.
_EMAIL = re.compile(r"[A-Za-z0-9._+\-]{1,64}\s{0,2}@\s{0,2}[A-Za-z0-9.\-]{1,255}")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_PLATE = re.compile(rf"[{_REGIONS}]\s?[A-Z][·\s]?[A-Z0-9]{{5,6}}")
_STREET = re.compile(
    rf"[{_HAN}A-Za-z]{{1,12}}(?:大道|路|街|巷|弄|胡同|道)\s{{0,2}}[\d{_NUMERALS}]{{1,6}}\s{{0,2}}"
    rf"{_HOUSE}{_REST_OF_ADDRESS}"
)
_ESTATE = re.compile(
    rf"[{_HAN}]{{2,6}}(?:小区|花园|公寓|新村|家园|大厦|别墅|胡同){_REST_OF_ADDRESS}"
)
_FLAT = re.compile(rf"\d{{1,4}}\s?(?:号楼|栋|幢|单元){_REST_OF_ADDRESS}|\d{{3,4}}\s?室")
_CODE = re.compile(r"(?<![A-Za-z])[A-Za-z]{1,10}[\-_ ]?[A-Za-z]{0,3}\d{4,}[A-Za-z0-9]*")
_DIGITS = re.compile(rf"\+?\(?\d(?:{_BETWEEN_DIGITS}\d){{5,}}[Xx]?")
_SPOKEN = re.compile(rf"[{_NUMERALS}](?:{_BETWEEN_DIGITS}[{_NUMERALS}]){{5,}}")
_ACCOUNT = re.compile(
    r"(?:微信|微博|抖音|(?<![a-z])(?:qq|wechat|weixin|vx|wx))\s?[号码名是为:]{0,3}\s?"
    r"[a-z][a-z0-9_\-]{4,30}",
    re.IGNORECASE,
)
_TITLED = re.compile(rf"{_FAMILY}(?={_GAP}(?:{_TITLES}))")
_INTRODUCED = re.compile(rf"(?<=[叫姓名])[:：]?\s{{0,2}}{_FAMILY}[{_HAN}]{{1,2}}")


@dataclass(frozen=True, slots=True)
class Stripped:
    """A text without personal data, and how often each kind was taken out."""

    text: str
    removed: dict[Personal, int]


def strip(text: str, *, names: Collection[str]) -> Stripped:
    """Take out the names given, what looks like one, and every number, address and the like."""
    removed: Counter[Personal] = Counter()
    plain = _plain(text)
    for pattern, kind_of in _rules(plain, names):
        plain = pattern.sub(_counting(removed, kind_of), plain)
    return Stripped(plain, dict(removed))


def _plain(text: str) -> str:
    """Return the text in one spelling: full-width digits and unseen characters hide nothing."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if unicodedata.category(c) != "Cf")


def _rules(
    text: str, names: Collection[str]
) -> Iterator[tuple[re.Pattern[str], Callable[[str], Personal]]]:
    yield _EMAIL, lambda _: Personal.EMAIL
    yield _LINK, lambda _: Personal.LINK
    if present := _present(text, names):
        yield present, lambda _: Personal.NAME
    for place in (_STREET, _ESTATE, _FLAT):
        yield place, lambda _: Personal.ADDRESS
    yield _PLATE, lambda _: Personal.PLATE
    yield _ACCOUNT, lambda _: Personal.NUMBER
    yield _CODE, lambda _: Personal.NUMBER
    yield _DIGITS, _kind_of_digits
    yield _SPOKEN, lambda _: Personal.NUMBER
    yield _INTRODUCED, lambda _: Personal.NAME
    yield _TITLED, lambda _: Personal.NAME


def _present(text: str, names: Collection[str]) -> re.Pattern[str] | None:
    """Return what finds those of the names that the text holds, however they are spaced."""
    squeezed = _GAPS.sub("", text).casefold()
    folded = {_GAPS.sub("", _plain(name)).casefold() for name in names}
    found = [n for n in folded if len(n) >= SHORTEST_NAME and n in squeezed]
    if not found:
        return None
    longest_first = sorted(found, key=lambda name: (-len(name), name))
    spaced = (_GAP.join(map(re.escape, name)) for name in longest_first)
    return re.compile("|".join(spaced), re.IGNORECASE)


def _kind_of_digits(found: str) -> Personal:
    digits = re.sub(r"[^\dXx]", "", found)
    if len(digits) in DOCUMENT_LENGTHS:
        return Personal.DOCUMENT
    try:
        number = phonenumbers.parse("+" * found.startswith("+") + digits, "CN")
    except phonenumbers.NumberParseException:
        return Personal.NUMBER
    return Personal.PHONE if phonenumbers.is_possible_number(number) else Personal.NUMBER


def _counting(
    removed: Counter[Personal], kind_of: Callable[[str], Personal]
) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        kind = kind_of(match[0])
        removed[kind] += 1
        return STANDS_FOR[kind]

    return replace
