"""The words of care: what a greeting is for, and what can become of it."""

from enum import StrEnum


class Occasion(StrEnum):
    """Why a customer is greeted."""

    BIRTHDAY = "birthday"
    ANNIVERSARY = "anniversary"
    JOINING = "joining"  # so many years with the operator
    FESTIVAL = "festival"
    PROMOTION = "promotion"
    LIFE_EVENT = "life_event"  # a new home, a child born: once, as somebody noted it
    TIER_CHANGE = "tier_change"  # upwards only


class BirthdayCalendar(StrEnum):
    """By which calendar a birthday is greeted, where both its dates are known."""

    AS_STATED = "as_stated"
    SOLAR = "solar"
    LUNAR = "lunar"


class MessageState(StrEnum):
    """Where a message stands on its way to the customer."""

    QUEUED = "queued"
    LEASED = "leased"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REJECTED = "rejected"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DEAD = "dead"
    UNCERTAIN = "uncertain"
    PREEMPTED = "preempted"  # a contact that matters more took its moment
    COALESCED = "coalesced"  # another greeting of that day says it as well


class Encoding(StrEnum):
    """How an SMS is written on the air."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


class TemplateStatus(StrEnum):
    """How far a version of a template has come."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETIRED = "retired"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
