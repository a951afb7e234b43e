"""The routes of accounts, a module for each feature."""

from crm_api.accounts.covers import routes as covers
from crm_api.accounts.routes import audit_entries, clients, sign_in, staff, teams

BLUEPRINTS = (
    sign_in.blueprint,
    staff.blueprint,
    teams.blueprint,
    covers.blueprint,
    clients.blueprint,
    audit_entries.blueprint,
)
