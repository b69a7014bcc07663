"""The HTTP API, by domain."""

from .application import Services, build_api, describe
from .bringing.imports import ImportDesk
from .definitions import Kinds, Later, Save
from .session import Door
from .system import health_of

__all__ = ["Door", "ImportDesk", "Kinds", "Later", "Save", "Services", "build_api", "describe", "health_of"]
