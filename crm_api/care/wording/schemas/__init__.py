"""What the routes of templates, words and pools take and give."""

from crm_api.care.wording.schemas.desk import (
    BanSchema,
    ForbiddenWordPageSchema,
    ForbiddenWordSchema,
    ForbiddenWordsQuerySchema,
    ListedVersionPageSchema,
    NewForbiddenWordSchema,
    PoolsQuerySchema,
    PoolsSchema,
    VersionsQuerySchema,
)
from crm_api.care.wording.schemas.previews import (
    ComparisonQuerySchema,
    ComparisonSchema,
    CustomerPreviewQuerySchema,
    CustomerPreviewSchema,
    PreflightSchema,
    PreviewQuerySchema,
    PreviewSchema,
)
from crm_api.care.wording.schemas.templates import (
    NewTemplateSchema,
    NewVersionSchema,
    ReasonSchema,
    TemplatePageSchema,
    TemplateQuerySchema,
    TemplateSchema,
    TextSchema,
)

__all__ = [
    "BanSchema",
    "ComparisonQuerySchema",
    "ComparisonSchema",
    "CustomerPreviewQuerySchema",
    "CustomerPreviewSchema",
    "ForbiddenWordPageSchema",
    "ForbiddenWordSchema",
    "ForbiddenWordsQuerySchema",
    "ListedVersionPageSchema",
    "NewForbiddenWordSchema",
    "NewTemplateSchema",
    "NewVersionSchema",
    "PoolsQuerySchema",
    "PoolsSchema",
    "PreflightSchema",
    "PreviewQuerySchema",
    "PreviewSchema",
    "ReasonSchema",
    "TemplatePageSchema",
    "TemplateQuerySchema",
    "TemplateSchema",
    "TextSchema",
    "VersionsQuerySchema",
]
