"""Of whom a brief tells: they are held while it is composed, and looked at when it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.customers.locks import lock_subjects
from crm_api.kit.db import db
from crm_api.kit.errors import Busy
from crm_api.preparation.briefs import queries
from crm_api.preparation.briefs.policies import naming
from crm_api.visits import queries as visits
from crm_api.visits import service as visiting

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.preparation.briefs.models import Brief
    from crm_api.visits.models import Visit


def hold_told_of(visit: Visit) -> None:
    """Let nobody of whom the brief will tell change hands until it is kept.

    What was read before is out of date: read the visit again.

    :raises Busy: if somebody came to be told of while we waited
    """
    told_of = queries.told_of(visit.customer_id)
    if lock_subjects(customer_ids=told_of):
        db.session.expire_all()
        _require_held(visit, told_of)


def hold_briefed(visit_id: str, *, by: Actor) -> Visit:
    """Hold a visit as whoever changes it does, and with it all of whom its brief will tell.

    In one call: the order of the locks holds within a call only.

    :raises NotFound: if the actor may not see the visit
    :raises Busy: if somebody came to be told of while we waited
    """
    told_of = queries.told_of(visits.get_visit_alone(visit_id, visible_to=by).customer_id)
    db.session.expire_all()  # out of date, once the locks are there
    visit = visiting.hold_visit(visit_id, by=by, also=told_of)
    _require_held(visit, told_of)
    return visit


def _require_held(visit: Visit, told_of: set[str]) -> None:
    if not queries.told_of(visit.customer_id) <= told_of:
        raise Busy


def is_shown(brief: Brief, visit: Visit, *, to: Actor) -> bool:
    """Tell whether somebody who sees the visit may read a brief of it that was kept.

    It was composed for who looked after the customer then. A key person who is another account
    manager's or team's by now is told of to those alone who see that person.
    """
    named = naming.key_persons_in(brief.content)
    if not named:
        return True
    told_of = {visit.customer_id, *named}
    portfolios = queries.portfolios_of(told_of)
    is_told = naming.are_of_one_portfolio(told_of, portfolios=portfolios)
    return is_told or named <= queries.seen_of(named, visible_to=to)
