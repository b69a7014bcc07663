"""Campaigns as they are defined: read from their documents, once per version."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.engine import Connection

from ninefold.base import missing
from ninefold.store import Definition, Records, definition_history, get_definition, list_definitions

from .document import parse_campaign
from .model import Campaign, Status

KIND = "campaign"


def segment_users(records: Records, segment: str) -> tuple[str, ...]:
    """The campaigns whose audience is a segment, as ``campaign spring``: for a guard against retiring it."""
    with records.begin() as conn:
        definitions = list_definitions(conn, KIND)
    found = []
    for one in definitions:
        audience = one.document.get("audience")
        if isinstance(audience, dict) and audience.get("segment") == segment:
            found.append(f"campaign {one.key}")
    return tuple(found)


class Registry:
    """The campaigns of an installation."""

    def __init__(self, *, zone: str, currency: str) -> None:
        """Args: the business zone and currency, for documents that name none."""
        self._zone = zone
        self._currency = currency
        self._read: dict[tuple[str, int], Campaign] = {}

    def present(self, conn: Connection) -> Mapping[str, Campaign]:
        """All campaigns that are not retired as they are now, by key."""
        return {definition.key: self._parsed(definition) for definition in list_definitions(conn, KIND)}

    def get(self, conn: Connection, key: str) -> Campaign:
        """A campaign as it is now; raises missing with the nearest key."""
        return self._parsed(get_definition(conn, KIND, key))

    def version(self, conn: Connection, key: str, version: int) -> Campaign:
        """A campaign as it was in a version; raises missing."""
        known = self._read.get((key, version))
        return known if known is not None else self._parsed(get_definition(conn, KIND, key, version))

    def live_since(self, conn: Connection, key: str) -> datetime:
        """Since when a live campaign is live without a break.

        Raises:
            Error: missing, when it is not live.
        """
        since = None
        for definition in definition_history(conn, KIND, key):
            if definition.retired_at is not None or self._parsed(definition).status is not Status.LIVE:
                break
            since = definition.created_at
        if since is None:
            raise missing("campaign_not_live", f'campaign "{key}" is not live', field="campaign", got=key)
        return since

    def _parsed(self, definition: Definition) -> Campaign:
        place = (definition.key, definition.version)
        if place not in self._read:
            if len(self._read) > 5_000:
                self._read.clear()
            self._read[place] = parse_campaign(
                definition.document, zone=self._zone, currency=self._currency, version=definition.version
            )
        return self._read[place]
