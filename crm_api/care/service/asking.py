"""Ask the governor for moments, and once more where the day has room: a greeting keeps its day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crm_api.care.policies.choosing import stable_number
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.values import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from crm_api.care.policies.timing import Window
    from crm_api.contact_frequency.values import Plan
    from crm_api.customers.values import Reach

    # Says of each plan, in order, why it is refused; or gives its slot, if it got one. What it
    # refuses is final where no window is given to ask again in.
    Judge = Callable[..., Sequence[Any]]


def hold(plans: Sequence[Plan]) -> Sequence[Any]:
    """Hold slots: a contact that matters more may still take them."""
    return contact_frequency.reserve_slots(plans, by_id=None, is_held=True)


def holding(is_news: Callable[[Decision], bool], *, seen: Mapping[str, Reach]) -> Judge:
    """Return a judge that holds slots and stores a refusal that is its last word, and news.

    `seen` is whom the plans reach, as far as that was read along with them.
    """

    def judge(plans: Sequence[Plan], *, window: Window | None) -> Sequence[Any]:
        def keeps(refusal: Decision) -> bool:
            asks_again = window is not None and _rest(window, refusal) is not None
            return not asks_again and is_news(refusal)

        return contact_frequency.reserve_slots(
            plans, by_id=None, is_held=True, keeps=keeps, seen=seen
        )

    return judge


def place(occurrence: str | None, window: Window) -> datetime:
    """Return the moment of an occurrence in a window: the same whoever asks, and how often."""
    return window.place(stable_number(occurrence or ""))


def ask(plans: list[Plan], window: Window, *, judge: Judge) -> list[Any]:
    """Return what each plan is answered, each moved to where the window has room, if need be."""
    answers = list(judge(plans, window=window))
    again = move_later(plans, [window] * len(plans), answers)
    seconds = judge([plans[n] for n in again], window=None) if again else ()
    for n, answer in zip(again, seconds, strict=True):
        answers[n] = answer
    return answers


def move_later(plans: list[Plan], windows: Sequence[Window], answers: Sequence[Any]) -> list[int]:
    """Move the refused plans to where their windows have room; return which those are."""
    moved = []
    for n, answer in enumerate(answers):
        rest = _rest(windows[n], answer) if is_refusal(answer) else None
        if rest is not None:
            plans[n] = replace(plans[n], at=place(plans[n].occurrence, rest))
            moved.append(n)
    return moved


def _rest(window: Window, refusal: Decision) -> Window | None:
    """Return what is left of a window once a refusal is over, if anything."""
    later = refusal.next_allowed_at
    rest = None if later is None else window.from_moment(later)
    return None if rest is None or rest.is_over else rest


def is_refusal(answer: Any) -> bool:
    """Tell whether a plan got no slot."""
    return isinstance(answer, Decision) and not answer.is_allowed


def why(refusal: Decision) -> str:
    """Return the code of what stands in the way longest."""
    if refusal.binding is not None:
        return str(refusal.reasons[refusal.binding].code)
    return str(next(reason.code for reason in refusal.reasons if reason.blocks))
