"""The words of a visit."""

from enum import StrEnum


class VisitStatus(StrEnum):
    """How far a visit has come."""

    PLANNED = "planned"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    RECORDED = "recorded"
    CANCELLED = "cancelled"
    MISSED = "missed"


class Booking(StrEnum):
    """Whether a visit has its slot in the ledger; a fact apart from its status."""

    NONE = "none"
    RESERVED = "reserved"
    REFUSED = "refused"
    RELEASED = "released"


class Side(StrEnum):
    """Whose doing it was."""

    CUSTOMER = "customer"
    US = "us"


class Step(StrEnum):
    """What moves a visit on."""

    CONFIRM = "confirm"
    MOVE = "move"
    CANCEL = "cancel"
    DELETE = "delete"
    MISS = "miss"
    CHECK_IN = "check_in"
    CHECK_OUT = "check_out"
    RECORD = "record"


class Verdict(StrEnum):
    """How far a check-in can be believed."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    OUTSIDE = "outside"
    SUSPICIOUS = "suspicious"


class ObjectiveOutcome(StrEnum):
    """What became of an objective."""

    MET = "met"
    PARTLY_MET = "partly_met"
    NOT_MET = "not_met"
    DROPPED = "dropped"


class Section(StrEnum):
    """What a visit's record tells, in the order it is told."""

    RELATIONSHIP = "relationship"
    NEEDS_AND_SATISFACTION = "needs_and_satisfaction"
    NETWORK_QUALITY = "network_quality"
    PERSONNEL_CHANGES = "personnel_changes"
    RIVALS = "rivals"
    PROBLEMS = "problems"
    OFFERS = "offers"
    OPPORTUNITIES = "opportunities"
