"""The desk's own words."""

from __future__ import annotations

from enum import StrEnum


class DraftState(StrEnum):
    """What became of a draft."""

    DRAFT = "draft"
    APPROVED = "approved"
    DISCARDED = "discarded"


class Effect(StrEnum):
    """What a draft would do to one contact."""

    REFUSED = "refused"  # it was made, and would not have been allowed
    FALLEN = "fallen"  # it is planned, and would have to be planned anew
