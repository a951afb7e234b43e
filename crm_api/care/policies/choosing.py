"""Which words a customer gets: never those of the last time."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crm_api.care.policies.rendering import Compiled
    from crm_api.customers.terms import Category


@dataclass(frozen=True, slots=True)
class Words:
    """An approved version of a template, ready to be filled in."""

    template_id: str
    number: int
    category: Category
    compiled: Compiled


@dataclass(frozen=True, slots=True)
class LastTime:
    """What a customer was told the last time."""

    template_id: str
    text: str


def choose(
    number: int,
    *,
    among: Sequence[Words],
    last: LastTime | None,
    values: Mapping[str, str],
) -> tuple[Words, str] | None:
    """Return words and text for an occurrence, or None where nothing is fresh.

    The choice hangs on the occurrence's number alone, so that a plan repeated after a crash says
    the same.
    """
    start = (number >> 32) % len(among) if among else 0
    for words in (*among[start:], *among[:start]):
        if last is not None and words.template_id == last.template_id:
            continue
        text = words.compiled.render(values)
        if last is None or text != last.text:
            return words, text
    return None


def stable_number(key: str) -> int:
    """Return a number that is the same for a key in every process and year."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest())
