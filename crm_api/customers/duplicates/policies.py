"""How much speaks for two records being one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.customers.duplicates.terms import Likeness
from crm_api.customers.duplicates.values import Alike
from crm_api.customers.terms import Gender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_api.customers.duplicates.values import Features

# A family shares a number, a city shares names: neither alone is enough, any two of them are.
WEIGHTS = {
    Likeness.SAME_DOCUMENT: 90,
    Likeness.SAME_PHONE: 40,
    Likeness.SAME_NAME: 30,
    Likeness.SAME_PINYIN: 15,
    Likeness.SAME_BIRTH_DATE: 25,
    Likeness.OTHER_DOCUMENT: -40,
    Likeness.OTHER_BIRTH_DATE: -30,
    Likeness.OTHER_GENDER: -20,
}
LEAST_SCORE = 50


def compare(one: Features, other: Features) -> Alike:
    """Weigh what two records have in common against what tells them apart."""
    if one.kind is not other.kind:
        return Alike(0, ())
    reasons = tuple(_likenesses(one, other))
    return Alike(max(0, min(100, sum(WEIGHTS[reason] for reason in reasons))), reasons)


def _likenesses(one: Features, other: Features) -> Iterator[Likeness]:
    if one.document_index and other.document_index:
        is_same = one.document_index == other.document_index
        yield Likeness.SAME_DOCUMENT if is_same else Likeness.OTHER_DOCUMENT
    if one.numbers & other.numbers:
        yield Likeness.SAME_PHONE
    yield from _alike_in_name(one, other)
    if one.birth_on and other.birth_on:
        is_same = one.birth_on == other.birth_on
        yield Likeness.SAME_BIRTH_DATE if is_same else Likeness.OTHER_BIRTH_DATE
    if {one.gender, other.gender} == {Gender.FEMALE, Gender.MALE}:
        yield Likeness.OTHER_GENDER


def _alike_in_name(one: Features, other: Features) -> Iterator[Likeness]:
    if _plain(one.name) == _plain(other.name):
        yield Likeness.SAME_NAME
    elif one.name_pinyin and one.name_pinyin == other.name_pinyin:
        yield Likeness.SAME_PINYIN


def _plain(name: str) -> str:
    return "".join(name.casefold().split())
