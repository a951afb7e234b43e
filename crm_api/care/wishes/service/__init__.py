"""Keep what customers want, and let what is planned follow it."""

from crm_api.care.wishes.service.preferences import get_preferences, set_preferences

__all__ = ["get_preferences", "set_preferences"]
