"""What may be refused about case cards."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class CardDecided(DomainError):
    """Somebody decided about the card, or its author took it back."""

    code = "case_card_decided"

    def __init__(self, *, status: str) -> None:
        super().__init__("This card is decided upon already.", card_status=status)


class CardReadOtherwise(DomainError):
    """Who shares a card has read another text than the one that stands there now."""

    code = "case_card_read_otherwise"

    def __init__(self, *, digest: str) -> None:
        super().__init__("The card changed since you read it. Read it again.", digest=digest)


class CardHoldsPersonalData(DomainError):
    """The card still says who it is about; its author mends it first."""

    code = "case_card_holds_personal_data"

    def __init__(self, *, findings: list[dict[str, str]]) -> None:
        super().__init__("The card still holds personal data.", findings=findings)


class OwnCard(DomainError):
    """A second person reads a card before all do."""

    status = 403
    code = "own_case_card"

    def __init__(self) -> None:
        super().__init__("Somebody else must read your card before it is shared.")
