"""How something became known."""

from enum import StrEnum


class Origin(StrEnum):
    """By what way a fact came into a profile."""

    ENTRY = "entry"
    CALL = "call"
    LETTER = "letter"
    COUNTER = "counter"
    VISIT = "visit"
    IMPORT = "import"
    BULK_EDIT = "bulk_edit"
    MERGE = "merge"


# What somebody who mends a profile by hand may name; the others follow from what happened.
STATED = (Origin.ENTRY, Origin.CALL, Origin.LETTER, Origin.COUNTER)
