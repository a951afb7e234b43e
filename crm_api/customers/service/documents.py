"""Identity documents: encrypted, and found again by equality only."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from crm_api import config
from crm_api.kit.crypto import blind_index
from crm_api.kit.errors import Invalid

if TYPE_CHECKING:
    from crm_api.customers.models import Customer


def keep_index(customer: Customer) -> None:
    """Bring a document's blind index in line with its number.

    :raises Invalid: if one of type and number is given without the other
    """
    if (customer.document_type is None) != (customer.document_number is None):
        raise Invalid("/document_number", "A document has a type and a number.")
    if customer.document_type is None or customer.document_number is None:
        customer.document_index = None
        return
    number = "".join(unicodedata.normalize("NFKC", customer.document_number).upper().split())
    customer.document_number = number
    customer.document_index = blind_index(
        f"{customer.document_type.value}:{number}",
        key=config.current().index_key,
        purpose="customers.document_number",
    )
