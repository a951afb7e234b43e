"""Pure rules of the desk: what a change changes, and what the law forbids it."""

from crm_api.contact_frequency.desk.policies.contents import (
    as_written,
    changes_between,
    digest_of,
)
from crm_api.contact_frequency.desk.policies.spreading import (
    Spread,
    gained_by,
    owners_in,
    spread_out,
    standing_rules,
)
from crm_api.contact_frequency.desk.policies.strictness import loosened_fields

__all__ = [
    "Spread",
    "as_written",
    "changes_between",
    "digest_of",
    "gained_by",
    "loosened_fields",
    "owners_in",
    "spread_out",
    "standing_rules",
]
