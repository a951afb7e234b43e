"""What one may do with the history."""

from crm_api.contact_history.service.correcting import correct_contact
from crm_api.contact_history.service.recording import record_contact, record_contacts
from crm_api.contact_history.service.telling import LoggedContact, log_contact
from crm_api.contact_history.service.verifying import CheckedChain, verify_chains
from crm_api.contact_history.service.withdrawing import (
    approve_withdrawal,
    decline_withdrawal,
    request_withdrawal,
)
from crm_api.contact_history.values import NewContact

__all__ = [
    "CheckedChain",
    "LoggedContact",
    "NewContact",
    "approve_withdrawal",
    "correct_contact",
    "decline_withdrawal",
    "log_contact",
    "record_contact",
    "record_contacts",
    "request_withdrawal",
    "verify_chains",
]
