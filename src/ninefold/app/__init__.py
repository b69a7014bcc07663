"""The composition root: settings, logs, wiring."""

from .application import api_description, build_application
from .logs import configure_logs
from .platform import Ninefold
from .settings import Settings, load_settings

open_ninefold = Ninefold.open

__all__ = [
    "Ninefold", "Settings", "api_description", "build_application", "configure_logs", "load_settings", "open_ninefold",
]  # fmt: skip
