"""The cursors of a search, which nobody else can read.

A search goes on from what matched, be it a whole number of which lists show four digits.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag

from crm_api import config
from crm_api.kit.crypto import KeyMissing, decrypt, encrypt
from crm_api.kit.errors import Invalid

if TYPE_CHECKING:
    from crm_api.kit.paging import Page, PageRequest

PURPOSE = "customers.search_cursor"
# As in URLs, where nothing of it needs escaping.
THERE, BACK = str.maketrans("+/", "-_", "="), str.maketrans("-_", "+/")


def seal(page: Page) -> Page:
    """Return a page whose cursor tells nothing."""
    if page.next_cursor is None:
        return page
    keys = config.current().data_keys
    position = base64.urlsafe_b64decode(_padded(page.next_cursor)).decode()
    key_id, _, sealed = encrypt(position, keys=keys, purpose=PURPOSE).partition(":")
    return replace(page, next_cursor=f"{key_id}.{sealed.translate(THERE)}")


def unseal(page: PageRequest) -> PageRequest:
    """Return what is asked for with a cursor that lists understand.

    :raises Invalid: if the cursor was not made by a search
    """
    if page.cursor is None:
        return page
    key_id, _, sealed = page.cursor.rpartition(".")
    whole = f"{key_id}:{_padded(sealed.translate(BACK))}"
    try:
        position = decrypt(whole, keys=config.current().data_keys, purpose=PURPOSE)
    except (ValueError, InvalidTag, KeyMissing):
        raise Invalid("/cursor", "Use next_cursor as this list gave it.") from None
    return replace(page, cursor=base64.urlsafe_b64encode(position.encode()).decode().rstrip("="))


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)
