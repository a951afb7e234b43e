"""The use cases of accounts, a module for each feature."""

from crm_api.accounts.service.clients import (
    activate_client,
    change_client,
    create_client,
    deactivate_client,
)
from crm_api.accounts.service.first_admin import create_first_admin
from crm_api.accounts.service.keys import (
    USE_IS_NOTED_EVERY,
    issue_key,
    note_key_use,
    revoke_key,
)
from crm_api.accounts.service.passwords import (
    change_password,
    give_password,
    issue_reset_code,
    redeem_reset_code,
)
from crm_api.accounts.service.purging import purge
from crm_api.accounts.service.refreshing import refresh
from crm_api.accounts.service.sign_in import SignedIn, sign_in
from crm_api.accounts.service.sign_out import (
    end_sessions_on,
    get_helped,
    sign_out,
    sign_out_everywhere,
    sign_out_staff,
)
from crm_api.accounts.service.staff import (
    activate_staff,
    change_staff,
    create_staff,
    deactivate_staff,
)
from crm_api.accounts.service.teams import change_team, create_team
from crm_api.accounts.service.turning_away import let_turn_away, refuse_revoked

__all__ = [
    "USE_IS_NOTED_EVERY",
    "SignedIn",
    "activate_client",
    "activate_staff",
    "change_client",
    "change_password",
    "change_staff",
    "change_team",
    "create_client",
    "create_first_admin",
    "create_staff",
    "create_team",
    "deactivate_client",
    "deactivate_staff",
    "end_sessions_on",
    "get_helped",
    "give_password",
    "issue_key",
    "issue_reset_code",
    "let_turn_away",
    "note_key_use",
    "purge",
    "redeem_reset_code",
    "refresh",
    "refuse_revoked",
    "revoke_key",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "sign_out_staff",
]
