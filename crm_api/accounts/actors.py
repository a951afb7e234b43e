"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_api.accounts.models import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A member of staff at work; what services call `by` and queries `visible_to`."""

    id: str
    name: str
    role: Role
    team_id: str
    team_path: str
    session_id: str = ""
    # That they signed in on.
    device_id: str = ""
    # Whose portfolios this person looks after at this moment, besides the own one.
    covers: tuple[str, ...] = ()

    @property
    def portfolios(self) -> tuple[str, ...]:
        """The account managers whose customers are this person's to serve, oneself first."""
        return (self.id, *self.covers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A machine at work."""

    id: str
    name: str
    scopes: tuple[str, ...]
    key_id: str = ""
