"""Read where the fields of a profile came from."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from crm_api.customers.provenance.models import ProfileSources
from crm_api.customers.provenance.terms import Origin
from crm_api.customers.queries import get_customer
from crm_api.kit.db import db

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor


def sources_of(customer_id: str, *, visible_to: Actor) -> list[dict[str, Any]]:
    """Return of each field that anybody told us who did, when and how, by the field's name.

    :raises NotFound: if the actor may not see the customer
    """
    get_customer(customer_id, visible_to=visible_to)
    kept = db.session.get(ProfileSources, customer_id)
    return [
        {
            **entry,
            "field": name,
            "origin": Origin(entry["origin"]),
            "learned_at": datetime.fromisoformat(entry["learned_at"]),
        }
        for name, entry in sorted(kept.fields.items() if kept else ())
    ]
