"""The words of the library."""

from enum import StrEnum


class EntryKind(StrEnum):
    """What an entry is good for."""

    OPENER = "opener"
    TOPIC = "topic"
    TOPIC_TO_AVOID = "topic_to_avoid"
    SCRIPT = "script"
    SOOTHING_WORDS = "soothing_words"
    EXPLANATION = "explanation"


class Situation(StrEnum):
    """What may be the case at the door; the most delicate first, as they are told."""

    MOURNING = "mourning"
    SOLEMN_DAY = "solemn_day"
    COMPLAINT = "complaint"
    PROMISE_OVERDUE = "promise_overdue"
    WENT_BADLY = "went_badly"
    UNSOLVED_PROBLEM = "unsolved_problem"
    NETWORK_TROUBLE = "network_trouble"
    ARREARS = "arrears"
    SUSPENDED = "suspended"
    QUIET_WISHED = "quiet_wished"
    CONTRACT_ENDING = "contract_ending"
    RIVAL_ACTIVE = "rival_active"
    PERSONNEL_CHANGE = "personnel_change"
    FIRST_VISIT = "first_visit"
    OWN_DAY = "own_day"
    FESTIVAL = "festival"
    GROUP = "group"
    ANY = "any"


class VersionStatus(StrEnum):
    """Where the words of an entry stand."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    RETIRED = "retired"
