"""The words of the contact history."""

from enum import StrEnum


class EntryKind(StrEnum):
    """What an entry does: tell of a contact, put an earlier entry right, or take it back."""

    CONTACT = "contact"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"


class Direction(StrEnum):
    """Who turned to whom."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class Purpose(StrEnum):
    """What a contact was to bring about."""

    BOND = "bond"
    INFORMATION = "information"
    LATENT_NEED = "latent_need"
    GREETING = "greeting"
    APPOINTMENT = "appointment"
    FOLLOW_UP = "follow_up"
    SERVICE = "service"
    OFFER = "offer"
    COMPLAINT = "complaint"
    PAYMENT = "payment"
    NOTICE = "notice"
    OTHER = "other"


class Outcome(StrEnum):
    """What became of a contact."""

    REACHED = "reached"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    ABSENT = "absent"
    SENT = "sent"
    WRONG_NUMBER = "wrong_number"


class WithdrawalStatus(StrEnum):
    """How far a request to take an entry back has come."""

    REQUESTED = "requested"
    APPROVED = "approved"
    DECLINED = "declined"
