"""What phones ask for: the next page of their feed, and whether there is one."""

from crm_api.sync.pulling.service.polling import has_news
from crm_api.sync.pulling.service.pulling import pull

__all__ = ["has_news", "pull"]
