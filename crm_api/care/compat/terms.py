"""The words of the SMSGate app."""

from enum import StrEnum


class AppState(StrEnum):
    """How far a phone has come with a message."""

    PENDING = "Pending"
    PROCESSED = "Processed"
    SENT = "Sent"
    DELIVERED = "Delivered"
    FAILED = "Failed"


class Order(StrEnum):
    """In which order a phone wants its messages."""

    LIFO = "lifo"
    FIFO = "fifo"


SMS_RECEIVED = "sms:received"
