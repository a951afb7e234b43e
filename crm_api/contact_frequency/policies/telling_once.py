"""Reasons that hold for the customer and for the number alike, told in full but once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crm_api.contact_frequency.policies.phrases import Both
from crm_api.contact_frequency.policies.wording import UNREPEATED
from crm_api.contact_frequency.terms import SubjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crm_api.contact_frequency.values import Reason


def tell_once(reasons: Sequence[Reason], *, wording: int) -> tuple[Reason, ...]:
    """Shorten what only repeats the reason before it for somebody else, or for the number.

    The reasons come sorted, so that those that say the same stand together.
    """
    return tuple(reasons if wording < UNREPEATED else _shorten(reasons))


def _shorten(reasons: Sequence[Reason]) -> Iterator[Reason]:
    first: Reason | None = None
    for reason in reasons:
        if first is not None and _content(reason) == _content(first):
            said = _again(reason)
            yield replace(reason, message=said.en, message_zh=said.zh)
        else:
            first = reason
            yield reason


def _content(reason: Reason) -> tuple[Any, ...]:
    what = (reason.code, reason.policy_key, reason.counted)
    return (*what, reason.forbidden_from, reason.forbidden_until)


def _again(reason: Reason) -> Both:
    if reason.subject_kind is SubjectKind.ENDPOINT:
        last = reason.subject_id[-4:]
        return Both(
            f"尾号 {last} 的号码同样如此。", f"The same holds for the number ending in {last}."
        )
    return Both(
        "同时会面的另一位客户同样如此。",
        "The same holds for another customer whom this contact meets.",
    )
