"""Every route of sync."""

from crm_api.sync.issues import routes as issues
from crm_api.sync.phones import routes as phones

BLUEPRINTS = (phones.blueprint, issues.blueprint)
