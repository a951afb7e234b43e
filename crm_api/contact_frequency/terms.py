"""The governor's own words."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from crm_api.customers.terms import Channel

ALL_CHANNELS = frozenset(Channel)
REMOTE_CHANNELS = ALL_CHANNELS - {Channel.VISIT}
TEXT_CHANNELS = frozenset({Channel.SMS, Channel.WECHAT, Channel.EMAIL})
CHANNEL_GROUPS = {
    "voice": frozenset({Channel.CALL}),
    "text": TEXT_CHANNELS,
    "remote": REMOTE_CHANNELS,
    "any": ALL_CHANNELS,
}

NO_ANSWER = "no_answer"
ABSENT = "absent"


class SubjectKind(StrEnum):
    """What a cap protects."""

    CUSTOMER = "customer"
    ENDPOINT = "endpoint"


class SlotState(StrEnum):
    """Where a contact stands in its life."""

    HELD = "held"
    RESERVED = "reserved"
    IN_FLIGHT = "in_flight"
    CONSUMED = "consumed"
    RELEASED = "released"
    EXPIRED = "expired"
    PREEMPTED = "preempted"
    COALESCED = "coalesced"
    UNCERTAIN = "uncertain"


COUNTING_STATES = frozenset(
    {
        SlotState.HELD,
        SlotState.RESERVED,
        SlotState.IN_FLIGHT,
        SlotState.UNCERTAIN,
        SlotState.CONSUMED,
    }
)
LOSING_STATES = frozenset({SlotState.PREEMPTED, SlotState.COALESCED})
PLANNED_STATES = frozenset({SlotState.HELD, SlotState.RESERVED})


class ContactClass(IntEnum):
    """How much a contact matters where two want one slot: the lower wins."""

    STATUTORY = 0
    COMPLAINT = 1
    APPOINTMENT = 2  # agreed with the customer
    PAYMENT = 3
    BIRTHDAY = 4
    GREAT_FESTIVAL = 5  # New Year's Eve, Spring Festival, Mid-Autumn
    OTHER_DAY = 6
    FOLLOW_UP = 7
    MARKETING = 8


class Counting(StrEnum):
    """Toward which caps a slot counts."""

    NONE = "none"
    FULL = "full"
    ANY_ONLY = "any_only"  # an unanswered call: only caps over all channels see it
    VISIT_ONLY = "visit_only"  # a visit to an absent customer: only the visit cap sees it


class RuleKind(StrEnum):
    """The shape of a policy's rule."""

    ROLLING = "rolling"
    ROLLING_DAYS = "rolling_days"
    CALENDAR = "calendar"
    MIN_GAP = "min_gap"
    WINDOW = "window"


class Period(StrEnum):
    """The bucket of a calendar rule, in local time; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Strength(StrEnum):
    """How firmly a policy says no."""

    LEGAL = "legal"
    HARD = "hard"
    SOFT = "soft"


class ScopeKind(StrEnum):
    """Whom a policy is for, broadest first."""

    ORGANISATION = "organisation"
    TIER = "tier"
    SEGMENT = "segment"
    CUSTOMER = "customer"


class Waiver(StrEnum):
    """What sets a window aside for one contact."""

    AGREEMENT = "agreement"  # the customer asked for that time
    DEADLINE = "deadline"  # the law sets a last moment


class Verdict(StrEnum):
    """The governor's answer."""

    ALLOWED = "allowed"
    ALLOWED_WITH_WARNING = "allowed_with_warning"
    BLOCKED = "blocked"


class ReasonCode(StrEnum):
    """Why a contact is blocked or warned of. API: a code never changes its meaning."""

    CAP_REACHED = "cap_reached"
    DAILY_CAP_REACHED = "daily_cap_reached"
    PERIOD_CAP_REACHED = "period_cap_reached"
    GAP_TOO_SHORT = "gap_too_short"
    NEVER_ALLOWED = "never_allowed"
    OUTSIDE_HOURS = "outside_hours"
    SOLEMN_DAY = "solemn_day"
    NOT_A_WORKDAY = "not_a_workday"
    VISIT_CONTACTS_EXHAUSTED = "visit_contacts_exhausted"
    DO_NOT_DISTURB = "do_not_disturb"
    OPTED_OUT = "opted_out"
    COMPLAINT_OPEN = "complaint_open"
    LEAVE_ALONE = "leave_alone"
    MOURNING = "mourning"
    DECEASED = "deceased"
    MINOR_WITHOUT_CONSENT = "minor_without_consent"
    ACCOUNT_CLOSED = "account_closed"
    OCCURRENCE_TAKEN = "occurrence_taken"
    GREETED_THAT_DAY = "greeted_that_day"
    AFTER_LAST_MOMENT = "after_last_moment"
    IN_THE_PAST = "in_the_past"
    SLOT_SETTLED = "slot_settled"


class HoldKind(StrEnum):
    """Why care and marketing stop for somebody."""

    COMPLAINT = "complaint"
    LEAVE_ALONE = "leave_alone"
    MOURNING = "mourning"


class OverrunCause(StrEnum):
    """How a contact came to lie beyond a policy."""

    LATE_FACT = "late_fact"
    CHECK_IN = "check_in"
    EXEMPT_CATEGORY = "exempt_category"
    LATE_RECEIPT = "late_receipt"
    OVERRIDE = "override"


class OverrideState(StrEnum):
    """Where an override stands."""

    ASKED = "asked"
    APPROVED = "approved"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    USED = "used"
    LAPSED = "lapsed"  # never stored: time alone makes it so


class AlertKind(StrEnum):
    """What the nightly audit found."""

    CAP = "cap"  # more contacts than a policy allows, and nobody has said why
    HOURS = "hours"  # a contact outside the hours of a policy, likewise
    REPLAY = "replay"  # a decision whose facts give another answer than was stored


class AuditPhase(StrEnum):
    """What a run of the audit looks at; one after the other."""

    CAPS = "caps"
    HOURS = "hours"
    STANDING = "standing"  # decisions about which an alert stands
    REPLAYS = "replays"


class DecisionKind(StrEnum):
    """At which point of a slot's life a decision was made."""

    RESERVATION = "reservation"
    REFUSAL = "refusal"
    MOVE = "move"
    BEGIN = "begin"
    FACT = "fact"
