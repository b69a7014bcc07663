"""Connectors: documents and durable work that bring rows of other systems into the inbox."""

from .book import KIND
from .document import parse_connector
from .hooks import hook_routes
from .model import Counts, DroppedFile, FileState, Run, RunState, Status, Trial
from .service import Connectors
from .settings import Connector
from .taking.house import ConnectorSettings

__all__ = [
    "KIND", "Connector", "ConnectorSettings", "Connectors", "Counts", "DroppedFile", "FileState", "Run", "RunState",
    "Status", "Trial", "hook_routes", "parse_connector",
]
