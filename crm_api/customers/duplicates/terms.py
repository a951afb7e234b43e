"""The words of finding duplicates."""

from enum import StrEnum


class DuplicateState(StrEnum):
    """What became of two customers who look alike."""

    OPEN = "open"
    DISMISSED = "dismissed"
    MERGED = "merged"


class Likeness(StrEnum):
    """What two records have in common, or what tells them apart."""

    SAME_DOCUMENT = "same_document"
    SAME_PHONE = "same_phone"
    SAME_NAME = "same_name"
    SAME_PINYIN = "same_pinyin"
    SAME_BIRTH_DATE = "same_birth_date"
    OTHER_DOCUMENT = "other_document"
    OTHER_BIRTH_DATE = "other_birth_date"
    OTHER_GENDER = "other_gender"
