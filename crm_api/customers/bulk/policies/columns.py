"""What an export may show of a customer. Documents are never shown in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.customers.policies.masking import mask_document, mask_name, mask_phone
from crm_api.kit.cells import cell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# Those that stand in the customer's own row, and those that are looked up.
OWN = (
    "id",
    "name",
    "kind",
    "gender",
    "birth_on",
    "phone",
    "document_type",
    "document_number",
    "account_no",
    "status",
    "tier",
    "own_tier",
    "joined_on",
    "plan_name",
    "plan_monthly_fen",
    "contract_end_on",
    "balance_fen",
    "team_id",
    "owner_id",
    "created_at",
)
LOOKED_UP = ("team_name", "owner_name", "tags")
COLUMNS = (*OWN, *LOOKED_UP)
DEFAULT = ("id", "name", "kind", "phone", "account_no", "status", "tier", "owner_name")


def cells_of(facts: Mapping[str, Any], columns: Sequence[str], *, whole: set[str]) -> list[str]:
    """Return a customer's row of the file, as text that no spreadsheet will run.

    `whole` names what is shown in full of what is masked otherwise.
    """
    return [cell(_shown(facts, name, whole=whole)) for name in columns]


def _shown(facts: Mapping[str, Any], name: str, *, whole: set[str]) -> Any:
    if name in MASKS and name not in whole:
        return MASKS[name](facts)
    return facts[name]


MASKS: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
    "name": lambda facts: mask_name(facts["name"], kind=facts["kind"]),
    "phone": lambda facts: mask_phone(facts["phone"]),
    "document_number": lambda facts: mask_document(facts["document_number"]),
}
