"""Write the greetings of a chunk of people: the words, the moment, the plan for the governor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.care import queries
from crm_api.care.policies import lengths, salutations
from crm_api.care.policies.choosing import NOTHING_TOLD, choose, stable_number, turn_of
from crm_api.care.policies.naming import TIER_NAMES, name_of_day, name_of_event
from crm_api.care.policies.saying import said_once
from crm_api.care.terms import Occasion
from crm_api.care.values import Greeting, Written
from crm_api.contact_frequency.values import Plan
from crm_api.customers.terms import Channel
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.care.policies.choosing import Told, Words
    from crm_api.care.policies.timing import Window
    from crm_api.care.values import Cause

SAME_PERSON = "same_person"
ANYBODY = ""  # whoever they are: all are looked up who are the same person
RECURRING = frozenset({Occasion.ANNIVERSARY, Occasion.LIFE_EVENT})
NOTHING_FRESH = "nothing_fresh"


def write_greetings(people: Sequence[Any], cause: Cause, *, window: Window) -> Written:
    """Write a greeting for everybody to whom something fresh can be said; tell who is left out."""
    persons = {person.customer_id: person.person_id for person in people}
    told = queries.find_told(persons, around=cause.window)
    found = Written()
    written: set[str] = set()
    for person in people:
        if person.occurrence in written:  # two of these customers are one person
            found.left_out.append((person, SAME_PERSON))
            continue
        heard = told.get(person.customer_id, NOTHING_TOLD)
        greeting = _greet(person, cause, window=window, told=heard)
        if greeting is None:
            found.left_out.append((person, NOTHING_FRESH))
            continue
        written.add(person.occurrence)
        found.greetings.append(greeting)
    return found


def heard_meanwhile(greetings: Sequence[Greeting], cause: Cause) -> set[str]:
    """Return the occurrences whose words another run let their customer hear just before.

    Ask once the customers are locked. Only of what one person may have twice within the days that
    are planned: all else has its own templates each time.
    """
    if cause.occasion not in RECURRING or not greetings:
        return set()
    customers = {greeting.plan.customer_id for greeting in greetings}
    told = queries.find_told(dict.fromkeys(customers, ANYBODY), around=cause.window)
    return {
        str(greeting.plan.occurrence)
        for greeting in greetings
        if (heard := told.get(greeting.plan.customer_id)) is not None
        and (greeting.words.template_id in heard.template_ids or greeting.text in heard.texts)
    }


def _greet(person: Any, cause: Cause, *, window: Window, told: Told) -> Greeting | None:
    chosen = choose(
        turn_of(person.occurrence),
        among=cause.words.ranked_for(person.tier, person.style),
        told=told,
        values=values_of_person(person, cause),
    )
    if chosen is None:
        return None
    words, text = chosen
    length = lengths.measure(text)
    message_id = new_id()
    return Greeting(
        message_id=message_id,
        words=words,
        text=text,
        encoding=length.encoding,
        segments=length.segments,
        plan=_plan(person, cause, words, window=window, source=f"care_message:{message_id}"),
    )


def _plan(person: Any, cause: Cause, words: Words, *, window: Window, source: str) -> Plan:
    return Plan(
        customer_id=person.customer_id,
        channel=Channel.SMS,
        category=words.category,
        at=window.place(stable_number(person.occurrence)),
        endpoint=person.number,
        occurrence=person.occurrence,
        said_once=said_once(person.occurrence),
        not_after=window.closes_at,
        source=source,
        occasion_class=cause.priority,
        occasion_rank=cause.rank,
    )


def values_of_person(person: Any, cause: Cause) -> dict[str, str]:
    """Return what a text may name of somebody and their day."""
    values = {
        "salutation": salutations.salute(person.name, person.gender),
        "name": salutations.say_name(person.name),
    }
    if cause.occasion is Occasion.FESTIVAL:
        values["festival"] = cause.festival_name
    elif cause.occasion is Occasion.ANNIVERSARY:
        values["anniversary"] = name_of_day(person.kind, person.label)
    elif cause.occasion is Occasion.JOINING:
        values["years"] = str(cause.on.year - person.joined_on.year)
    elif cause.occasion is Occasion.LIFE_EVENT:
        values["event"] = name_of_event(person.kind, person.label)
    elif cause.occasion is Occasion.TIER_CHANGE:
        values["tier"] = TIER_NAMES[person.tier]
    return values
