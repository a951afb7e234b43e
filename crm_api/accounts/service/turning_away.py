"""A device that was turned away is told so, whatever it asks, once its sign-in has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.errors import DeviceRevoked

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_api.accounts.queries import Device

_are_revoked: list[Callable[[Device], bool]] = []


def let_turn_away(is_revoked: Callable[[Device], bool]) -> None:
    """Have a floor above say which devices were turned away. Only `app` arranges this."""
    _are_revoked[:] = [is_revoked]


def is_turned_away(device: Device) -> bool:
    """Tell whether a device was turned away, as the floors above know."""
    return any(is_revoked(device) for is_revoked in _are_revoked)


def refuse_revoked(device: Device | None) -> None:
    """Refuse a device by that, rather than for its ended sign-in: it is to forget what it holds.

    To be asked to sign in again, it would keep everything for whoever found it.

    :raises DeviceRevoked: if it was turned away
    """
    if device is not None and is_turned_away(device):
        raise DeviceRevoked
