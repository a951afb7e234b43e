"""One account number, one customer."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from crm_api.customers import queries
from crm_api.customers.errors import AccountNumberTaken
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterator


def require_free(account_no: str | None, *, except_for: str | None = None) -> None:
    """Make sure that no other customer has this account number, seen or not.

    :raises AccountNumberTaken: naming nobody
    """
    if account_no is None:
        return
    if queries.find_with_account(account_no) not in (None, except_for):
        raise AccountNumberTaken


@contextmanager
def guarded() -> Iterator[None]:
    """Store what happens inside, and tell a number taken at this very moment for what it is.

    :raises AccountNumberTaken: if a competitor was faster
    """
    try:
        with db.session.begin_nested():
            yield
            db.session.flush()
    except IntegrityError as error:
        if "account_no" in str(error.orig):
            raise AccountNumberTaken from None
        raise
