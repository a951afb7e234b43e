"""What a stock product may be refused."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class RegistrationRefused(DomainError):
    """The secret was never given out, was used, or is too old."""

    status = 401
    code = "registration_refused"

    def __init__(self) -> None:
        super().__init__("Ask an administrator for a new registration secret.")


class SignatureRefused(DomainError):
    """The phone could not have sent it: the signature is missing, forged, or too old."""

    status = 401
    code = "signature_refused"

    def __init__(self) -> None:
        super().__init__("Sign the body and the moment with the device's signing key.")


class DeviceRemoved(DomainError):
    """A phone that was taken out of service does not come back: register another."""

    code = "device_removed"

    def __init__(self) -> None:
        super().__init__("This device was removed. Add a new one.")
