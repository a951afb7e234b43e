"""The routes of customers."""

from crm_api.customers.bulk import routes as bulk
from crm_api.customers.duplicates import routes as duplicates
from crm_api.customers.handovers import routes as handovers
from crm_api.customers.imports import routes as imports
from crm_api.customers.merging import routes as merging
from crm_api.customers.network import routes as network
from crm_api.customers.places import routes as places
from crm_api.customers.provenance import routes as provenance
from crm_api.customers.reveals import routes as reveals
from crm_api.customers.routes import (
    anniversaries,
    core,
    extended,
    leavers,
    life_events,
    phones,
    relations,
    standing,
    wishes,
)
from crm_api.customers.segments import routes as segments
from crm_api.customers.tags import routes as tags

BLUEPRINTS = (
    core.blueprint,
    standing.blueprint,
    reveals.blueprint,
    provenance.blueprint,
    phones.blueprint,
    extended.blueprint,
    anniversaries.blueprint,
    life_events.blueprint,
    wishes.blueprint,
    places.blueprint,
    relations.blueprint,
    leavers.blueprint,
    imports.blueprint,
    tags.blueprint,
    segments.blueprint,
    handovers.blueprint,
    network.blueprint,
    merging.blueprint,
    duplicates.blueprint,
    bulk.blueprint,
)
