"""What the audit found and has not seen mended, and how its last run went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.contact_frequency.models import GovernorAlert, GovernorAudit
from crm_api.contact_frequency.terms import AlertKind
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.metrics import Reading
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import PageRequest

SHOWN_AT_MOST = 200
DECISIONS = 500
STANDING = sa.text("governor_alerts.closed_at IS NULL")


def _visible(visible_to: Actor) -> sa.Select[GovernorAlert]:
    statement = sa.select(GovernorAlert).join(Customer, Customer.id == GovernorAlert.customer_id)
    return customers.limit_to(statement, visible_to=visible_to)


def list_alerts(
    *,
    customer_id: str | None,
    kind: AlertKind | None,
    is_open: bool | None,
    is_acknowledged: bool | None,
    visible_to: Actor,
    page: PageRequest,
) -> Page:
    """Return alerts, the newest first."""
    statement = _visible(visible_to)
    if customer_id is not None:
        statement = statement.where(GovernorAlert.customer_id == customer_id)
    if kind is not None:
        statement = statement.where(GovernorAlert.kind == kind)
    if is_open is not None:
        statement = statement.where(GovernorAlert.closed_at.is_(None) == is_open)
    if is_acknowledged is not None:
        statement = statement.where(GovernorAlert.acknowledged_at.is_not(None) == is_acknowledged)
    by = [GovernorAlert.created_at, GovernorAlert.id]
    return fetch_page(statement, by=by, page=page, descending=True)


def get_alert(alert_id: str, *, visible_to: Actor) -> GovernorAlert:
    """Return an alert.

    :raises NotFound: if there is none, or the actor may not see its customer
    """
    alert = db.session.scalar(_visible(visible_to).where(GovernorAlert.id == alert_id))
    if alert is None:
        raise NotFound("alert")
    return alert


def standing_alerts() -> Sequence[GovernorAlert]:
    """Return the first of the alerts that stand."""
    statement = sa.select(GovernorAlert).where(STANDING)
    ordered = statement.order_by(GovernorAlert.created_at, GovernorAlert.id)
    return db.session.scalars(ordered.limit(SHOWN_AT_MOST)).all()


def next_standing(after: str) -> list[str]:
    """Return the next decisions about which an alert stands."""
    decision = GovernorAlert.decision_id
    about = sa.select(decision).where(STANDING, GovernorAlert.kind == AlertKind.REPLAY)
    found = db.session.scalars(about.where(decision > after).order_by(decision).limit(DECISIONS))
    return [decision_id for decision_id in found if decision_id is not None]


def count_standing() -> int:
    """Return how many alerts stand."""
    statement = sa.select(sa.func.count()).select_from(GovernorAlert).where(STANDING)
    return db.session.scalar(statement) or 0


def audit_readings() -> list[Reading]:
    """Return what Prometheus may know of the audit, from its rows: any process gives the same."""
    by_kind = sa.select(GovernorAlert.kind, sa.func.count().label("number")).where(STANDING)
    rows = db.session.execute(by_kind.group_by(GovernorAlert.kind))
    open_alerts = {row.kind: row.number for row in rows}
    readings = [
        Reading(
            "crm_governor_alerts_open", "Alerts that stand.", open_alerts.get(k, 0), {"kind": k}
        )
        for k in AlertKind
    ]
    finished = sa.select(GovernorAudit).where(GovernorAudit.finished_at.is_not(None))
    last = db.session.scalar(finished.order_by(GovernorAudit.finished_at.desc()).limit(1))
    return [*readings, *_of_run(last)]


def _of_run(audit: GovernorAudit | None) -> list[Reading]:
    if audit is None or audit.finished_at is None:
        return []
    about = "crm_governor_audit"
    return [
        Reading(
            f"{about}_finished_timestamp_seconds",
            "When the last whole run ended.",
            audit.finished_at.timestamp(),
        ),
        Reading(f"{about}_seconds", "How long it worked.", audit.busy_ms / 1000),
        Reading(f"{about}_breaches", "Breaches that stood at its end.", audit.breaches),
        Reading(
            f"{about}_looked_at", "Subjects, contacts and decisions looked at.", audit.looked_at
        ),
    ]
