"""The governor's use cases. Each locks its subjects first, then reads the clock and the facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from crm_api.contact_frequency.models import Hold, OptOut, Overrun, Slot
    from crm_api.contact_frequency.terms import HoldKind
    from crm_api.contact_frequency.values import Decision, Plan
    from crm_api.customers.terms import Category, Channel


def preflight(plan: Plan, *, now: datetime) -> Decision:
    """Say what a reservation would answer. Stores nothing, locks nothing."""
    raise NotImplementedError


def preflight_plans(plans: Sequence[Plan], *, now: datetime) -> list[Decision]:
    """Say what each plan would be answered if it were the only one. Stores nothing."""
    raise NotImplementedError


def reserve_slot(plan: Plan, *, by_id: str | None) -> Slot:
    """Reserve; raises ContactBlocked with the whole trace."""
    raise NotImplementedError


def reserve_slots(plans: Sequence[Plan], *, by_id: str | None) -> list[Slot | Decision]:
    """Reserve some hundreds at once, in the order given; the blocked come back as decisions."""
    raise NotImplementedError


def move_slot(slot_id: str, *, to: datetime, by_id: str | None) -> Slot:
    """Move a planned slot, or leave it where it is (raises ContactBlocked)."""
    raise NotImplementedError


def release_slot(slot_id: str, *, reason: str) -> Slot:
    """Give a slot back."""
    raise NotImplementedError


def withdraw_slot(slot_id: str, *, reason: str) -> Slot:
    """Give a consumed slot back: its contact never happened, as a manager agreed."""
    raise NotImplementedError


def expire_slot(slot_id: str, *, reason: str) -> Slot:
    """End a slot whose day has passed."""
    raise NotImplementedError


def begin_slots(slot_ids: Collection[str]) -> dict[str, Decision | None]:
    """Pass the second gate: None means now in flight, a Decision says why it is refused."""
    raise NotImplementedError


def start_visit_slot(slot_id: str, *, at: datetime) -> list[Overrun]:
    """Check in: a fact, never refused; tells what it overran."""
    raise NotImplementedError


def consume_slot(slot_id: str, *, occurred_at: datetime, outcome: str | None) -> Slot:
    """Record that the contact happened (outcome: "reached", "no_answer", "absent", …)."""
    raise NotImplementedError


def return_slot(slot_id: str, *, reason: str) -> Slot:
    """From in flight back to reserved: its gateway said that nothing was sent."""
    raise NotImplementedError


def doubt_slot(slot_id: str) -> Slot:
    """Nothing was heard after begin: keeps counting, is never sent again by itself."""
    raise NotImplementedError


def record_fact(
    plan: Plan,
    *,
    occurred_at: datetime,
    recorded_at: datetime,
    outcome: str | None,
    by_id: str | None,
) -> Slot:
    """Record a contact that nobody planned. Never refused; overruns are stored."""
    raise NotImplementedError


def opt_out(
    number: str,
    *,
    at: datetime,
    source: str,
    channel: Channel = ...,  # type: ignore[assignment]
    categories: Iterable[Category] = ...,  # type: ignore[assignment]
) -> OptOut:
    """Silence a number: care and marketing by SMS unless told otherwise."""
    raise NotImplementedError


def opt_in(number: str, *, at: datetime, source: str) -> int:
    """Lift the number's opt-outs; returns how many."""
    raise NotImplementedError


def is_opted_out(numbers: Collection[str]) -> set[str]:
    """Return those of the numbers that opted out of SMS."""
    raise NotImplementedError


def place_hold(
    kind: HoldKind,
    *,
    customer_id: str | None = None,
    team_path: str | None = None,
    from_at: datetime,
    until_at: datetime | None = None,
    reason: str,
    source: str | None = None,
    by_id: str | None,
) -> Hold:
    """Stop care and marketing for a customer or a region."""
    raise NotImplementedError


def lift_hold(hold_id: str, *, reason: str, by_id: str | None, at: datetime) -> Hold:
    """Let care and marketing resume."""
    raise NotImplementedError


def ensure_default_policies(*, now: datetime) -> int:
    """Bring in the default policies that are missing; returns how many."""
    raise NotImplementedError
