"""The contract of briefs."""

from crm_api.preparation.briefs.schemas.briefs import (
    BriefAcknowledgementSchema,
    BriefPageQuerySchema,
    BriefQuerySchema,
    BriefSchema,
    FrozenBriefPageSchema,
    FrozenBriefSchema,
)

__all__ = [
    "BriefAcknowledgementSchema",
    "BriefPageQuerySchema",
    "BriefQuerySchema",
    "BriefSchema",
    "FrozenBriefPageSchema",
    "FrozenBriefSchema",
]
