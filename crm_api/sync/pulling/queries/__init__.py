"""Reads of feeds: straight, and limited to the one whose feed it is."""

from crm_api.sync.pulling.queries.pages import find_page, tables_of
from crm_api.sync.pulling.queries.standing import find_seq, find_standing, records_in_feed

__all__ = ["find_page", "find_seq", "find_standing", "records_in_feed", "tables_of"]
