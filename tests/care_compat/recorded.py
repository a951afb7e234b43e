"""Requests as the SMSGate app makes them: their shapes, with fictional content.

Read from the app's own classes, `modules/gateway/GatewayApi.kt`, `modules/webhooks/` and its plugin
that signs (github.com/capcom6/android-sms-gateway, Apache-2.0), and from its server's contract,
`smsgateway/requests_mobile.go` (github.com/android-sms-gateway/client-go, Apache-2.0).
"""

from __future__ import annotations

# POST /device: DeviceRegisterRequest. A phone without Google's services has no push token.
REGISTRATION = {"name": "Demo/phone", "pushToken": None}
REGISTRATION_WITH_PUSH = {"name": "Demo/phone", "pushToken": "gHz-demo-token"}


# PATCH /device: DevicePatchRequest.
def push_token(device_id):
    return {"id": device_id, "pushToken": "gHz-demo-token"}


# PATCH /message: a list of MessagePatchRequest. Older versions of the app write the moments of
# `states` as the phone's own locale does, newer ones as RFC 3339, some as a number.
MOMENTS = {
    "Pending": "Mar 2, 2026 10:00:01 AM",
    "Processed": "2026-03-02T10:00:02.000+08:00",
    "Sent": 1772416803000,
    "Delivered": "2026-03-02T02:00:04Z",
    "Failed": "2026-03-02T02:00:05Z",
}


def state(message, state, *passed, error=None, phone="+8613900001234"):
    return {
        "id": message.id,
        "state": state,
        "recipients": [{"phoneNumber": phone, "state": state, "error": error}],
        "states": {name: MOMENTS[name] for name in (*passed, state)},
    }


# POST of the webhook `sms:received`: WebHookEventDTO around the payload of a received message.
def heard(text, *, number, event_id="Ey6ECgOkVVFjz3CL48B8C", device_id="device"):
    return {
        "deviceId": device_id,
        "event": "sms:received",
        "id": event_id,
        "payload": {
            "messageId": "abc123",
            "message": text,
            "phoneNumber": number,
            "simNumber": 1,
            "receivedAt": "2026-03-02T10:00:00.000+08:00",
        },
        "webhookId": device_id,
    }


def heard_since_2026(text, *, number, **kwargs):
    """The same since `sender` and `recipient` were added to it."""
    event = heard(text, number=number, **kwargs)
    return {**event, "payload": {**event["payload"], "sender": number, "recipient": "10690000"}}
