"""Who may come in to customers; whose customers they reach is the queries' to say."""

from crm_api.accounts.models import Role

READERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN, Role.AUDITOR)
WRITERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
LEADERS = (Role.MANAGER, Role.ADMIN)
