"""The tables of customers."""

from crm_api.customers.bulk.models import BulkChunk, BulkJob, BulkRow
from crm_api.customers.duplicates.models import Duplicate
from crm_api.customers.handovers.models import (
    HandedCustomer,
    HandedRow,
    Handover,
    HandoverShare,
)
from crm_api.customers.imports.models import (
    CustomerImport,
    ImportChunk,
    ImportedCustomer,
    ImportPart,
)
from crm_api.customers.merging.models import Merge, MergedRow
from crm_api.customers.models.changes import CustomerChange
from crm_api.customers.models.core import Customer, Phone
from crm_api.customers.models.extended import (
    Anniversary,
    DoNotDisturbWish,
    ExtendedProfile,
    LifeEvent,
)
from crm_api.customers.models.locks import SubjectLock
from crm_api.customers.models.relations import Relation
from crm_api.customers.models.search import SearchTerm
from crm_api.customers.models.tiers import TierThreshold
from crm_api.customers.places.models import Place
from crm_api.customers.provenance.models import ProfileSources
from crm_api.customers.reveals.models import Reveal
from crm_api.customers.segments.models import Segment, SegmentTag, SegmentVersion
from crm_api.customers.tags.models import CustomerTag, Tag

__all__ = [
    "Anniversary",
    "BulkChunk",
    "BulkJob",
    "BulkRow",
    "Customer",
    "CustomerChange",
    "CustomerImport",
    "CustomerTag",
    "DoNotDisturbWish",
    "Duplicate",
    "ExtendedProfile",
    "HandedCustomer",
    "HandedRow",
    "Handover",
    "HandoverShare",
    "ImportChunk",
    "ImportPart",
    "ImportedCustomer",
    "LifeEvent",
    "Merge",
    "MergedRow",
    "Phone",
    "Place",
    "ProfileSources",
    "Relation",
    "Reveal",
    "SearchTerm",
    "Segment",
    "SegmentTag",
    "SegmentVersion",
    "SubjectLock",
    "Tag",
    "TierThreshold",
]
