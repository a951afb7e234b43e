"""Reads of feeds: straight, and limited to the one whose feed it is."""

from crm_api.sync.pulling.queries.pages import find_page, tables_of
from crm_api.sync.pulling.queries.standing import (
    CALLING_PHONES,
    find_seq,
    find_standing,
    records_in_feed,
    standing_in,
)

__all__ = [
    "CALLING_PHONES",
    "find_page",
    "find_seq",
    "find_standing",
    "records_in_feed",
    "standing_in",
    "tables_of",
]
