"""Where campaigns find what they need: channels by key, campaigns by key and version."""

from collections.abc import Mapping
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
