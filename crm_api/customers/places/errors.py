"""What may be refused about a customer's places."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class TooManyPlaces(DomainError):
    """A customer is met in a few places, not in hundreds."""

    code = "too_many_places"

    def __init__(self, *, most: int) -> None:
        super().__init__("Forget a place before you note another one.", most=most)
