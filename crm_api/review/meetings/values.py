"""What a meeting is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    import sqlalchemy as sa

    from crm_api.accounts.actors import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A team, its day from first moment to last, and who looks at it."""

    team_id: str
    team_name: str
    team_path: str
    on: date
    starts_at: datetime
    ends_at: datetime
    visible_to: Actor


@dataclass(frozen=True, slots=True)
class Section:
    """A list that a meeting goes through, and its order."""

    statement: sa.Select[Any]
    by: Sequence[Any]
    descending: bool = False
