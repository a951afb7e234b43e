"""The products' own protocols, below `/v1/compat`."""

from crm_api.care.compat.routes import kannel

BLUEPRINTS = (kannel.blueprint,)
