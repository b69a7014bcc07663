"""What every run of a connector needs, and the two ways in which it is told to stop."""

import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy.engine import Connection

from ninefold.base import Clock, to_ms
from ninefold.collect.connectors.model import Counts
from ninefold.collect.imports import Context, Imports
from ninefold.store import Records

from .secrets import Secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorSettings:
    """What connectors get from the installation.

    Attributes:
        zone: business zone.
        currency: default currency.
        spool: folder for files that are fetched before they are imported.
        lanes: connectors that run at the same time.
    """

    zone: str = "UTC"
    currency: str = "CNY"
    spool: Path = Path("connectors")
    lanes: int = 4


class Halted(Exception):  # noqa: N818 - not a fault: somebody paused, reset or changed the connector
    """The run may not go on."""


class Interrupted(Exception):  # noqa: N818 - not a fault: this process ends
    """The run goes on in the next process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every run needs."""

    records: Records
    clock: Clock
    imports: Imports
    secrets: Secrets
    settings: ConnectorSettings
    stop: threading.Event

    def context(self, now: datetime) -> Context:
        """What the mapping of rows needs to know."""
        return Context(file_hash="", received=to_ms(now), zone=self.settings.zone, currency=self.settings.currency)


class Attempt(Protocol):
    """A run at work, as those see it who fetch for it."""

    def check(self) -> None:
        """Raise when the run may not go on."""
        ...

    def count(self, conn: Connection, counts: Counts, newest: datetime | None = None) -> None:
        """Add what a part of the run brought, in the transaction that hands it over; raises when it may not go on."""
        ...
