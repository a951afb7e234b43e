"""What one may do with briefs."""

from crm_api.preparation.service.briefs import acknowledge_brief, get_brief

__all__ = ["acknowledge_brief", "get_brief"]
