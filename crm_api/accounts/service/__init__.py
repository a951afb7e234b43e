"""The use cases of accounts, a module for each feature."""

from crm_api.accounts.service.keys import USE_IS_NOTED_EVERY, note_key_use

__all__ = ["USE_IS_NOTED_EVERY", "note_key_use"]
