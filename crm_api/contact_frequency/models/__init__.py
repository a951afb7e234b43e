"""The ledger's tables."""

from crm_api.contact_frequency.desk.models import (
    PolicyDraft,
    PolicySimulation,
    SimulatedContact,
    SimulatedCustomer,
)
from crm_api.contact_frequency.models.audits import GovernorAlert, GovernorAudit
from crm_api.contact_frequency.models.decisions import DecisionFrame, Overrun, StoredDecision
from crm_api.contact_frequency.models.overrides import Override
from crm_api.contact_frequency.models.policies import (
    FrequencyPolicy,
    PolicySegment,
    PolicyVersion,
)
from crm_api.contact_frequency.models.rechecks import CustomerToRecheck, RecheckRun
from crm_api.contact_frequency.models.slots import Slot, SlotSubject
from crm_api.contact_frequency.models.suppressions import Hold, OptOut, OptOutCustomer

__all__ = [
    "CustomerToRecheck",
    "DecisionFrame",
    "FrequencyPolicy",
    "GovernorAlert",
    "GovernorAudit",
    "Hold",
    "OptOut",
    "OptOutCustomer",
    "Override",
    "Overrun",
    "PolicyDraft",
    "PolicySegment",
    "PolicySimulation",
    "PolicyVersion",
    "RecheckRun",
    "SimulatedContact",
    "SimulatedCustomer",
    "Slot",
    "SlotSubject",
    "StoredDecision",
]
