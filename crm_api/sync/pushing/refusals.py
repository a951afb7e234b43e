"""Every code under which a pushed record may be refused, and what becomes of it.

A fixable record stays on the phone, which marks it and sends it again once it is mended. All else
is final: acknowledged, the server's version delivered again, what was sent kept as a sync issue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a code means for the record, and what the app tells of it."""

    is_fixable: bool
    tell: str


def _fixable(tell: str) -> Refusal:
    return Refusal(is_fixable=True, tell=tell)


def _final(tell: str) -> Refusal:
    return Refusal(is_fixable=False, tell=tell)


REFUSALS: Final[dict[str, Refusal]] = {
    "invalid": _fixable("Mark the field; let the user mend it, then sync again."),
    "contact_blocked": _fixable("The caps forbid it: offer `next_allowed_at`, then sync again."),
    "too_many_loose_attachments": _fixable("Let the files that wait be attached first."),
    "too_many_visit_attachments": _final("The visit has as many files as it takes. Keep the file."),
    "too_many_visit_parts": _final("The visit has as many as it takes. Offer to note the text."),
    "not_found": _final("The record was deleted or is no longer yours. Offer the text to copy."),
    "customer_merged": _final("The customer was merged with another. Show what was written."),
    "id_taken": _final("Another record has this id. Offer to note it anew."),
    "not_for_phones": _final("This is done online only."),
    "read_only_columns": _final("These fields are the server's. Show its version."),
    "birthday_known": _final("The birthday is known. Show both days; change the one that is kept."),
    "already_done": _final("It was settled in another way meanwhile. Show both."),
    "visit_closed": _final("The visit is over and done with. Offer the text to copy."),
    "follow_up_kept": _final("It stays: it is done, a next touch, or a colleague's."),
    "attachment_in_use": _final("The file hangs on something else already."),
    "content_refused": _final("Nobody may bring this file. Remove it."),
    "issue_settled": _final("A manager settled it meanwhile. Show how."),
    "visit_out_of_order": _final("The visit went on otherwise. Show both."),
    "visit_step_taken_otherwise": _final("This was told before, otherwise. Show both."),
    "visit_not_booked": _final("The time is not free. Offer `next_allowed_at`, or an override."),
    "visit_not_due_yet": _final("Its time has not come. Offer to move it or to call it off."),
    "visit_deleted": _final("Another phone deleted the visit. Offer to plan it anew."),
    "not_your_note": _final("A colleague noted this. It comes back."),
    "objectives_unanswered": _fixable("Ask what became of each objective, then sync again."),
    "next_step_missing": _fixable("Ask for the next touch, or until when to leave alone."),
    "visit_pending": _fixable("Its visit waits to be mended. Mend that; this goes along."),
    "record_unfinished": _fixable("Keep it as a draft of the app until the visit is closed."),
    "withdrawal_pending": _fixable("A manager decides whether it took place: it is sent again."),
    "constraint_refused": _final("Somebody did the same at the same moment. Show both."),
}
UNLISTED: Final = _final("Show the message.")


def refusal_of(code: str) -> Refusal:
    """Return what a code means for the record."""
    return REFUSALS.get(code, UNLISTED)
