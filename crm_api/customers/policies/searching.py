"""What somebody who types into the search box may mean."""

from __future__ import annotations

from dataclasses import dataclass

from crm_api.customers.policies.names import LONGEST_TERM, fold

SHORTEST_SUFFIX = 4
LONGEST_SUFFIX = 15
AFTER_ALL = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Search:
    """Where to look: a range of search terms, and where digits were typed one of phone suffixes.

    A range is half-open; its end is what no text that begins so can reach.
    """

    terms: tuple[str, str]
    suffixes: tuple[str, str] | None


def read_search(text: str) -> Search | None:
    """Return what to look for; None if nothing is left of the text that could be found."""
    wanted = fold(text).removeprefix("+")[:LONGEST_TERM]
    if not wanted:
        return None
    return Search(_beginning(wanted), _suffixes(wanted))


def _suffixes(wanted: str) -> tuple[str, str] | None:
    is_number = wanted.isascii() and wanted.isdecimal()
    if not is_number or not SHORTEST_SUFFIX <= len(wanted) <= LONGEST_SUFFIX:
        return None
    return _beginning(wanted[::-1])


def _beginning(start: str) -> tuple[str, str]:
    return start, start + AFTER_ALL
