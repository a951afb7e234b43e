"""The governor's routes."""

from crm_api.contact_frequency.routes import governing, policies, reservations

BLUEPRINTS = (reservations.blueprint, policies.blueprint, governing.blueprint)
