"""Remember who was refused and why: once, however often the planner comes by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.care import queries
from crm_api.care.models import PlanRefusal
from crm_api.care.policies.refusing import digest_of
from crm_api.care.service import asking
from crm_api.care.service.greetings import NOTHING_FRESH
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from crm_api.care.values import Cause
    from crm_api.contact_frequency.values import Decision


@dataclass(slots=True)
class Refusals:
    """What a batch of people was refused before, and what is new about it.

    A decision is stored where its reasons or its day are news. Otherwise the one that was stored
    with these very reasons stands for it: who is always refused would else leave one on every run.
    """

    cause: Cause
    known: dict[str, tuple[str, date]]
    news: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def before(cls, cause: Cause, occurrences: Iterable[str]) -> Refusals:
        """Read what these were refused before."""
        return cls(cause, queries.refusals_of(occurrences))

    def is_news(self, refusal: Decision) -> bool:
        """Tell whether the reasons, or the day, are others than the last time."""
        return self._is_news(str(refusal.plan.occurrence), digest_of(refusal))

    def _is_news(self, occurrence: str, digest: str) -> bool:
        return self.known.get(occurrence) != (digest, self.cause.on)

    def note(self, refusal: Decision) -> None:
        """Take note of what the governor refused."""
        if self.is_news(refusal):
            self._note(
                occurrence=str(refusal.plan.occurrence),
                customer_id=refusal.plan.customer_id,
                reason=asking.why(refusal),
                reasons_digest=digest_of(refusal),
                decision_id=refusal.id,
            )

    def note_left_out(self, person: Any, reason: str) -> None:
        """Take note of somebody to whom nothing fresh can be said: who writes texts must know."""
        if reason == NOTHING_FRESH and self._is_news(person.occurrence, reason):
            self._note(
                occurrence=person.occurrence,
                customer_id=person.customer_id,
                reason=reason,
                reasons_digest=reason,
                decision_id=None,
            )

    def _note(self, **found: Any) -> None:
        own = {"on_day": self.cause.on, "occasion": self.cause.occasion}
        self.news.append({**own, **found})

    def write(self, planned: Iterable[str], *, now: datetime) -> None:
        """Store what is new, and forget those who are greeted after all."""
        over = sorted(self.known.keys() & set(planned))
        if over:
            gone = sa.delete(PlanRefusal).where(is_among(PlanRefusal.occurrence, over))
            db.session.execute(gone.execution_options(synchronize_session=False))
        if not self.news:
            return
        row = insert(PlanRefusal)
        changed = ("on_day", "reason", "reasons_digest", "decision_id", "created_at")
        row = row.on_conflict_do_update(
            index_elements=[PlanRefusal.occurrence],
            set_={name: getattr(row.excluded, name) for name in changed},
        )
        db.session.execute(row, [{**one, "created_at": now} for one in self.news])
