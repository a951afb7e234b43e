"""Rules of passwords, lock-out and the team tree, over plain values."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256
LEFT_WITHOUT_LOGIN = 6
FREE_FAILURES = 4  # a slip of the finger costs nothing
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(minutes=15)  # anybody can lock anybody out, so never for long
FAILURES_FADE_AFTER = timedelta(days=1)
DEEPEST_TEAM = 12

# What people choose when ten characters are asked for; rows of keys and digits are caught below.
_CHOSEN = """
    password12 password123 password1234 passw0rd123 p@ssw0rd123 passwordpassword administrator
    adminadmin admin12345 admin123456 welcome123 welcome1234 changeme123 letmein123 qwerty12345
    qwerty123456 qwertyuiop123 iloveyou123 woaini1314 woaini520 woaini1314520 a123456789 abc1234567
    abcd123456 abc123456789 aa123456789 q1w2e3r4t5 1q2w3e4r5t 1qaz2wsx3edc zaq12wsxcde
    chinamobile10086 10086100861 mobile12345 telecom12345
"""
COMMON = frozenset(_CHOSEN.split())
ROWS = ("01234567890123456789", "qwertyuiopasdfghjklzxcvbnm", "abcdefghijklmnopqrstuvwxyz")


def fold_login(login: str) -> str:
    """Return a login as it is compared and kept."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def password_fault(password: str, *, login: str) -> str | None:
    """Return what must be mended before a password may be used, if anything.

    Length beats rules about kinds of characters, which only make people write passwords down.
    """
    folded = fold_login(password)
    if len(password) < SHORTEST_PASSWORD:
        return f"Use {SHORTEST_PASSWORD} characters or more."
    if len(folded.replace(login, "")) < LEFT_WITHOUT_LOGIN:
        return "Do not build the password around the login."
    if folded in COMMON or _is_plain(folded):
        return "This password is among the first that anybody would try."
    return None


def _is_plain(folded: str) -> bool:
    """Whether it only repeats a short piece, or runs along a row of keys."""
    repeated = any(folded == (folded[:n] * len(folded))[: len(folded)] for n in (1, 2, 3, 4))
    return repeated or any(folded in row or folded in row[::-1] for row in ROWS)


def locked_until(failures: int, *, at: datetime) -> datetime | None:
    """Return until when a login is locked after so many failures in a row."""
    beyond = failures - FREE_FAILURES
    if beyond <= 0:
        return None
    doublings = min(beyond - 1, 10)
    return at + min(LONGEST_LOCK, FIRST_LOCK * (1 << doublings))


def is_beneath(path: str, *, above: str) -> bool:
    """Tell whether a team is another one, or lies beneath it."""
    return path.startswith(above)


def depth_of(path: str) -> int:
    """Return how deep a team lies; a root lies at 1."""
    return path.count("/") - 1
