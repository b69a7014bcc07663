"""The send gate's question to governance: who must not get a message, and why."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from sqlalchemy.engine import Connection

from ninefold.governance import consent


class Permits:
    """Consent as campaigns ask for it."""

    def __init__(self, consents: consent.Consents) -> None:
        self._consents = consents

    def refused(
        self, conn: Connection, people: Mapping[int, AbstractSet[int]], *, purpose: str, node: str, now: datetime
    ) -> Mapping[int, str]:
        """Whom a message of a purpose must not be sent to, with the reason."""
        if not purpose:
            return {}
        refused = self._consents.refused(conn, people, purpose, node=node, now=now)
        return dict.fromkeys(refused, f"no consent: {purpose}")
