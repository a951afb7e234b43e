"""What may be refused about offers and opportunities."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class OfferAnswered(DomainError):
    """The customer gave another answer before; an offer made anew is another offer."""

    code = "offer_answered"

    def __init__(self, *, state: str) -> None:
        super().__init__("This offer was answered otherwise. Make a new one.", offer_state=state)


class OpportunityEnded(DomainError):
    """The opportunity was won or lost before; one that comes back is another one."""

    code = "opportunity_ended"

    def __init__(self, *, state: str) -> None:
        super().__init__("This opportunity has ended otherwise.", opportunity_state=state)
