"""The business's own words, shared by all floors from here up."""

from enum import StrEnum


class Tier(StrEnum):
    """Service level (客户级别), lowest first."""

    STANDARD = "standard"
    QUASI_HIGH_END = "quasi_high_end"
    VIP = "vip"
    SILVER = "silver"
    GOLD = "gold"
    DIAMOND = "diamond"
    SUPREME = "supreme"


class Channel(StrEnum):
    """How a customer is reached."""

    VISIT = "visit"
    CALL = "call"
    SMS = "sms"
    WECHAT = "wechat"
    EMAIL = "email"


class Category(StrEnum):
    """What a contact is for; opt-outs, caps and hours depend on it."""

    CARE = "care"
    MARKETING = "marketing"
    SERVICE = "service"
    COMPLAINT = "complaint"
    PAYMENT = "payment"
    STATUTORY = "statutory"
