"""The send gate's question to governance: who must not get a message, and why."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from sqlalchemy.engine import Connection

from ninefold.governance import consent, privacy


class Permits:
    """Consent and suppression as campaigns ask for them."""

    def __init__(self, consents: consent.Consents, requests: privacy.Privacy) -> None:
        self._consents = consents
        self._requests = requests

    def refused(
        self, conn: Connection, people: Mapping[int, AbstractSet[int]], *, purpose: str, node: str, now: datetime
    ) -> Mapping[int, str]:
        """Whom a message of a purpose must not be sent to, with the reason."""
        accounts = sorted({account for own in people.values() for account in own})
        shut = self._requests.suppressed(conn, accounts)
        refused = dict.fromkeys((root for root, own in people.items() if not shut.isdisjoint(own)), "suppressed")
        if purpose:
            unwilling = self._consents.refused(conn, people, purpose, node=node, now=now)
            refused = dict.fromkeys(unwilling, f"no consent: {purpose}") | refused
        return refused
