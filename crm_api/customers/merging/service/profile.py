"""What two records say of one customer: the survivor's word stands, the other fills its gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from crm_api.customers import queries
from crm_api.customers.handovers.queries import hold_receivers
from crm_api.customers.merging.service.journal import rows_of
from crm_api.customers.models import Anniversary, ExtendedProfile, Phone
from crm_api.customers.places.models import Place
from crm_api.customers.policies.phones import first_mobile
from crm_api.customers.service.belongings import move_open_rows
from crm_api.customers.terms import AnniversaryKind, Gender, Status

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crm_api.customers.merging.service.journal import Row
    from crm_api.customers.merging.values import Merging
    from crm_api.customers.models import Customer

PHONES = cast("sa.Table", Phone.__table__)
ANNIVERSARIES = cast("sa.Table", Anniversary.__table__)
PLACES = cast("sa.Table", Place.__table__)
PROFILES = cast("sa.Table", ExtendedProfile.__table__)
# What is said together is taken over together, where the survivor says nothing of it.
DOCUMENT = ("document_type", "document_number", "document_index")
ACCOUNT = ("account_no", "plan_name", "plan_monthly_fen", "contract_end_on", "balance_fen")
BIRTH = ("birth_on", "has_guardian_consent")
BELONGING = ("owner_id", "team_id")
LISTED = ("interests", "traits", "small_requests")
SAID_ONCE = (
    "communication_style",
    "preferred_channel",
    "preferred_from",
    "preferred_until",
    "employer",
    "title",
)
DATE = ("kind", "calendar", "month", "day", "is_leap_month")


def unite_core(merging: Merging) -> None:
    """Fill what the survivor's core profile leaves open, and close the record that goes."""
    ours, theirs = merging.survivor, merging.merged
    filled = _filled(ours, theirs)
    given_up = {"account_no": None} if "account_no" in filled else {}
    # A death concerns the person: the governor asks for it of everybody who is one.
    is_dead = theirs.status is Status.DECEASED
    merging.journal.change_record(
        theirs,
        merged_into_id=ours.id,
        owner_id=filled.get("owner_id", ours.owner_id),
        team_id=filled.get("team_id", ours.team_id),
        phone=None,
        status=Status.DECEASED if is_dead else Status.CLOSED,
        **given_up,
    )
    merging.journal.change_record(ours, **filled)


def _filled(ours: Customer, theirs: Customer) -> Row:
    filled: Row = {}
    for group in (DOCUMENT, ACCOUNT, BIRTH, BELONGING):
        if getattr(ours, group[0]) is None and getattr(theirs, group[0]) is not None:
            filled |= {name: getattr(theirs, name) for name in group}
    if ours.gender is Gender.UNKNOWN:
        filled["gender"] = theirs.gender
    joined = [one.joined_on for one in (ours, theirs) if one.joined_on is not None]
    return filled | ({"joined_on": min(joined)} if joined else {})


def unite_phones(merging: Merging) -> None:
    """Give the survivor the numbers that it lacks; it is still written to on its own."""
    ours = {row["number"] for row in rows_of(PHONES, _is_of(PHONES, merging.survivor.id))}
    theirs = rows_of(PHONES, _is_of(PHONES, merging.merged.id))
    merging.journal.take_away(PHONES, [row for row in theirs if row["number"] in ours])
    has_primary = merging.survivor.phone is not None
    for row in theirs:
        if row["number"] not in ours:
            is_primary = row["is_primary"] and not has_primary
            moved = {"customer_id": merging.survivor.id, "is_primary": is_primary}
            merging.journal.change(PHONES, row, moved)
    if not has_primary:
        merging.journal.change_record(merging.survivor, phone=merging.merged.phone)


def settle_numbers(merging: Merging) -> None:
    """Write to none but a number that is kept still: some were removed or chosen since."""
    for customer in (merging.survivor, merging.merged):
        numbers = {phone.number: phone for phone in queries.phones_of(customer.id)}
        if customer.phone not in numbers:
            customer.phone = first_mobile(numbers)
        for number, phone in numbers.items():
            phone.is_primary = number == customer.phone


def settle_owner(merging: Merging) -> None:
    """Leave the record that is back with the survivor's account manager, where its own has left."""
    survivor, merged = merging.survivor, merging.merged
    left, owner_id = merged.owner_id, survivor.owner_id
    if left in (None, owner_id) or hold_receivers([left]):
        return
    merged.owner_id, merged.team_id = owner_id, survivor.team_id
    if owner_id is not None:
        move_open_rows([merged.id], from_id=left, to_id=owner_id)


def unite_anniversaries(merging: Merging) -> None:
    """Keep each day once. Who does not like to be greeted on it, is not; what was stated stands."""
    ours = rows_of(ANNIVERSARIES, _is_of(ANNIVERSARIES, merging.survivor.id))
    for row in rows_of(ANNIVERSARIES, _is_of(ANNIVERSARIES, merging.merged.id)):
        same = next((own for own in ours if _is_same_day(own, row)), None)
        if same is None:
            merging.journal.change(ANNIVERSARIES, row, {"customer_id": merging.survivor.id})
        elif row["is_stated"] and not same["is_stated"]:
            merging.journal.take_away(ANNIVERSARIES, [same])
            kept = {"customer_id": merging.survivor.id, "is_greeted": _both(same, row)}
            merging.journal.change(ANNIVERSARIES, row, kept)
        else:
            merging.journal.take_away(ANNIVERSARIES, [row])
            merging.journal.change(ANNIVERSARIES, same, {"is_greeted": _both(same, row)})


def _is_same_day(own: Row, row: Row) -> bool:
    """Tell whether two entries are of one day: whoever it is, has one birthday."""
    if own["kind"] is row["kind"] is AnniversaryKind.BIRTHDAY:
        return True
    return all(own[name] == row[name] for name in DATE)


def _both(own: Row, row: Row) -> bool:
    return bool(own["is_greeted"] and row["is_greeted"])


def unite_places(merging: Merging) -> None:
    """Meet the customer at all places known; the survivor's primary one stays the primary."""
    ours = rows_of(PLACES, _is_of(PLACES, merging.survivor.id))
    for row in rows_of(PLACES, _is_of(PLACES, merging.merged.id)):
        moved: Row = {"customer_id": merging.survivor.id}
        merging.journal.change(PLACES, row, moved | ({"choice": -1} if ours else {}))


def unite_extended(merging: Merging) -> None:
    """Put together what is known of the customer as a person."""
    found = {row["id"]: row for row in _both_rows(PROFILES, merging)}
    ours, theirs = found.get(merging.survivor.id), found.get(merging.merged.id)
    if theirs is None:
        return
    if ours is None:
        merging.journal.change(PROFILES, theirs, {"id": merging.survivor.id})
        return
    merging.journal.take_away(PROFILES, [theirs])
    united: Row = {name: list(dict.fromkeys([*ours[name], *theirs[name]])) for name in LISTED}
    united |= {name: theirs[name] for name in SAID_ONCE if ours[name] in (None, "")}
    remarks = dict.fromkeys(text for text in (ours["remarks"], theirs["remarks"]) if text)
    merging.journal.change(PROFILES, ours, united | {"remarks": "\n".join(remarks)})


def _both_rows(table: sa.Table, merging: Merging) -> list[Row]:
    return rows_of(table, table.c.id.in_([merging.survivor.id, merging.merged.id]))


def _is_of(table: sa.Table, customer_id: str) -> sa.ColumnElement[bool]:
    condition: Any = table.c.customer_id == customer_id
    return cast("sa.ColumnElement[bool]", condition)
