"""What is done regularly, and when: the commands that any other scheduler could run as well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)
AFTER_FAILURE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A command of `flask`, and its rhythm: so long after it ended, or daily at a local time.

    For `longest` nobody else begins it. All of them are safe side by side, so that one which
    takes longer, or was begun again after a crash, does no harm.
    """

    command: tuple[str, ...]
    every: timedelta = DAY
    daily_at: time | None = None
    longest: timedelta = timedelta(minutes=10)

    @property
    def name(self) -> str:
        """The command as it is typed."""
        return " ".join(self.command)

    @property
    def rhythm(self) -> str:
        """When it is done, in words."""
        if self.daily_at is not None:
            return f"daily at {self.daily_at:%H:%M}"
        return f"every {int(self.every / MINUTE)} min"

    def due_after(self, now: datetime, *, zone: ZoneInfo) -> datetime:
        """Return when it is due again."""
        if self.daily_at is None:
            return now + self.every
        today = now.astimezone(zone).date()
        days = (today, today + DAY)
        moments = (datetime.combine(day, self.daily_at, tzinfo=zone) for day in days)
        return next(at for at in (m.astimezone(UTC) for m in moments) if at > now)

    def due_after_failure(self, now: datetime, *, zone: ZoneInfo) -> datetime:
        """Return when it is tried again."""
        return min(self.due_after(now, zone=zone), now + AFTER_FAILURE)


def _often(*command: str) -> Job:
    return Job(command=command, every=MINUTE)


def _nightly(*command: str, at: time) -> Job:
    return Job(command=command, daily_at=at, longest=timedelta(hours=2))


# Those on which others wait come first: what is due together is done in this order.
JOBS: Final = (
    _often("care-gateway", "sweep"),
    _often("care", "expire"),
    _often("contact-frequency", "recheck"),
    _often("care", "arbitrate"),
    _often("sync", "follow-covers"),
    _often("customers", "work-imports"),
    _often("customers", "hand-over"),
    _often("customers", "work-bulk-jobs"),
    _often("preparation", "prepare-briefs", "--withdrawn"),
    _nightly("care", "check-dates", at=time(3, 30)),
    _nightly("care", "plan", "--days", "46", at=time(4)),
    _nightly("accounts", "purge", at=time(2)),
    _nightly("sync", "roll-windows", at=time(0, 5)),
    _nightly("sync", "verify", at=time(4, 45)),
    _nightly("sync", "purge-feeds", at=time(2)),
    _nightly("sync", "purge-pushes", at=time(2)),
    _nightly("db", "purge-keys", at=time(2)),
    _nightly("visits", "purge-coordinates", at=time(2)),
    _nightly("privacy", "erase-due", at=time(1)),
    _nightly("visits", "escalate-promises", at=time(6)),
    _nightly("preparation", "prepare-briefs", at=time(4, 30)),
    _nightly("customers", "find-duplicates", at=time(1)),
    _nightly("customers", "purge-exports", at=time(2)),
    _nightly("contact-frequency", "audit", at=time(2, 30)),
    Job(command=("attachments", "sweep"), every=timedelta(hours=1)),
    _nightly("attachments", "sweep", "--strays", at=time(3, 15)),
    _nightly("contacts", "verify", at=time(3)),
)
