"""Read what somebody wants to hand over, and make sure that it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role
from crm_api.customers.handovers import queries
from crm_api.customers.handovers.errors import HandoverClash, NothingToHandOver
from crm_api.customers.handovers.policies import deal
from crm_api.customers.handovers.values import Draft, Share
from crm_api.kit.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def draft(content: dict[str, Any], *, by: Actor, now: datetime) -> Draft:
    """Return whom a handover would give to whom, if it were done now.

    :raises NotFound: if there is no such giver, or none whom the actor may see
    :raises Invalid: if a customer is not the giver's, or the moment is past
    :raises NothingToHandOver: if the giver has nobody to give
    :raises HandoverClash: if some are being handed over already
    """
    giver = accounts.get_staff(content["giver_id"], visible_to=by)
    shares = [Share(**share) for share in content["shares"]]
    takes_effect_at = content["takes_effect_at"] or now
    if takes_effect_at < now:
        raise Invalid("/takes_effect_at", "A handover takes effect now, or later.")
    named = _named(shares, giver_id=giver.id, by=by)
    within = None if by.role is Role.ADMIN else by.team_id
    rest = _rest(shares, giver_id=giver.id, within_team_id=within, named=named)
    if not named and not rest:
        raise NothingToHandOver
    wanted = Draft(
        giver_id=giver.id,
        takes_effect_at=takes_effect_at,
        reason=content["reason"],
        shares=shares,
        within_team_id=within,
        named=named,
        rest=rest,
    )
    _refuse_clashes(wanted)
    return wanted


def require_receivers(shares: Sequence[Share], *, giver_id: str, by: Actor) -> None:
    """Make sure that those who are to receive customers can, and hold them.

    :raises Invalid: if one is no account manager at work in the actor's teams, or the giver
    """
    held = queries.hold_receivers([s.receiver_id for s in shares], visible_to=by)
    for n, share in enumerate(shares):
        if share.receiver_id not in held or share.receiver_id == giver_id:
            message = "Name another account manager at work in your teams."
            raise Invalid(f"/shares/{n}/receiver_id", message)


def _named(shares: Sequence[Share], *, giver_id: str, by: Actor) -> dict[str, str]:
    wanted = {one: share.receiver_id for share in shares for one in share.customer_ids or ()}
    seen = queries.find_visible(wanted, giver_id=giver_id, visible_to=by) if wanted else set()
    for n, share in enumerate(shares):
        for m, customer_id in enumerate(share.customer_ids or ()):
            if customer_id not in seen:
                message = "This portfolio holds no such customer whom you may give away."
                raise Invalid(f"/shares/{n}/customer_ids/{m}", message)
    return wanted


def _rest(
    shares: Sequence[Share],
    *,
    giver_id: str,
    within_team_id: str | None,
    named: dict[str, str],
) -> dict[str, str]:
    receivers = [share.receiver_id for share in shares if share.customer_ids is None]
    if not receivers:
        return {}
    rest = queries.read_rest(giver_id, within_team_id=within_team_id, named=named)
    return deal(rest, receivers=receivers)


def _refuse_clashes(wanted: Draft) -> None:
    clashing = queries.find_clashing(
        wanted.receivers, giver_id=wanted.giver_id, takes_rest=wanted.takes_rest
    )
    if clashing:
        raise HandoverClash(clashing)
