"""What the planner works with: plain values, made once a day or once a customer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crm_api.care.policies.choosing import Pool
from crm_api.customers.terms import CommunicationStyle, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from datetime import date as Day  # noqa: N812 - a field of `Cause` is called date

    from crm_api.care.policies.birthdays import YearlyDate
    from crm_api.care.policies.choosing import Fit, Words
    from crm_api.care.policies.timing import Window
    from crm_api.care.terms import Encoding, MessageState, Occasion
    from crm_api.care.wording.terms import Verdict
    from crm_api.contact_frequency.terms import ContactClass
    from crm_api.contact_frequency.values import Plan

NO_WORDS = Pool()
Kind = tuple[Tier, CommunicationStyle | None]  # of person, as words are made for them


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why people are greeted on a day: a festival, or a date that profiles hold.

    `obstacle` says why nobody is greeted for it, where that is so. `is_by_wish`: the date is that
    on which people wish their birthday greeted, not the one in their profile. `since` is for what
    happens once: the earliest day whose news are still said on this one.
    """

    occasion: Occasion
    on: date
    label_year: int
    window: Window
    priority: ContactClass
    rank: int = 0
    festival_key: str | None = None
    festival_name: str = ""
    date: YearlyDate | None = None
    is_by_wish: bool = False
    since: Day | None = None
    words: Pool = NO_WORDS
    obstacle: str = ""

    @property
    def key(self) -> str:
        """What tells it from the other causes of its day."""
        what = "-".join(map(str, self.date)) if self.date else self.festival_key or ""
        wish = ":by_wish" if self.is_by_wish else ""
        return f"{self.occasion}:{what}:{self.label_year}{wish}"


@dataclass(slots=True, kw_only=True)
class Greeting:
    """One message as it would go out, if the governor lets it.

    Not frozen, because one is made for every customer of a festival, and that costs three times.
    """

    message_id: str
    words: Words
    text: str
    encoding: Encoding
    segments: int
    plan: Plan


@dataclass(slots=True)
class Written:
    """The greetings of some people, and those for whom there is none, each with the reason."""

    greetings: list[Greeting] = field(default_factory=list)
    left_out: list[tuple[Any, str]] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """How many are due, how many will be greeted, and why the others will not."""

    due: int = 0
    planned: int = 0
    already: int = 0
    segments: int = 0
    blocked: Counter[str] = field(default_factory=Counter)
    wordless: Counter[Kind] = field(default_factory=Counter)  # to whom nothing fresh can be said

    @property
    def open(self) -> int:
        """Those about whom nothing is decided yet."""
        return self.due - self.planned - self.already - self.blocked.total()

    def add(self, other: Tally) -> None:
        """Count another tally in."""
        self.due += other.due
        self.planned += other.planned
        self.already += other.already
        self.segments += other.segments
        self.blocked.update(other.blocked)
        self.wordless.update(other.wordless)


def sum_up(tallies: Iterable[Tally]) -> Tally:
    """Count tallies together."""
    total = Tally()
    for tally in tallies:
        total.add(tally)
    return total


@dataclass(slots=True)
class Step:
    """What became of some hundred people, and the key of the last of them."""

    tally: Tally
    seen: int
    last_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCount:
    """How many people stand alike for one cause."""

    obstacle: str
    state: str | None
    reason: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Words that are in use for an occasion, and why somebody would be told them or not."""

    template_id: str
    template_version: int
    fit: Fit | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerGreeting:
    """What a customer would read for one occasion, and because of what."""

    occasion: Occasion
    festival_key: str | None
    occurrence: str
    because: str
    obstacle: str = ""
    message_id: str | None = None
    state: MessageState | None = None
    text: str | None = None
    encoding: Encoding | None = None
    segments: int | None = None
    template_id: str | None = None
    template_version: int | None = None
    candidates: Sequence[Candidate] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """How many stand alike."""

    name: str
    count: int


def _listed(counter: Counter[str]) -> list[Count]:
    return [Count(name, count) for name, count in sorted(counter.items())]


@dataclass(slots=True, kw_only=True)
class OccasionPreview:
    """How one occasion of a day stands."""

    occasion: Occasion
    festival_key: str | None
    festival_name: str | None
    due: int = 0
    open: int = 0
    by_state: Counter[str] = field(default_factory=Counter)
    by_reason: Counter[str] = field(default_factory=Counter)

    @property
    def messages(self) -> list[Count]:
        """How many messages stand in each state."""
        return _listed(self.by_state)

    @property
    def reasons(self) -> list[Count]:
        """How many get no greeting, for each reason."""
        return _listed(self.by_reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPreview:
    """How the care of a day stands."""

    on: date
    is_solemn: bool
    occasions: Sequence[OccasionPreview]
