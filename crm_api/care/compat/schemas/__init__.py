"""What stock products send and get."""

from crm_api.care.compat.schemas.devices import (
    NewSmsGateDeviceSchema,
    SmsGateDevicePageSchema,
    SmsGateDeviceQuerySchema,
    SmsGateInvitationSchema,
    SmsGateRemovalSchema,
)
from crm_api.care.compat.schemas.kannel import KannelReplySchema, KannelReportSchema
from crm_api.care.compat.schemas.smsgate import (
    HeardSmsSchema,
    PhoneChangeSchema,
    PhoneMessageSchema,
    PhoneQuerySchema,
    PhoneRegisteredSchema,
    PhoneRegistrationSchema,
    PhoneSettingsSchema,
    PhoneStandingSchema,
    PhoneStateSchema,
    PhoneWebhookSchema,
)

__all__ = [
    "HeardSmsSchema",
    "KannelReplySchema",
    "KannelReportSchema",
    "NewSmsGateDeviceSchema",
    "PhoneChangeSchema",
    "PhoneMessageSchema",
    "PhoneQuerySchema",
    "PhoneRegisteredSchema",
    "PhoneRegistrationSchema",
    "PhoneSettingsSchema",
    "PhoneStandingSchema",
    "PhoneStateSchema",
    "PhoneWebhookSchema",
    "SmsGateDevicePageSchema",
    "SmsGateDeviceQuerySchema",
    "SmsGateInvitationSchema",
    "SmsGateRemovalSchema",
]
