"""Reads of accounts, limited to what the actor may see."""

from crm_api.accounts.queries.callers import find_actor, find_client
from crm_api.accounts.queries.teams import in_subtree, subtree_team_ids

__all__ = ["find_actor", "find_client", "in_subtree", "subtree_team_ids"]
