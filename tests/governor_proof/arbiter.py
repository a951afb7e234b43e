"""Who keeps a place that two contacts want, by the plain words of the rule."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from tests.governor_proof import model
from tests.governor_proof.judge import Judge
from tests.governor_proof.model import Contact, World, local


def arbitrate(world: World) -> tuple[World, list[Contact]]:
    """Return the world that the contact asked for is judged in, and the held ones that lose to it.

    Where it is refused, none loses. Else those that come before keep their places first, and each
    keeps its own if the contact may stand beside all that have kept theirs.
    """
    weaker = _weaker(world)
    bare = _without(world, weaker)
    if not weaker or Judge(bare).is_blocked(world.asked.at):
        return bare, []
    losers = list(weaker)
    for contact in weaker:
        others = [c for c in losers if c is not contact]
        if not Judge(_without(world, others)).is_blocked(world.asked.at):
            losers = others
    return _without(world, losers), losers


def becomes(loser: Contact, world: World) -> str:
    """Return how a loser ends: another greeting says it on that day, or nobody does."""
    asked = world.asked
    days = {local(c.at, world.zone).date() for c in (loser, asked)}
    family = {asked.customers[0]} | world.people[asked.customers[0]].same_as
    is_said = None not in (loser.greets, asked.greets) and len(days) == 1
    return "coalesced" if is_said and family & set(loser.customers) else "preempted"


def _weaker(world: World) -> list[Contact]:
    """Return the held contacts that touch whom this one touches and come after it, in order."""
    asked = world.asked
    own = asked if world.moves is None else replace(asked, id=world.moves)
    family = {n for c in asked.customers for n in (c, *world.people[c].same_as)}
    found: list[Contact] = []
    for contact in world.contacts:
        rings = contact.channel in model.RINGS and contact.endpoint is not None
        touches = family & set(contact.customers) or (rings and contact.endpoint == asked.endpoint)
        is_other = contact.state == "held" and contact.id != world.moves
        if is_other and touches and model.comes_before(own, contact, world):
            place = sum(model.comes_before(c, contact, world) for c in found)
            found.insert(place, contact)
    return found


def _without(world: World, gone: Collection[Contact]) -> World:
    ids = {contact.id for contact in gone}
    left = [c for c in world.contacts if c.id not in ids]
    return replace(world, contacts=left, gave_way=tuple(gone))
