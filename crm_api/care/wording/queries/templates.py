"""Reads templates and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.care.models import CareMessage, CareTemplate, CareTemplateVersion
from crm_api.care.models.messages import IS_WAITING
from crm_api.care.terms import TemplateStatus
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from crm_api.customers.terms import CommunicationStyle, Tier
    from crm_api.kit.paging import PageRequest


WITH_VERSIONS = sa.orm.selectinload(CareTemplate.versions)


def list_templates(
    *,
    page: PageRequest,
    status: TemplateStatus | None = None,
    is_retired: bool | None = None,
    q: str | None = None,
    tier: Tier | None = None,
    style: CommunicationStyle | None = None,
    **equal: Any,
) -> Page:
    """Return a page of templates with their versions, by name.

    `status` wants those with a version that stands so, `tier` and `style` those made for these in
    particular, `q` a piece of the name, `equal` the columns that must have a value.
    """
    wanted = [getattr(CareTemplate, n) == value for n, value in equal.items() if value is not None]
    for column, one in ((CareTemplate.tiers, tier), (CareTemplate.styles, style)):
        wanted += [] if one is None else [sa.cast(column, sa.Text).contains(f'"{one}"')]
    if status is not None:
        version = sa.select(CareTemplateVersion.id).where(
            CareTemplateVersion.template_id == CareTemplate.id, CareTemplateVersion.status == status
        )
        wanted.append(version.exists())
    if is_retired is not None:
        wanted.append(CareTemplate.retired_at.is_not(None).is_(is_retired))
    if q is not None:
        wanted.append(CareTemplate.name.contains(q, autoescape=True))
    statement = sa.select(CareTemplate).options(WITH_VERSIONS).where(*wanted)
    return fetch_page(statement, by=[CareTemplate.name, CareTemplate.id], page=page)


def list_versions(*, page: PageRequest, status: TemplateStatus) -> Page:
    """Return a page of versions that stand alike, each with its template, the oldest first."""
    statement: Any = (
        sa.select(CareTemplateVersion, CareTemplate)
        .join(CareTemplate, CareTemplate.id == CareTemplateVersion.template_id)
        .where(CareTemplateVersion.status == status)
    )
    by = [CareTemplateVersion.created_at, CareTemplateVersion.id]
    return fetch_page(statement, by=by, page=page)


def get_template(template_id: str, *, locked: bool = False) -> CareTemplate:
    """Return a template with its versions; locked, for whoever is going to change them.

    :raises NotFound: if there is none
    """
    statement = (
        sa.select(CareTemplate)
        .where(CareTemplate.id == template_id)
        .options(WITH_VERSIONS)
        .execution_options(populate_existing=locked)
    )
    if locked:
        statement = statement.with_for_update()
    template = db.session.scalars(statement).one_or_none()
    if template is None:
        raise NotFound("care template")
    return template


def get_version(template: CareTemplate, number: int) -> CareTemplateVersion:
    """Return one version of a template.

    :raises NotFound: if it has no such version
    """
    for version in template.versions:
        if version.number == number:
            return version
    raise NotFound("template version")


def find_template(template_id: str) -> CareTemplate | None:
    """Return a template with its versions, if there is one."""
    return _find(CareTemplate.id == template_id)


def find_template_named(name: str) -> CareTemplate | None:
    """Return the template of this name with its versions, if there is one."""
    return _find(CareTemplate.name == name)


def _find(condition: sa.ColumnElement[bool]) -> CareTemplate | None:
    statement = sa.select(CareTemplate).where(condition)
    return db.session.scalars(statement.options(WITH_VERSIONS)).one_or_none()


def count_waiting(versions: Collection[tuple[str, int]]) -> int:
    """Return how many messages with the words of these versions have not gone out yet."""
    if not versions:
        return 0
    said = sa.tuple_(CareMessage.template_id, CareMessage.template_version)
    count = sa.select(sa.func.count()).select_from(CareMessage)
    return db.session.scalar(count.where(IS_WAITING, said.in_(sorted(versions)))) or 0


def approved_versions(*, for_both: bool = False) -> Sequence[Any]:
    """Return what is approved, each version with its template, in a fixed order.

    `for_both` wants only what is made for two occasions at once.
    """
    statement = (
        sa.select(CareTemplateVersion, CareTemplate)
        .join(CareTemplate, CareTemplate.id == CareTemplateVersion.template_id)
        .where(CareTemplateVersion.status == TemplateStatus.APPROVED)
        .order_by(CareTemplate.id)
    )
    if for_both:
        statement = statement.where(CareTemplate.also_occasion.is_not(None))
    return db.session.execute(statement).all()
