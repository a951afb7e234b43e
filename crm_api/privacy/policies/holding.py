"""How a table says what it holds of a customer."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


Link = tuple[str, str, str]


class Special(Enum):
    """What no constant can say."""

    NOW = "now"
    # Where something stood, the word "erased" stands: the table asks for some reason.
    WORD = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a table holds of a customer.

    `through` names the columns by which a row is a customer's, each with the table and its column
    that it names. An erasure deletes the rows, or gives columns what `becomes` says; what people
    may have written and yet stays is named in `keeps`, and what another package erases by a rule
    of its own in `by_rule`. `hides` is what an export leaves out: it is ours.
    """

    through: tuple[Link, ...]
    is_deleted: bool = False
    becomes: Mapping[str, Any] = field(default_factory=dict)
    keeps: frozenset[str] = frozenset()
    by_rule: frozenset[str] = frozenset()
    hides: frozenset[str] = frozenset()


def kept(
    *through: Link,
    becomes: Mapping[str, Any] | None = None,
    keeps: str = "",
    by_rule: str = "",
    hides: str = "",
) -> Held:
    """Say of a table that its rows stay, as facts without what identifies anybody."""
    return Held(
        through=through or OWN,
        becomes=becomes or {},
        keeps=frozenset(keeps.split()),
        by_rule=frozenset(by_rule.split()),
        hides=frozenset(hides.split()),
    )


def deleted(*through: Link, hides: str = "") -> Held:
    """Say of a table that its rows go."""
    return Held(through=through or OWN, is_deleted=True, hides=frozenset(hides.split()))


OWN: tuple[Link, ...] = (("customer_id", "customers", "id"),)
SAME_ID: Link = ("id", "customers", "id")
OF_VISIT: Link = ("visit_id", "visits", "id")
OF_MESSAGE: Link = ("message_id", "care_messages", "id")
OF_SLOT: Link = ("slot_id", "contact_slots", "id")
OF_CONTACT: Link = ("contact_id", "contacts", "id")
