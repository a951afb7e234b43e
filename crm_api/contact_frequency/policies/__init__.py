"""Pure rules of the governor: no database, no clock, no web.

`decide(plan, facts, policies, now)` is the whole of it; see `deciding`, and `facts` for what it
must be told. `PolicyFrame(rules=…, zone=…)` are the policies, `defaults.RULES` those we ship.
"""

from crm_api.contact_frequency.policies.deciding import decide
from crm_api.contact_frequency.policies.defaults import RULES as DEFAULT_RULES
from crm_api.contact_frequency.policies.matching import PolicyFrame, frame_from
from crm_api.contact_frequency.policies.rules import Rule
from crm_api.contact_frequency.policies.trace import mask_number, read_facts, write_facts

__all__ = [
    "DEFAULT_RULES",
    "PolicyFrame",
    "Rule",
    "decide",
    "frame_from",
    "mask_number",
    "read_facts",
    "write_facts",
]
