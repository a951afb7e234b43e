"""From the texts of one row to the facts of one customer, or the reasons why not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson
import phonenumbers

from crm_api.customers.imports.policies.mapping import (
    LARGEST_AMOUNT,
    FileMapping,
    Unmappable,
    map_cells,
)
from crm_api.customers.terms import Gender, Kind, Tier
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from enum import StrEnum

LONGEST_KEY = 64
LONGEST_TEXT = 100
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
MOBILE_KINDS = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)
LONGEST_PHONE = 32


@dataclass(slots=True, kw_only=True)
class RowFacts:
    """What a row says of a customer: typed facts, its natural key and its digest."""

    number: int
    cells: Sequence[str]
    facts: dict[str, Any]
    reasons: list[str]
    # Whom the row creates, should it create somebody.
    customer_id: str = field(default_factory=new_id)

    @property
    def key(self) -> str:
        """What names the customer within its source."""
        return str(self.facts.get("external_id") or self.facts.get("account_no") or "")

    @property
    def reject(self) -> dict[str, Any]:
        """The row as it came, and why it was not taken."""
        return {"number": self.number, "cells": list(self.cells), "reasons": self.reasons}

    @property
    def digest(self) -> str:
        """Tells whether the row says anything new."""
        content = orjson.dumps(self.facts, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(content).hexdigest()


def read_row(
    number: int,
    cells: Sequence[str],
    fault: str | None,
    *,
    header: Sequence[str],
    mapping: FileMapping,
) -> RowFacts:
    """Return what a row says, with every reason why it cannot be taken."""
    row = RowFacts(number=number, cells=cells, facts={}, reasons=[])
    if fault is not None:
        row.reasons.append(fault)
        return row
    texts, row.reasons = map_cells(mapping, dict(zip(header, cells, strict=True)))
    for name, text in texts.items():
        try:
            row.facts[name] = READERS[name](text) if text else None
        except Unmappable as error:
            row.reasons.append(f"{name}: {error}")
    row.reasons += _missing(row, mapping)
    return row


def _missing(row: RowFacts, mapping: FileMapping) -> list[str]:
    named = {reason.split(":")[0] for reason in row.reasons}
    missing = []
    if not row.key and not named & {"external_id", "account_no"}:
        missing.append("external_id: the row has neither an external id nor an account number")
    if not row.facts.get("name") and "name" not in named:
        missing.append("name: the name is missing")
    if not (row.facts.get("owner_login") or mapping.default_owner) and "owner_login" not in named:
        missing.append("owner_login: nobody is named as owner, and the mapping has no default")
    return missing


def _text(longest: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > longest:
            raise Unmappable(f"longer than {longest} characters")
        return text

    return read


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text.replace("/", "-"))
    except ValueError:
        raise Unmappable("this is not a day written like 1990-05-17") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Unmappable("give a day between 1900 and 2199")
    return day


def _amount(text: str) -> int:
    try:
        amount = int(text) if len(text) <= len(str(LARGEST_AMOUNT)) + 1 else LARGEST_AMOUNT + 1
    except ValueError:
        raise Unmappable("this is not a whole number of the smallest coin") from None
    if abs(amount) > LARGEST_AMOUNT:
        raise Unmappable("this amount is too large")
    return amount


def _choice(terms: type[StrEnum]) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            return terms(text.lower()).value
        except ValueError:
            raise Unmappable(f"use one of {', '.join(terms)}") from None

    return read


def _mobile(text: str) -> str:
    try:
        number = phonenumbers.parse(text[:LONGEST_PHONE], "CN")
    except phonenumbers.NumberParseException:
        raise Unmappable("this is not a phone number") from None
    if not phonenumbers.is_valid_number(number):
        raise Unmappable("this number does not exist in its country")
    if phonenumbers.number_type(number) not in MOBILE_KINDS:
        raise Unmappable("this is not a mobile number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


READERS: Mapping[str, Callable[[str], Any]] = {
    "external_id": _text(LONGEST_KEY),
    "account_no": _text(LONGEST_KEY),
    "name": _text(LONGEST_TEXT),
    "kind": _choice(Kind),
    "gender": _choice(Gender),
    "birth_on": _day,
    "phone": _mobile,
    "joined_on": _day,
    "plan_name": _text(LONGEST_TEXT),
    "plan_monthly_fen": _amount,
    "contract_end_on": _day,
    "balance_fen": _amount,
    "tier": _choice(Tier),
    "owner_login": _text(LONGEST_KEY),
}
