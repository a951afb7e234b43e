"""What a customer's own records say about being contacted."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.facts import WishFact
from crm_api.contact_frequency.queries.known import Standing, minutes_of
from crm_api.customers.terms import Kind, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from crm_api.contact_frequency.policies.facts import HoldFact, OptOutFact
    from crm_api.customers.values import GovernedFacts, Wish

ADULT = 18


def standing_of(
    members: Sequence[GovernedFacts],
    *,
    own: GovernedFacts,
    holds: Sequence[tuple[str | None, str | None, HoldFact]],
    opt_outs: dict[str, tuple[OptOutFact, ...]],
    segments: tuple[str, ...],
    zone: ZoneInfo,
) -> Standing:
    """Gather what is known of a customer and of all who are the same person.

    Wishes, holds, opt-outs, death and age concern the person; tier, segments and account are the
    customer's own.
    """
    return Standing(
        tier=own.tier,
        phone=own.phone,
        is_closed=own.status is Status.CLOSED,
        is_deceased=any(member.status is Status.DECEASED for member in members),
        consent_due_until=_consent_due_until(members, own=own, zone=zone),
        wishes=tuple(_wish(wish, zone) for member in members for wish in member.wishes),
        holds=_holds(members, holds) if holds else (),  # of most there is nothing to tell
        opt_outs=_opt_outs(members, opt_outs) if opt_outs else (),
        segments=segments,
    )


def _holds(
    members: Sequence[GovernedFacts], holds: Sequence[tuple[str | None, str | None, HoldFact]]
) -> tuple[HoldFact, ...]:
    return tuple(fact for c, path, fact in holds if _concerns(members, c, path))


def _opt_outs(
    members: Sequence[GovernedFacts], opt_outs: dict[str, tuple[OptOutFact, ...]]
) -> tuple[OptOutFact, ...]:
    return tuple(fact for m in members for fact in opt_outs.get(m.customer_id, ()))


def _concerns(members: Sequence[GovernedFacts], customer_id: str | None, path: str | None) -> bool:
    if customer_id is not None:
        return any(member.customer_id == customer_id for member in members)
    return path is not None and any(member.team_path.startswith(path) for member in members)


def _wish(wish: Wish, zone: ZoneInfo) -> WishFact:
    ends = None if wish.ends_on is None else moments.day_number(wish.ends_on) + 1
    return WishFact(
        wish.channels,
        wish.categories,
        minutes_of(wish.quiet_from),
        minutes_of(wish.quiet_until),
        None if ends is None else moments.day_start(ends, zone),
    )


def _consent_due_until(
    members: Sequence[GovernedFacts], *, own: GovernedFacts, zone: ZoneInfo
) -> int | None:
    """Return until when a guardian must have consented; which open record says so is all one.

    One that was merged away is closed: the survivor has what was chosen of the two.
    """
    known = [m for m in members if m is own or m.status is not Status.CLOSED]
    people = [member for member in known if member.kind is Kind.INDIVIDUAL]
    born = [member.birth_on for member in people if member.birth_on is not None]
    if not born or any(member.has_guardian_consent for member in people):
        return None
    return moments.day_start(moments.day_number(_comes_of_age(max(born))), zone)


def _comes_of_age(born: date) -> date:
    try:
        return born.replace(year=born.year + ADULT)
    except ValueError:  # on 29 February
        return date(born.year + ADULT, 3, 1)
