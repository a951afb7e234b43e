"""Say of each row of a chunk why it cannot be taken. One statement a question, not one a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.customers import locks
from crm_api.customers.imports import queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crm_api.customers.imports.policies.rows import RowFacts
    from crm_api.customers.imports.values import Order, Remembered
    from crm_api.customers.models import Customer

STRANGE_OWNER = "owner_login: nobody with this login works in your teams"
SAME_NUMBER = "account_no: another customer has this account number"
NOT_YOURS = "the customer belongs to a team that you may not see"
MERGED = "external_id: this customer was merged into {}; bring it by one row only"
NUMBER_MET = "phone: the number made up for this id is another's; choose another salt"


def judge_owners(rows: Sequence[RowFacts], *, order: Order) -> dict[str, tuple[str, str]]:
    """Return id and team of each owner named; reject rows whose owner is out of reach."""
    for row in rows:
        row.facts["owner_login"] = row.facts.get("owner_login") or order.mapping.default_owner
    logins = {row.facts["owner_login"] for row in rows if row.facts["owner_login"]}
    owners = queries.find_owners(logins, visible_to=order.by)
    for row in rows:
        if not row.reasons and row.facts["owner_login"] not in owners:
            row.reasons.append(STRANGE_OWNER)
    return owners


def judge_repeats(
    rows: Sequence[RowFacts], *, remembered: Mapping[str, Remembered], import_id: str
) -> None:
    """Reject a row whose id another row of the same file brought already."""
    first: dict[str, int] = {}
    for row in rows:
        if row.reasons:
            continue
        before = remembered.get(row.key)
        if before is not None and before.import_id == import_id:
            first.setdefault(row.key, before.row_number)
        if first.setdefault(row.key, row.number) != row.number:
            row.reasons.append(f"external_id: row {first[row.key]} brings the same customer")


def judge_known(
    rows: Sequence[RowFacts], *, remembered: Mapping[str, Remembered], order: Order
) -> dict[str, Customer]:
    """Return the customer whom each key names already; reject rows that may not touch theirs."""
    ids = _find_ids(rows, remembered=remembered, source=order.mapping.source)
    if not order.is_dry_run:
        touched = [r for r in rows if r.key in ids and not is_remembered(r, remembered)]
        locks.lock_subjects(customer_ids=[ids[row.key] for row in touched])
    customers = queries.find_customers(ids.values(), visible_to=order.by)
    for row in rows:
        if row.key not in ids or row.reasons:
            continue
        customer = customers.get(ids[row.key])
        if customer is None:
            row.reasons.append(NOT_YOURS)
        elif customer.merged_into_id is not None and not is_remembered(row, remembered):
            row.reasons.append(MERGED.format(customer.merged_into_id))
    return {key: customers[known] for key, known in ids.items() if known in customers}


def is_remembered(row: RowFacts, remembered: Mapping[str, Remembered]) -> bool:
    """Tell whether a row says what it said before."""
    return row.key in remembered and remembered[row.key].digest == row.digest


def _find_ids(
    rows: Sequence[RowFacts], *, remembered: Mapping[str, Remembered], source: str
) -> dict[str, str]:
    numbers = {row.facts["account_no"] for row in rows if row.facts.get("account_no")}
    holders = queries.find_by_account_no(numbers)
    claimed = queries.find_claimed(source, holders.values())
    ids: dict[str, str] = {}
    new_numbers: set[str] = set()
    for row in rows:
        if row.reasons:
            continue
        number = row.facts.get("account_no") or ""
        own = remembered[row.key].customer_id if row.key in remembered else None
        holder = holders.get(number)
        is_strangers = holder is not None and own != holder and (own or holder in claimed)
        if is_strangers or number in new_numbers:
            row.reasons.append(SAME_NUMBER)
        elif found := own or holder:
            ids[row.key] = found
        if number and holder is None:
            new_numbers.add(number)
    return ids


def judge_fictional_mobiles(rows: Sequence[RowFacts], *, known: Mapping[str, Customer]) -> None:
    """Reject a row whose made-up number met another's: two ids may come to one number."""
    good = [row for row in rows if not row.reasons and row.facts.get("phone")]
    holders = queries.find_by_phone({row.facts["phone"] for row in good})
    met: set[str] = set()
    for row in good:
        phone = row.facts["phone"]
        own = known[row.key].id if row.key in known else None
        if phone in met or holders.get(phone, own) != own:
            row.reasons.append(NUMBER_MET)
        met.add(phone)
