"""What is shown of a number to whoever has not asked for the whole."""

from __future__ import annotations

from crm_api.customers.terms import Kind

SHOWN = 4
MASK = "**"


def mask_phone(number: str | None) -> str | None:
    """Return an E.164 number with its country and its last four digits."""
    if number is None:
        return None
    head = number[:3] if number.startswith("+86") else number[:2]
    return f"{head}****{number[-SHOWN:]}"


def mask_document(number: str | None) -> str | None:
    """Return the last four characters of a document's number; nothing of a very short one."""
    if number is None:
        return None
    return f"****{number[-SHOWN:] if len(number) > 2 * SHOWN else ''}"


def mask_name(name: str, *, kind: Kind) -> str:
    """Return a person's name as lists show it; an organisation's is nobody's secret."""
    return name if kind is Kind.GROUP else name[:1] + MASK
