"""What one may do about what is written."""

from crm_api.care.wording.service.approving import (
    approve_version,
    reject_version,
    retire_template,
    submit_version,
    withdraw_version,
)
from crm_api.care.wording.service.drafting import create_template, draft_version
from crm_api.care.wording.service.forbidding import allow_word, forbid_word
from crm_api.care.wording.service.house import fit_words, words_in_use, words_of
from crm_api.care.wording.service.listing import list_versions
from crm_api.care.wording.service.pooling import report_pools
from crm_api.care.wording.service.previewing import (
    compare_versions,
    preflight_template,
    show,
    values_of,
)

__all__ = [
    "allow_word",
    "approve_version",
    "compare_versions",
    "create_template",
    "draft_version",
    "fit_words",
    "forbid_word",
    "list_versions",
    "preflight_template",
    "reject_version",
    "report_pools",
    "retire_template",
    "show",
    "submit_version",
    "values_of",
    "withdraw_version",
    "words_in_use",
    "words_of",
]
