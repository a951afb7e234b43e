"""The contract of the contact history."""

from crm_api.contact_history.schemas.contacts import (
    ContactFiltersSchema,
    ContactPageSchema,
    ContactSchema,
    LoggedContactSchema,
    NewContactSchema,
)
from crm_api.contact_history.schemas.corrections import (
    CorrectionSchema,
    NewWithdrawalSchema,
    WithdrawalDecisionSchema,
    WithdrawalFiltersSchema,
    WithdrawalPageSchema,
    WithdrawalSchema,
)
from crm_api.contact_history.schemas.overviews import (
    ContactFactsSchema,
    OverviewSchema,
)

__all__ = [
    "ContactFactsSchema",
    "ContactFiltersSchema",
    "ContactPageSchema",
    "ContactSchema",
    "CorrectionSchema",
    "LoggedContactSchema",
    "NewContactSchema",
    "NewWithdrawalSchema",
    "OverviewSchema",
    "WithdrawalDecisionSchema",
    "WithdrawalFiltersSchema",
    "WithdrawalPageSchema",
    "WithdrawalSchema",
]
