"""The tables of care."""

from crm_api.care.approval.models import DayRuling, RulingMember
from crm_api.care.compat.models import SmsGateDevice
from crm_api.care.doubts.models import BirthdayCheck
from crm_api.care.gateway.models import (
    DeliveryAttempt,
    DeliveryReport,
    GatewayPace,
    InboundMessage,
)
from crm_api.care.models.messages import LOST, MOVES, CareMessage, CareMessageEvent
from crm_api.care.models.plans import PlanBatch, PlanRefusal, PlanRound, PlanRun
from crm_api.care.models.templates import CareTemplate, CareTemplateVersion
from crm_api.care.wishes.models import GreetingPreferences
from crm_api.care.wording.models import ForbiddenWord

__all__ = [
    "LOST",
    "MOVES",
    "BirthdayCheck",
    "CareMessage",
    "CareMessageEvent",
    "CareTemplate",
    "CareTemplateVersion",
    "DayRuling",
    "DeliveryAttempt",
    "DeliveryReport",
    "ForbiddenWord",
    "GatewayPace",
    "GreetingPreferences",
    "InboundMessage",
    "PlanBatch",
    "PlanRefusal",
    "PlanRound",
    "PlanRun",
    "RulingMember",
    "SmsGateDevice",
]
