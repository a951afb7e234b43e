"""Show what one customer would read, and because of what."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from crm_api.calendars import service as calendars
from crm_api.care import queries
from crm_api.care.models import CareMessage
from crm_api.care.policies.choosing import NOTHING_TOLD, Fit, choose, turn_of
from crm_api.care.policies.lengths import measure
from crm_api.care.service.causes import causes_of, window_on
from crm_api.care.service.greetings import NOTHING_FRESH, values_of_person
from crm_api.care.values import Candidate, CustomerGreeting
from crm_api.care.wording import queries as wording_queries
from crm_api.care.wording import service as wording
from crm_api.care.wording.terms import Verdict
from crm_api.care.wording.values import Preview
from crm_api.customers import queries as customers
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor
    from crm_api.care.policies.choosing import Told, Words
    from crm_api.care.values import Cause

BECAUSE = {
    Fit.TIER_AND_STYLE: "Made for their tier and style.",
    Fit.TIER: "Made for their tier.",
    Fit.STYLE: "Made for their style.",
    Fit.GENERAL: "Made for everybody.",
}
AND_OTHERS = {
    Verdict.HEARD: "Heard on the occasions around: {count}.",
    Verdict.FRESH: "Fresh as well, for another time: {count}.",
    Verdict.NOT_FOR_THEM: "Made for others: {count}.",
}


def preview_version(
    template_id: str,
    number: int,
    *,
    customer_id: str,
    visible_to: Actor,
    now: datetime,
    on: date | None = None,
) -> Preview:
    """Return a version as one customer would read it, and whether it is for them and fresh.

    :raises NotFound: if there is no such version, or the customer is not the reader's to see
    :raises DayOutOfRange: if the calendar does not reach the day
    """
    template = wording_queries.get_template(template_id)
    version = wording_queries.get_version(template, number)
    customer = customers.get_customer(customer_id, visible_to=visible_to)
    shown = wording.show(template, version.text, values=wording.values_of(customer))
    told = queries.find_told(
        {customer.id: customer.person_id}, around=window_on(on or calendars.local_day(now))
    ).get(customer.id, NOTHING_TOLD)
    style = queries.style_of(customer.id)
    return Preview(
        **asdict(shown) | {"findings": shown.findings},
        is_made_for_them=wording.words_of(template, version).fit(customer.tier, style) is not None,
        is_fresh=template.id not in told.template_ids and shown.text not in told.texts,
    )


def preview_greetings(
    customer_id: str, *, on: date | None, visible_to: Actor, now: datetime
) -> list[CustomerGreeting]:
    """Return what a customer would read on a day, for each of its occasions.

    What is planned already is shown as it stands. Otherwise the words are chosen as the planner
    would, by what was said on the occasions around; the governor is not asked.

    :raises NotFound: if the customer is not the reader's to see
    :raises DayOutOfRange: if the calendar does not reach the day
    """
    customer = customers.get_customer(customer_id, visible_to=visible_to)
    day = on or calendars.local_day(now)
    told = queries.find_told({customer.id: customer.person_id}, around=window_on(day))
    heard = told.get(customer.id, NOTHING_TOLD)
    return [
        _greeting(person, cause, told=heard)
        for cause in causes_of(day, now=now)
        for person in queries.due_customer(cause, customer.id)
    ]


def _greeting(person: Any, cause: Cause, *, told: Told) -> CustomerGreeting:
    about = {
        "occasion": cause.occasion,
        "festival_key": cause.festival_key,
        "occurrence": person.occurrence,
    }
    if person.message_id is not None:
        return _planned(db.session.get_one(CareMessage, person.message_id), about)
    obstacle = person.obstacle or cause.obstacle
    candidates, chosen = _weigh(person, cause, told=told)
    if obstacle or chosen is None:
        return CustomerGreeting(
            **about,
            obstacle=obstacle or NOTHING_FRESH,
            because=_why(candidates),
            candidates=candidates,
        )
    words, text = chosen
    length = measure(text)
    return CustomerGreeting(
        **about,
        text=text,
        encoding=length.encoding,
        segments=length.segments,
        template_id=words.template_id,
        template_version=words.number,
        because=_why(candidates),
        candidates=candidates,
    )


def _planned(message: CareMessage, about: Mapping[str, Any]) -> CustomerGreeting:
    return CustomerGreeting(
        **about,
        message_id=message.id,
        state=message.state,
        text=message.text,
        encoding=message.encoding,
        segments=message.segments,
        template_id=message.template_id,
        template_version=message.template_version,
        because="It is planned already.",
    )


def _weigh(
    person: Any, cause: Cause, *, told: Told
) -> tuple[list[Candidate], tuple[Words, str] | None]:
    values = values_of_person(person, cause)
    ranked = cause.words.ranked_for(person.tier, person.style)
    chosen = choose(turn_of(person.occurrence), among=ranked, told=told, values=values)
    candidates = [
        Candidate(
            template_id=words.template_id,
            template_version=words.number,
            fit=words.fit(person.tier, person.style),
            verdict=_verdict(words, person, told=told, values=values, chosen=chosen),
        )
        for words in cause.words.words
    ]
    return sorted(candidates, key=lambda c: (c.fit is None, c.fit or 0, c.template_id)), chosen


def _verdict(
    words: Words,
    person: Any,
    *,
    told: Told,
    values: Mapping[str, str],
    chosen: tuple[Words, str] | None,
) -> Verdict:
    if words.fit(person.tier, person.style) is None:
        return Verdict.NOT_FOR_THEM
    if chosen is not None and chosen[0] is words:
        return Verdict.CHOSEN
    is_heard = words.template_id in told.template_ids or words.compiled.render(values) in told.texts
    return Verdict.HEARD if is_heard else Verdict.FRESH


def _why(candidates: list[Candidate]) -> str:
    return " ".join(_reasons(candidates))


def _reasons(candidates: list[Candidate]) -> Iterator[str]:
    chosen = next((c for c in candidates if c.verdict is Verdict.CHOSEN), None)
    if chosen is not None and chosen.fit is not None:
        yield f"{BECAUSE[chosen.fit]}"
    for verdict, sentence in AND_OTHERS.items():
        count = sum(c.verdict is verdict for c in candidates)
        if count:
            yield sentence.format(count=count)
    if not candidates:
        yield "Nothing is approved to be said on this occasion."
