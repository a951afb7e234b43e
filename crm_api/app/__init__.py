"""The composition root: puts the floors together."""

from crm_api.app.factory import create_app

__all__ = ["create_app"]
