"""Identity documents: encrypted, and found again by equality only."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_api import config
from crm_api.kit.crypto import blind_index
from crm_api.kit.errors import Invalid

if TYPE_CHECKING:
    from crm_api.customers.models import Customer
    from crm_api.customers.terms import DocumentType


@dataclass(frozen=True, slots=True)
class Document:
    """A document's number in one spelling, and what it is found by."""

    number: str | None = None
    index: str | None = None


def keep_index(customer: Customer) -> None:
    """Bring a document's blind index in line with its number.

    :raises Invalid: if one of type and number is given without the other
    """
    document = read_document(customer.document_type, customer.document_number)
    customer.document_number, customer.document_index = document.number, document.index


def read_document(kind: DocumentType | None, number: str | None) -> Document:
    """Return a document as it is kept.

    :raises Invalid: if one of type and number is given without the other
    """
    if (kind is None) != (number is None):
        raise Invalid("/document_number", "A document has a type and a number.")
    if kind is None or number is None:
        return Document()
    number = "".join(unicodedata.normalize("NFKC", number).upper().split())
    index = blind_index(
        f"{kind.value}:{number}",
        key=config.current().index_key,
        purpose="customers.document_number",
    )
    return Document(number, index)
