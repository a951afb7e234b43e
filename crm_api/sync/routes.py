"""Every route of sync."""

from crm_api.sync.issues import routes as issues
from crm_api.sync.phones import routes as phones
from crm_api.sync.pulling import routes as pulling
from crm_api.sync.pushing import routes as pushing

BLUEPRINTS = (pulling.blueprint, pushing.blueprint, phones.blueprint, issues.blueprint)
