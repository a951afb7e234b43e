"""The tables of preparation."""

from crm_api.preparation.briefs.models import Brief
from crm_api.preparation.library.models import LibraryEntry, LibraryVersion

__all__ = ["Brief", "LibraryEntry", "LibraryVersion"]
