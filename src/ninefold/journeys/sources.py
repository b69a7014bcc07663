"""Where campaigns find what they need: channels by key, campaigns by key and version."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.engine import Connection

from ninefold.channels import Channel

from .model import Campaign


class ChannelSource(Protocol):
    """Where channels come from."""

    def get(self, conn: Connection, key: str) -> Channel:
        """The channel of a key; raises missing when there is none, unavailable when it cannot be opened."""
        ...


class CampaignSource(Protocol):
    """Where campaigns come from."""

    def present(self, conn: Connection) -> Mapping[str, Campaign]:
        """All campaigns as they are now, by key."""
        ...

    def version(self, conn: Connection, key: str, version: int) -> Campaign:
        """A campaign as it was in a version; raises missing."""
        ...


class Permit(Protocol):
    """Whoever knows consent and suppression."""

    def refused(
        self, conn: Connection, people: Mapping[int, AbstractSet[int]], *, purpose: str, node: str, now: datetime
    ) -> Mapping[int, str]:
        """Whom a message of a purpose must not be sent to, with the reason; ``people`` are accounts by person."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSettings:
    """What campaigns need to know of an installation.

    Attributes:
        zone: business zone (IANA).
        currency: ISO 4217.
        permit: who must not get a message, and why; asked before every message.
    """

    zone: str = "UTC"
    currency: str = "CNY"
    permit: Permit | None = None
