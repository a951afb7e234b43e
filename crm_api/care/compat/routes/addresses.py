"""Where products reach us, as they are told."""

from __future__ import annotations

from flask import request

from crm_api import config


def address_of(path: str) -> str:
    """Return a path's whole address: below CRM_PUBLIC_URL, or as the caller reached us."""
    root = config.current().public_url or request.host_url
    return f"{root.rstrip('/')}{path}"
