"""Reads of accounts, limited to what the actor may see."""

from crm_api.accounts.queries.callers import CALLERS, Callers, find_at_work, find_client
from crm_api.accounts.queries.clients import (
    get_machine_client,
    list_client_keys,
    list_machine_clients,
    lock_client_keys,
)
from crm_api.accounts.queries.sessions import (
    Device,
    device_of_session,
    device_of_token,
    find_credentials,
    find_lock,
    find_refresh_token,
    list_sessions,
    lock_session_of,
)
from crm_api.accounts.queries.staff import (
    get_staff,
    holding,
    list_roles,
    list_staff,
    lock_active_admins,
    lock_leaver,
    lock_staff,
)
from crm_api.accounts.queries.teams import (
    get_team,
    in_subtree,
    list_teams,
    lock_team,
    lock_tree,
    sharing_teams,
    subtree_team_ids,
    team_ids_from,
    visible_teams,
)

__all__ = [
    "CALLERS",
    "Callers",
    "Device",
    "device_of_session",
    "device_of_token",
    "find_at_work",
    "find_client",
    "find_credentials",
    "find_lock",
    "find_refresh_token",
    "get_machine_client",
    "get_staff",
    "get_team",
    "holding",
    "in_subtree",
    "list_client_keys",
    "list_machine_clients",
    "list_roles",
    "list_sessions",
    "list_staff",
    "list_teams",
    "lock_active_admins",
    "lock_client_keys",
    "lock_leaver",
    "lock_session_of",
    "lock_staff",
    "lock_team",
    "lock_tree",
    "sharing_teams",
    "subtree_team_ids",
    "team_ids_from",
    "visible_teams",
]
