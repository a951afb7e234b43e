"""What is refused about customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError, MovedOn

if TYPE_CHECKING:
    from datetime import datetime


class CustomerMerged(MovedOn, DomainError):
    """The customer went on as part of another: see `merged_into_id`."""

    code = "customer_merged"

    def __init__(self, *, customer_id: str, merged_into_id: str) -> None:
        self.from_id, self.to_id = customer_id, merged_into_id
        super().__init__(
            "This customer was merged with another, under whose id it goes on.",
            customer_id=customer_id,
            merged_into_id=merged_into_id,
        )


class AccountNumberTaken(DomainError):
    """Another customer has this account number. Who it is stays untold: it may be a stranger's."""

    code = "account_number_taken"

    def __init__(self) -> None:
        super().__init__("This account number is in use. Check it with the billing system.")


class BirthdayKnown(DomainError):
    """A customer has one birthday."""

    code = "birthday_known"

    def __init__(self, *, anniversary_id: str) -> None:
        super().__init__("The birthday is known. Change it instead.", anniversary_id=anniversary_id)


class PhoneKnown(DomainError):
    """The customer has this number already."""

    code = "phone_known"

    def __init__(self, *, phone_id: str) -> None:
        super().__init__("The customer has this number already.", phone_id=phone_id)


class TooManyPhones(DomainError):
    """More numbers than anybody answers."""

    code = "too_many_phones"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"A customer has {most} numbers at the most.", most=most)


class RelationKnown(DomainError):
    """The two are linked in this way already."""

    code = "relation_known"

    def __init__(self, *, relation_id: str) -> None:
        super().__init__("The two are linked in this way already.", relation_id=relation_id)


class RelationImpossible(DomainError):
    """This kind of link does not hold between customers of these kinds."""

    status = 422
    code = "relation_impossible"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class TierFollowsGroup(DomainError):
    """The tier of a key person of great influence is the group's."""

    code = "tier_follows_group"

    def __init__(self) -> None:
        super().__init__("This customer's tier follows a group's. Change the group's tier.")


class WrongMeasure(DomainError):
    """Individuals are judged by their bills, groups by their revenue and lines."""

    status = 422
    code = "wrong_measure"

    def __init__(self) -> None:
        super().__init__(
            "Send `monthly_fen` for an individual, `monthly_revenue_fen` and `mobile_lines` "
            "for a group."
        )


class UndoTooLate(DomainError):
    """The time in which a merge, or a handover, can be taken back is over."""

    code = "undo_too_late"

    def __init__(self, *, undo_until: datetime) -> None:
        super().__init__("This can no longer be taken back.", undo_until=undo_until.isoformat())
