"""The verbs of deletion notices: queue, claim, settle. What a destination said stands in the signed receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.base import Clock, conflict, missing
from ninefold.governance.privacy.model import PrivacyRequest, Subject
from ninefold.governance.privacy.rules import Seal, resealed
from ninefold.governance.privacy.tables import privacy_requests
from ninefold.store import list_definitions, put_definition

from . import queries
from .document import parse_destination, pause
from .model import DESTINATION_KIND, Answer, Destination, Notice, NoticeState, Told
from .tables import privacy_notices

_LEASE = timedelta(minutes=5)


class Notices:
    """Who must be told of an erasure, and what became of it."""

    def __init__(self, clock: Clock, seal: Seal) -> None:
        self._clock = clock
        self._seal = seal

    def save(self, conn: Connection, document: Mapping[str, Any], *, now: datetime, author: str = "") -> None:
        """Check a document of kind ``deletion-destination`` and keep it as the next version."""
        found = parse_destination(document)
        put_definition(conn, DESTINATION_KIND, found.key, document, now=now, author=author)

    def destinations(self, conn: Connection) -> dict[str, Destination]:
        """Who is told, by key."""
        return {one.key: parse_destination(one.document) for one in list_definitions(conn, DESTINATION_KIND)}

    def queue(self, conn: Connection, erased: Sequence[tuple[PrivacyRequest, Subject]]) -> dict[int, tuple[Told, ...]]:
        """Note that all destinations must be told of some erasures, in the transaction that ends these.

        Returns:
            The destinations as the receipts name them, by request.
        """
        now, destinations = self._clock.now(), self.destinations(conn)
        if not destinations:
            return {}
        rows = [
            {"request": request.id, "person": request.person, "destination": one.key, "created_at": now, "due_at": now,
             "state": NoticeState.PENDING.value, "payload": _payload(request, subject, one)}
            for request, subject in erased
            for one in destinations.values()
        ]  # fmt: skip
        conn.execute(pg.insert(privacy_notices).on_conflict_do_nothing(), rows)
        told = tuple(
            Told(destination=key, state=NoticeState.PENDING.value, at=now.isoformat()) for key in sorted(destinations)
        )
        return {request.id: told for request, _ in erased}

    def hasten(self, conn: Connection) -> int:
        """Make everything due that waits for its next try; returns how many notices."""
        return conn.execute(queries.HASTEN, {"now": self._clock.now()}).rowcount

    def claim(self, conn: Connection, *, limit: int = 200) -> tuple[Notice, ...]:
        """Take notices that are due; whoever takes them has them for five minutes."""
        now = self._clock.now()
        rows = conn.execute(queries.CLAIM, {"lease": now + _LEASE, "due": now, "limit": limit})
        return tuple(sorted((_notice(row) for row in rows), key=lambda one: one.id))

    def note(self, conn: Connection, notice: Notice, answer: Answer, *, give_up_days: int) -> Notice | None:
        """Write down what a destination said; gives the notice when it is settled by it."""
        now = self._clock.now()
        if answer.state is not NoticeState.PENDING:
            return self.settle(conn, notice.id, answer)
        if now - notice.created_at >= timedelta(days=give_up_days):
            return self.settle(conn, notice.id, Answer(state=NoticeState.FAILED, detail=answer.detail))
        due = now + pause(notice.tries)
        conn.execute(queries.AGAIN, {"number": notice.id, "due": due, "detail": answer.detail})
        return None

    def settle(self, conn: Connection, number: int, answer: Answer) -> Notice:
        """A notice came to its end, or was taken; its erasure's receipt says so from now on, signed anew.

        Raises:
            Error: missing (no such notice); conflict (it is settled already, otherwise).
        """
        before = self.get(conn, number)
        values = {
            "number": number,
            "state": answer.state.value,
            "detail": answer.detail[:300],
            "now": self._clock.now(),
        }
        row = conn.execute(queries.SETTLE, values).one_or_none()
        if row is None:
            if before.state is answer.state:
                return before
            raise conflict(
                "notice_settled", f"the notice is {before.state.value}, so it cannot be {answer.state.value}"
            )
        receipt = conn.scalar(queries.RECEIPT, {"request": row.request})
        if receipt is not None:
            told = [
                asdict(Told(destination=one.destination, state=one.state, at=one.at.isoformat(), detail=one.detail))
                for one in conn.execute(queries.TOLD, {"request": row.request})
            ]
            fresh = resealed(self._seal, receipt, told)
            conn.execute(sa.update(privacy_requests).where(privacy_requests.c.id == row.request).values(receipt=fresh))
        return _notice(row)

    def get(self, conn: Connection, number: int) -> Notice:
        """A notice; raises missing."""
        row = conn.execute(sa.select(privacy_notices).where(privacy_notices.c.id == number)).one_or_none()
        if row is None:
            raise missing("unknown_notice", "there is no such notice", field="id", got=number)
        return _notice(row)

    def listed(self, conn: Connection, *, state: str = "", request: int = 0, limit: int = 100) -> tuple[Notice, ...]:
        """Notices, newest first."""
        c = privacy_notices.c
        wanted = sa.select(privacy_notices).order_by(c.id.desc()).limit(limit)
        if state:
            wanted = wanted.where(c.state == state)
        if request:
            wanted = wanted.where(c.request == request)
        return tuple(_notice(row) for row in conn.execute(wanted))


def _payload(request: PrivacyRequest, subject: Subject, to: Destination) -> dict[str, object]:
    """What a destination is told: nothing that it does not need for finding the person."""
    return {
        "type": "person.erased",
        "id": f"erasure-{request.id}-{to.key}",
        "request": request.id,
        "people": list(subject.public_ids),
        "identifiers": [
            {"namespace": namespace, "value": value}
            for namespace, value in subject.identifiers
            if namespace.partition(":")[0] in to.identifiers
        ],
        "requested_at": request.requested_at.isoformat(),
    }


def _notice(row: sa.Row[Any]) -> Notice:
    return Notice(
        id=row.id, request=row.request, person=row.person, destination=row.destination, state=NoticeState(row.state),
        tries=row.tries, created_at=row.created_at, due_at=row.due_at, settled_at=row.settled_at, detail=row.detail,
        payload=row.payload,
    )  # fmt: skip
