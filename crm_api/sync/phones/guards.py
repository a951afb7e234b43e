"""The door for phones, behind that for people."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import request

from crm_api import config
from crm_api.accounts.guards import current_actor
from crm_api.kit.limits import hit

if TYPE_CHECKING:
    from collections.abc import Callable

V = TypeVar("V", bound="Callable[..., Any]")


def paced(view: V) -> V:
    """Bound how often one device may call: a broken app must not keep others waiting."""

    @wraps(view)
    def counted(*args: Any, **kwargs: Any) -> Any:
        device = f"{current_actor().id}/{request.headers.get('X-Device-Id', '')}"
        hit("sync", config.current().syncs_per_minute, device)
        return view(*args, **kwargs)

    return cast("V", counted)
