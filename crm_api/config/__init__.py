"""The settings, read once from the environment and handed to whoever asks."""

from crm_api.config.reading import MissingSetting
from crm_api.config.settings import (
    Environment,
    Settings,
    configure,
    current,
    load,
)

__all__ = ["Environment", "MissingSetting", "Settings", "configure", "current", "load"]
