"""List versions as whoever answers for them needs them: with their faults of today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.care.wording import queries
from crm_api.care.wording.service.house import house_of_today, lint_version
from crm_api.care.wording.values import ListedVersion
from crm_api.kit.paging import Page

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.care.terms import TemplateStatus
    from crm_api.kit.paging import PageRequest


def list_versions(*, page: PageRequest, status: TemplateStatus, by: Actor) -> Page:
    """Return a page of versions that stand alike, the oldest first."""
    found = queries.list_versions(page=page, status=status)
    house = house_of_today()
    items = [
        ListedVersion(
            template=template,
            version=version,
            findings=lint_version(template, version, house=house),
            is_own=by.id in (version.drafted_by_id, version.submitted_by_id),
        )
        for version, template, *_ in found.items
    ]
    return Page(items, found.next_cursor)
