"""The brief as a page to print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api import config
from crm_api.preparation.briefs.policies.page import page
from crm_api.preparation.briefs.service.briefs import get_brief, get_frozen

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def print_brief(
    visit_id: str, *, digest: str | None, lang: str, visible_to: Actor, now: datetime
) -> str:
    """Return the brief of a visit as a page: a frozen one, or as it is now.

    :raises NotFound: if the actor may not see the visit, or nobody froze such a brief
    """
    if digest is None:
        brief = get_brief(visit_id, known_digest=None, visible_to=visible_to, now=now)
    else:
        brief = get_frozen(visit_id, digest=digest, visible_to=visible_to)
    return page(
        brief,
        digest=brief["digest"],
        as_of=brief["as_of"],
        lang=lang,
        zone=config.current().zone,
    )
