"""The brief before a visit: composed on demand, frozen when read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from crm_api.kit.db import db
from crm_api.preparation import policies, queries
from crm_api.preparation.errors import BriefChanged
from crm_api.preparation.models import Brief
from crm_api.preparation.service.composing import compose
from crm_api.visits import queries as visits
from crm_api.visits import service as visiting

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.visits.models import Visit


def get_brief(
    visit_id: str, *, known_digest: str | None, visible_to: Actor, now: datetime
) -> dict[str, Any]:
    """Return the brief of a visit, and what changed since it was fetched or acknowledged.

    :raises NotFound: if the actor may not see the visit
    """
    visit = visits.get_seen_visit(visit_id, visible_to=visible_to)
    content, digest = _composed(visit, now=now)
    return _told(visit, content, digest=digest, known_digest=known_digest, now=now)


def acknowledge_brief(visit_id: str, *, digest: str, by: Actor, now: datetime) -> dict[str, Any]:
    """Freeze the brief as it was read, and note who read it when.

    :raises NotFound: if the actor may not see the visit
    :raises BriefChanged: if it is no longer what was read
    """
    visit = visits.get_visit(visit_id, visible_to=by)
    content, current = _composed(visit, now=now)
    frozen = queries.find_brief(visit_id, digest=digest)
    if frozen is None and digest != current:
        raise BriefChanged(current_digest=current)
    if frozen is None:
        db.session.add(
            Brief(visit_id=visit_id, digest=digest, by_id=by.id, content=content, created_at=now)
        )
    visiting.acknowledge_brief(visit_id, digest=digest, by=by, now=now)
    return _told(visit, content, digest=current, known_digest=digest, now=now)


def _composed(visit: Visit, *, now: datetime) -> tuple[dict[str, Any], str]:
    # As JSON and back, so that a frozen brief and a fresh one compare alike.
    content: dict[str, Any] = orjson.loads(
        orjson.dumps(compose(visit, now=now), option=orjson.OPT_UTC_Z)
    )
    lasting = {name: part for name, part in content.items() if name not in policies.PASSING}
    text = orjson.dumps(lasting, option=orjson.OPT_SORT_KEYS)
    return content, hashlib.sha256(text).hexdigest()


def _told(
    visit: Visit,
    content: dict[str, Any],
    *,
    digest: str,
    known_digest: str | None,
    now: datetime,
) -> dict[str, Any]:
    frozen = queries.find_brief(visit.id, digest=visit.brief_digest)
    return {
        "visit_id": visit.id,
        "as_of": now,
        "digest": digest,
        "has_changed": known_digest is not None and known_digest != digest,
        "acknowledged_at": visit.brief_acknowledged_at,
        "acknowledged_digest": visit.brief_digest,
        "changed_since_acknowledged": (
            [] if frozen is None else policies.changed_sections(frozen.content, content)
        ),
        **content,
    }
