"""Why a phone may not sync."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.errors import DeviceRevoked
from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class OtherDevice(DomainError):
    """A sign-in is of one device: to turn that one away ends it, whatever the app says it is."""

    status = 403
    code = "other_device"

    def __init__(self) -> None:
        super().__init__("This sign-in is another device's. Sign in with the id of this one.")


class UpgradeRequired(DomainError):
    """The app is older than what the server still understands."""

    status = 426
    code = "upgrade_required"

    def __init__(self, *, oldest_app_version: str, oldest_schema_version: int) -> None:
        super().__init__(
            "Update the app, then sync: what it holds is kept meanwhile.",
            oldest_app_version=oldest_app_version,
            oldest_schema_version=oldest_schema_version,
        )


class ServerRestored(DomainError):
    """What phones sent since a moment is lost on the server, and stands only on them."""

    code = "server_restored"

    def __init__(
        self, *, epoch: int, restored_to: datetime | None, remember: Callable[[], None]
    ) -> None:
        super().__init__(
            "The server was restored from a backup. Mark as changed what you sent since then, "
            "push it with X-Restore-Seen, and only then pull.",
            remember=remember,
            epoch=epoch,
            restored_to=restored_to,
        )


REFUSALS = (OtherDevice, DeviceRevoked, UpgradeRequired, ServerRestored)
