"""What one may do with the history."""

from crm_api.contact_history.service.recording import record_contact
from crm_api.contact_history.values import NewContact

__all__ = ["NewContact", "record_contact"]
