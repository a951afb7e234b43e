"""The tables of care."""

from crm_api.care.gateway.models import (
    DeliveryAttempt,
    DeliveryReport,
    GatewayPace,
    InboundMessage,
)
from crm_api.care.models.messages import LOST, MOVES, CareMessage, CareMessageEvent
from crm_api.care.models.templates import CareTemplate, CareTemplateVersion

__all__ = [
    "LOST",
    "MOVES",
    "CareMessage",
    "CareMessageEvent",
    "CareTemplate",
    "CareTemplateVersion",
    "DeliveryAttempt",
    "DeliveryReport",
    "GatewayPace",
    "InboundMessage",
]
