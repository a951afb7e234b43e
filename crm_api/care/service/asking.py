"""Ask the governor for moments, and once more where the day has room: a greeting keeps its day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crm_api.care.policies.choosing import stable_number
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.values import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from crm_api.care.policies.timing import Window
    from crm_api.contact_frequency.values import Plan

    # Says of each plan, in order, why it is refused; or gives its slot, if it got one.
    Judge = Callable[[Sequence[Plan]], Sequence[Any]]


def hold(plans: Sequence[Plan]) -> Sequence[Any]:
    """Hold slots: a contact that matters more may still take them."""
    return contact_frequency.reserve_slots(plans, by_id=None, is_held=True)


def place(occurrence: str | None, window: Window) -> datetime:
    """Return the moment of an occurrence in a window: the same whoever asks, and how often."""
    return window.place(stable_number(occurrence or ""))


def ask(plans: list[Plan], windows: Sequence[Window], *, judge: Judge) -> list[Any]:
    """Return what each plan is answered, each moved to where its window has room, if need be."""
    answers = list(judge(plans))
    again = move_later(plans, windows, answers)
    seconds = judge([plans[n] for n in again]) if again else ()
    for n, answer in zip(again, seconds, strict=True):
        answers[n] = answer
    return answers


def move_later(plans: list[Plan], windows: Sequence[Window], answers: Sequence[Any]) -> list[int]:
    """Move the refused plans to where their windows have room; return which those are."""
    moved = []
    for n, answer in enumerate(answers):
        later = answer.next_allowed_at if is_refusal(answer) else None
        if later is not None and not (rest := windows[n].from_moment(later)).is_over:
            plans[n] = replace(plans[n], at=place(plans[n].occurrence, rest))
            moved.append(n)
    return moved


def is_refusal(answer: Any) -> bool:
    """Tell whether a plan got no slot."""
    return isinstance(answer, Decision) and not answer.is_allowed


def why(refusal: Decision) -> str:
    """Return the code of what stands in the way longest."""
    if refusal.binding is not None:
        return str(refusal.reasons[refusal.binding].code)
    return str(next(reason.code for reason in refusal.reasons if reason.blocks))
