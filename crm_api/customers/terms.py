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


class Kind(StrEnum):
    """A person, or an organisation (集团)."""

    INDIVIDUAL = "individual"
    GROUP = "group"


class Gender(StrEnum):
    """As the document says, or unknown."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """How the customer stands with the operator."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    DECEASED = "deceased"


class DocumentType(StrEnum):
    """What proves the identity."""

    ID_CARD = "id_card"
    PASSPORT = "passport"
    RESIDENCE_PERMIT = "residence_permit"
    BUSINESS_LICENCE = "business_licence"
    OTHER = "other"


class AnniversaryKind(StrEnum):
    """What is remembered on a day."""

    BIRTHDAY = "birthday"
    WEDDING = "wedding"
    FOUNDING = "founding"
    JOINING = "joining"
    OTHER = "other"


class LifeEventKind(StrEnum):
    """What happens to a customer once, and is worth a word of joy."""

    PROMOTION = "promotion"
    NEW_HOME = "new_home"
    MARRIAGE = "marriage"
    CHILD_BORN = "child_born"
    CHILDS_SUCCESS = "childs_success"
    NEW_BUSINESS = "new_business"
    AWARD = "award"
    RETIREMENT = "retirement"
    OTHER = "other"


class RelationKind(StrEnum):
    """How two customers belong together."""

    SAME_PERSON = "same_person"
    FAMILY = "family"
    KEY_PERSON = "key_person"


class Influence(StrEnum):
    """How much a key person's word weighs in the group's choices."""

    LOW = "low"
    MEDIUM = "medium"
    GREAT = "great"


class CommunicationStyle(StrEnum):
    """How the customer likes to be spoken to."""

    DIRECT = "direct"
    EXPRESSIVE = "expressive"
    AMIABLE = "amiable"
    ANALYTICAL = "analytical"


class Aspect(StrEnum):
    """What of a customer keeps a history."""

    STATUS = "status"
    TIER = "tier"
    PLAN = "plan"
    OWNERSHIP = "ownership"


class RevealField(StrEnum):
    """What is masked until somebody says why it is needed."""

    PHONE = "phone"
    DOCUMENT_NUMBER = "document_number"
