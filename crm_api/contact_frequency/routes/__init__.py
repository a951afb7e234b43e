"""The governor's routes."""

from crm_api.contact_frequency.desk.routes import BLUEPRINTS as DESK
from crm_api.contact_frequency.routes import advice, alerts, governing, overrides, reservations

BLUEPRINTS = (
    advice.blueprint,
    reservations.blueprint,
    *DESK,
    governing.blueprint,
    overrides.blueprint,
    alerts.blueprint,
)
