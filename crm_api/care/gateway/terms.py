"""The words that gateways and we use with each other."""

from enum import StrEnum


class AckResult(StrEnum):
    """What a gateway knows of a message that it was given."""

    SUBMITTED = "submitted"
    REJECTED = "rejected"
    RETRY = "retry"
    NOT_SUBMITTED = "not_submitted"
    UNKNOWN = "unknown"


class ReportStatus(StrEnum):
    """What the network says of one part of a message."""

    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REJECTED = "rejected"


class ReportOutcome(StrEnum):
    """What a report changed."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    IGNORED_OLDER = "ignored_older"
    UNMATCHED = "unmatched"


class InboundAction(StrEnum):
    """What a customer's message made us do."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    HELP = "help"
    REVIEW = "review"
    NONE = "none"


class Refusal(StrEnum):
    """Why one message of a call was refused, while others of it were not."""

    LEASE_LOST = "lease_lost"
    OPTED_OUT = "opted_out"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    HELD = "held"
    QUIET_HOURS = "quiet_hours"
    NOT_BEGUN = "not_begun"
    ACK_CONTRADICTS = "ack_contradicts"
    CONFLICT = "conflict"
    UNCERTAIN = "uncertain"


class Settlement(StrEnum):
    """What a person found out about a message that nobody could vouch for."""

    SENT = "sent"
    NOT_SENT = "not_sent"
