"""What gateways may do, and what people settle for them."""

from crm_api.care.gateway.service.acks import ack_messages
from crm_api.care.gateway.service.begins import begin_messages
from crm_api.care.gateway.service.extensions import extend_leases
from crm_api.care.gateway.service.inbound import take_inbound
from crm_api.care.gateway.service.leases import is_anything_ready, lease_messages
from crm_api.care.gateway.service.leaving import doubt_messages_of
from crm_api.care.gateway.service.reports import take_reports
from crm_api.care.gateway.service.settling import (
    answer_inbound,
    get_reconciliation,
    review_inbound,
    settle_message,
)
from crm_api.care.gateway.service.sweeps import SWEEPS, Sweep

__all__ = [
    "SWEEPS",
    "Sweep",
    "ack_messages",
    "answer_inbound",
    "begin_messages",
    "doubt_messages_of",
    "extend_leases",
    "get_reconciliation",
    "is_anything_ready",
    "lease_messages",
    "review_inbound",
    "settle_message",
    "take_inbound",
    "take_reports",
]
