"""What may be done with a push."""

from crm_api.sync.pushing.service.purging import purge_pushes
from crm_api.sync.pushing.service.taking import take_push

__all__ = ["purge_pushes", "take_push"]
