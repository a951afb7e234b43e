"""The door for phones, behind that for people."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import request

from crm_api import config
from crm_api.accounts.guards import current_actor
from crm_api.kit.limits import hit
from crm_api.kit.routing import note_refusals
from crm_api.sync.phones.errors import OtherDevice

if TYPE_CHECKING:
    from collections.abc import Callable

V = TypeVar("V", bound="Callable[..., Any]")


def paced(view: V) -> V:
    """Bound how often one device may call: a broken app must not keep others waiting.

    It is the one that was signed in on, and may call itself no other.
    """
    note_refusals(view, (OtherDevice,))

    @wraps(view)
    def counted(*args: Any, **kwargs: Any) -> Any:
        actor = current_actor()
        hit("sync", config.current().syncs_per_minute, f"{actor.id}/{actor.device_id}")
        if request.headers.get("X-Device-Id", actor.device_id) != actor.device_id:
            raise OtherDevice
        return view(*args, **kwargs)

    return cast("V", counted)
