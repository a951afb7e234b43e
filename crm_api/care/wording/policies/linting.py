"""What a template must be before anybody may approve it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from crm_api.care.policies import rendering
from crm_api.care.policies.lengths import measure
from crm_api.care.policies.naming import OFFERS
from crm_api.care.wording.policies import characters, tones
from crm_api.customers.terms import Category

if TYPE_CHECKING:
    from crm_api.care.policies.rendering import Compiled
    from crm_api.care.terms import Occasion

MOST_SEGMENTS: Final = 3
OPT_OUT_LINE: Final = re.compile(
    r"(退订|拒收)\s*(请)?\s*(回复?|发送?)\s*(TD|[TRNQ0])(?![A-Za-z0-9])"
    r"|(回复?|发送?)\s*(TD|[TRNQ0])\s*(即可)?\s*(退订|拒收)"
)
OPT_OUT_AT_THE_END: Final = re.compile(r"(TD|[TRNQ0]|退订|拒收)[。.！!]?$")
SIGNATURE: Final = re.compile(r"【([^【】]*)】")


class Severity(StrEnum):
    """Whether a fault stops a template or only asks for a second look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a template, and what to do."""

    code: str
    severity: Severity
    message: str


class Forbidden(NamedTuple):
    """A word that no template says, as it is compared, and why not."""

    word: str
    folded: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A template's words, and where they are to be said."""

    text: str
    occasion: Occasion
    category: Category
    signature: str
    tones: frozenset[str]  # the festivals', where the template is for any
    also_occasion: Occasion | None = None
    tiers: frozenset[str] = frozenset()  # nobody's in particular where it is empty
    styles: frozenset[str] = frozenset()
    forbidden: tuple[Forbidden, ...] = ()
    others: frozenset[str] = frozenset()  # what else is in use for the same

    @property
    def compiled(self) -> Compiled:
        """The text, cut at its placeholders."""
        return rendering.compile_text(self.text)


@lru_cache(maxsize=1024)  # what is in use is looked at by every run of the planner
def lint(draft: Draft) -> tuple[Finding, ...]:
    """Return all that is wrong with a template, errors first."""
    found = [finding for rule in RULES for finding in rule(draft)]
    return tuple(sorted(found, key=lambda finding: finding.severity is Severity.WARNING))


def is_fit(draft: Draft) -> bool:
    """Tell whether a template may reach customers."""
    return all(finding.severity is not Severity.ERROR for finding in lint(draft))


def _signature(draft: Draft) -> Iterator[Finding]:
    signed = f"【{draft.signature}】"
    if not draft.text.startswith(signed):
        yield _error("signature_missing", f"Begin with the signature {signed}.")
    if len(SIGNATURE.findall(draft.text)) > 1 or draft.text.count("【") != draft.text.count("】"):
        yield _error("signature_repeated", "Use the brackets 【】 for the one signature only.")


def _opt_out(draft: Draft) -> Iterator[Finding]:
    if not OPT_OUT_LINE.search(draft.text):
        yield _error("opt_out_missing", "Say how to opt out, such as 拒收请回复R.")
    elif OPT_OUT_AT_THE_END.search(draft.text) is None:
        yield _warning("opt_out_not_last", "The opt-out line is looked for at the end.")


def _placeholders(draft: Draft) -> Iterator[Finding]:
    known = rendering.FIELDS_OF[draft.occasion]
    if draft.also_occasion is not None:
        known |= rendering.FIELDS_OF[draft.also_occasion]
    for name in draft.compiled.names:
        if name not in known:
            listed = ", ".join(f"{{{k}}}" for k in sorted(known))
            yield _error("unknown_placeholder", f"{{{name}}} is not known; use {listed}.")
    if any(c in piece for piece in draft.compiled.pieces[::2] for c in "{}"):
        yield _error("broken_placeholder", "A brace stands alone: write {salutation}.")
    if not rendering.PERSONAL & set(draft.compiled.names):
        yield _error("impersonal", "Address the customer: use {salutation} or {name}.")


def _length(draft: Draft) -> Iterator[Finding]:
    length = measure(rendering.longest_rendering(draft.compiled))
    if length.segments > MOST_SEGMENTS:
        yield _error(
            "too_long",
            f"The longest rendering takes {length.segments} parts; {MOST_SEGMENTS} are allowed.",
        )
    elif length.segments > 1:
        said = f"The longest rendering takes {length.segments} parts ({length.units} units)."
        yield _warning("several_parts", said)


def _tone(draft: Draft) -> Iterator[Finding]:
    joyful = ", ".join(tones.joyful_in(draft.text))
    if joyful and "solemn" in draft.tones:
        yield _error("joyful_on_solemn_day", f"Take out {joyful}: the day is a solemn one.")
    elif joyful and "gentle" in draft.tones:
        yield _warning(
            "joyful_on_gentle_day", f"{joyful}: this day is wished well (安康), not joy."
        )


def _address(draft: Draft) -> Iterator[Finding]:
    if informal := tones.too_informal_for(draft.tiers, draft.text):
        yield _error("informal_for_tier", f"Address these tiers formally (您): no “{informal}”.")
    elif familiar := tones.familiar_in(draft.text) or ("你" if "你" in draft.text else ""):
        yield _warning("too_familiar", f"“{familiar}” may be too familiar; customers are 您.")


def _style(draft: Draft) -> Iterator[Finding]:
    units = measure(rendering.typical_rendering(draft.compiled)).units
    for code, message in tones.unlike_styles(draft.styles, draft.text, units=units):
        yield _warning(code, message)


def _characters(draft: Draft) -> Iterator[Finding]:
    if hidden := characters.hidden_in(draft.text):
        yield _error("hidden_character", f"Take out what nobody sees: {', '.join(hidden)}.")
    if alike := characters.look_alikes_in(draft.text):
        yield _error("look_alike_character", f"Type these anew, plainly: {', '.join(alike)}.")


def _forbidden(draft: Draft) -> Iterator[Finding]:
    folded = characters.fold(draft.text) if draft.forbidden else ""
    for word in draft.forbidden:
        if word.folded in folded:
            yield _error("forbidden_word", f"“{word.word}” must not be said: {word.reason}")


def _repetition(draft: Draft) -> Iterator[Finding]:
    if draft.text in draft.others:
        yield _warning("same_words", "These words are in use already: they make no pool larger.")


def _offer(draft: Draft) -> Iterator[Finding]:
    offer = OFFERS.search(draft.text)
    if offer and draft.category is not Category.MARKETING:
        yield _error("offer_in_care", f"“{offer.group()}” is an offer: file it as marketing.")


def _warning(code: str, message: str) -> Finding:
    return Finding(code, Severity.WARNING, message)


def _error(code: str, message: str) -> Finding:
    return Finding(code, Severity.ERROR, message)


Rule = Callable[[Draft], Iterator[Finding]]
RULES: Final[tuple[Rule, ...]] = (
    _signature,
    _opt_out,
    _placeholders,
    _length,
    _characters,
    _forbidden,
    _tone,
    _address,
    _style,
    _offer,
    _repetition,
)
