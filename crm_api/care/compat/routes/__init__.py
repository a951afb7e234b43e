"""The products' own protocols, below `/v1/compat`, and the desk for phones."""

from crm_api.care.compat.routes import devices, kannel, smsgate

BLUEPRINTS = (kannel.blueprint, smsgate.blueprint, devices.blueprint)
