"""Reads templates and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.care.models import CareTemplate, CareTemplateVersion
from crm_api.care.policies.choosing import Pool, Words
from crm_api.care.policies.rendering import compile_text
from crm_api.care.terms import Occasion, TemplateStatus
from crm_api.customers.terms import CommunicationStyle, Tier
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from crm_api.kit.paging import PageRequest


WITH_VERSIONS = sa.orm.selectinload(CareTemplate.versions)


def list_templates(*, page: PageRequest, occasion: Occasion | None = None) -> Page:
    """Return a page of templates with their versions, by name."""
    statement = sa.select(CareTemplate).options(WITH_VERSIONS)
    if occasion is not None:
        statement = statement.where(CareTemplate.occasion == occasion)
    return fetch_page(statement, by=[CareTemplate.name, CareTemplate.id], page=page)


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


def words_for(occasion: Occasion, festival_key: str | None) -> Pool:
    """Return what is approved to be said on an occasion alone, in a fixed order."""
    statement = (
        sa.select(CareTemplateVersion, CareTemplate)
        .join(CareTemplate, CareTemplate.id == CareTemplateVersion.template_id)
        .where(
            CareTemplateVersion.status == TemplateStatus.APPROVED,
            CareTemplate.occasion == occasion,
            CareTemplate.festival_key.is_not_distinct_from(festival_key),
            CareTemplate.also_occasion.is_(None),
        )
        .order_by(CareTemplate.id)
    )
    return Pool(words_of(template, version) for version, template in db.session.execute(statement))


def words_of(template: CareTemplate, version: CareTemplateVersion) -> Words:
    """Return a version as the planner uses it."""
    return Words(
        template_id=template.id,
        number=version.number,
        category=template.category,
        compiled=compile_text(version.text),
        tiers=None if template.tiers is None else frozenset(map(Tier, template.tiers)),
        styles=None
        if template.styles is None
        else frozenset(map(CommunicationStyle, template.styles)),
    )
