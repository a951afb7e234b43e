"""`/v1/customer-merges`: two records of one customer become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers.errors import CustomerMerged, UndoTooLate
from crm_api.customers.merging import queries, service
from crm_api.customers.merging.errors import LaterMergeFirst, NotMergeable
from crm_api.customers.merging.schemas import (
    MergedRowPageSchema,
    MergePageSchema,
    MergePreviewSchema,
    MergeQuerySchema,
    MergeSchema,
    NewMergeSchema,
    PairSchema,
    UndoSchema,
)
from crm_api.customers.routes.roles import READERS, WRITERS
from crm_api.kit import clock
from crm_api.kit.errors import Busy, NotFound, StaleVersion
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import PageQuerySchema

if TYPE_CHECKING:
    from crm_api.customers.merging.models import Merge
    from crm_api.customers.merging.values import Preview
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

PATH = "/v1/customer-merges"
ONE = f"{PATH}/<record_id:merge_id>"

blueprint = Blueprint("merging", __name__, description="Customers who turned out to be one.")


@blueprint.post("/v1/customer-merge-previews")
@requires(*WRITERS)
@refuses(NotFound, NotMergeable, CustomerMerged, Busy)
@blueprint.arguments(PairSchema)
@blueprint.response(200, MergePreviewSchema)
def preview_merge(payload: Payload) -> Preview:
    """See what a merge would do. Nothing is stored."""
    return service.preview_merge(**payload, by=current_actor(), now=clock.now())


@blueprint.post(PATH)
@requires(*WRITERS)
@refuses(NotFound, NotMergeable, CustomerMerged, StaleVersion, Busy)
@blueprint.arguments(NewMergeSchema)
@blueprint.response(201, MergeSchema)
def merge_customers(payload: Payload) -> Merge:
    """Let one customer go on as part of another."""
    return service.merge_customers(**payload, by=current_actor(), now=clock.now())


@blueprint.get(PATH)
@requires(*READERS)
@blueprint.arguments(MergeQuerySchema, location="query")
@blueprint.response(200, MergePageSchema)
def list_merges(payload: Payload) -> Page:
    """List the merges of customers whom you may see, the newest first."""
    return queries.list_merges(visible_to=current_actor(), **payload)


@blueprint.get(ONE)
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, MergeSchema)
def get_merge(*, merge_id: str) -> Merge:
    """Read a merge."""
    return queries.get_merge(merge_id, visible_to=current_actor())


@blueprint.get(f"{ONE}/rows")
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, MergedRowPageSchema)
def list_merged_rows(payload: Payload, *, merge_id: str) -> Page:
    """List which rows a merge moved, changed, took away or added."""
    return queries.list_rows(merge_id, visible_to=current_actor(), **payload)


@blueprint.put(f"{ONE}/undo")
@requires(*WRITERS)
@refuses(NotFound, UndoTooLate, LaterMergeFirst, Busy)
@blueprint.arguments(UndoSchema)
@blueprint.response(200, MergeSchema)
def undo_merge(payload: Payload, *, merge_id: str) -> Merge:
    """Take a merge back. What people changed since stays as they meant it."""
    return service.undo_merge(merge_id, **payload, by=current_actor(), now=clock.now())
