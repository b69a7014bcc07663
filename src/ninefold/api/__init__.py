"""The HTTP API, by domain."""

from .application import Services, build_api
from .definitions import Kinds, Save
from .imports import ImportDesk
from .system import health_of

__all__ = ["ImportDesk", "Kinds", "Save", "Services", "build_api", "health_of"]
