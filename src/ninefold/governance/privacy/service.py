"""The verbs of privacy: take a request, carry it out step by step, suppress, screen.

Carrying out is resumable: every step is written down before the next begins, and may be done twice.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.base import Clock, invalid, missing
from ninefold.store import Records

from .model import Erased, PersonalStore, PrivacyRequest, Receipt, RequestKind, RequestState, Subject
from .rules import DEVICES, Seal, identifier_hash, sealed, verified
from .tables import privacy_requests, suppressed_identifiers, suppressed_people

_KEPT = (
    "audit log: who did what, by public id; it holds no identifiers",
    "segment versions and reports: a number that no longer leads to anybody",
    "suppression list: keyed hashes of the identifiers, so that the person does not come back",
    "messages already handed to e-mail servers and webhooks: outside of this system; ask their operators",
)


class Privacy:
    """Requests of people about their data."""

    def __init__(self, records: Records, clock: Clock, seal: Seal) -> None:
        self._records = records
        self._clock = clock
        self._seal = seal

    def open(
        self, conn: Connection, kind: RequestKind, subject: Subject, *, author: str, reason: str = ""
    ) -> PrivacyRequest:
        """Take a request; suppressing and resuming is done at once, the others wait for :meth:`advance`.

        A second request of a kind, while one is open for the person, is the same request.
        """
        person, r = subject.public_ids[0], privacy_requests.c
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"privacy/{person}", 0))
        conn.execute(sa.select(lock))
        waiting = sa.select(privacy_requests).where(
            r.person.in_(subject.public_ids), r.kind == kind.value, r.state == RequestState.OPEN.value
        )
        if (row := conn.execute(waiting).first()) is not None:
            return _request(row)
        values = {"kind": kind.value, "person": person, "state": RequestState.OPEN.value, "reason": reason,
                  "requested_by": author, "requested_at": self._clock.now(), "subject": asdict(subject),
                  "progress": {}}  # fmt: skip
        made = conn.execute(sa.insert(privacy_requests).values(values).returning(privacy_requests)).one()
        if kind in {RequestKind.SUPPRESS, RequestKind.ERASE}:
            self._suppress(conn, made.id, subject)
        if kind is RequestKind.RESUME:
            self._resume(conn, subject)
        if kind in {RequestKind.SUPPRESS, RequestKind.RESUME}:
            self._close(conn, made.id)
        return self.get(conn, made.id)

    def get(self, conn: Connection, request: int) -> PrivacyRequest:
        """A request; raises missing."""
        row = conn.execute(sa.select(privacy_requests).where(privacy_requests.c.id == request)).one_or_none()
        if row is None:
            raise missing("unknown_request", "there is no such privacy request", field="id", got=request)
        return _request(row)

    def requests(self, conn: Connection, *, person: str = "", limit: int = 100) -> tuple[PrivacyRequest, ...]:
        """Requests, newest first."""
        r = privacy_requests.c
        query = sa.select(privacy_requests).order_by(r.id.desc()).limit(limit)
        return tuple(_request(row) for row in conn.execute(query.where(r.person == person) if person else query))

    def subject(self, conn: Connection, request: int) -> Subject:
        """Whom an open request is about, as known when it came.

        Raises:
            Error: missing, when there is none or it is done.
        """
        held = conn.scalar(sa.select(privacy_requests.c.subject).where(privacy_requests.c.id == request))
        if held is None:
            raise missing("unknown_request", "there is no such open request", field="id", got=request)
        return Subject(
            accounts=tuple(held["accounts"]),
            public_ids=tuple(held["public_ids"]),
            identifiers=tuple((namespace, value) for namespace, value in held["identifiers"]),
        )

    def erase(self, request: int, stores: Sequence[PersonalStore]) -> PrivacyRequest:
        """Erase a person from every store, in order, and sign the receipt. May be called again after a crash.

        The count before is committed before a store is touched, so that the receipt is right whatever happens.
        """
        with self._records.begin() as conn:
            found = self.get(conn, request)
            if found.state is RequestState.DONE:
                return found
            subject = self.subject(conn, request)
        progress = dict(found.progress)
        for store in stores:
            said = dict(_mapping(progress.get(store.name)))
            if "after" in said:
                continue
            if "before" not in said:
                said = {"before": store.count(subject)}
                progress = self._note(request, progress | {store.name: said})
            note = store.erase(subject)
            said |= {"after": store.count(subject), "note": note}
            progress = self._note(request, progress | {store.name: said})
        with self._records.begin() as conn:
            self._close(conn, request, receipt=self._receipt(found, progress, [store.name for store in stores]))
            return self.get(conn, request)

    def finish(self, conn: Connection, request: int, *, file: str) -> None:
        """An access request is done; the file is where the person's data stand."""
        self._close(conn, request, file=file)

    def verify(self, receipt: Mapping[str, object]) -> bool:
        """Whether a receipt is one of this installation and unchanged."""
        return verified(self._seal, receipt)

    def suppressed(self, conn: Connection, accounts: Sequence[int]) -> frozenset[int]:
        """Which of some accounts are suppressed."""
        p = suppressed_people.c
        wanted = sa.literal(list(accounts), pg.ARRAY(sa.Integer))
        return frozenset(conn.execute(sa.select(p.oneid).where(p.oneid == sa.any_(wanted))).scalars())

    def any_suppressed(self, conn: Connection) -> bool:
        """Whether anybody is: most batches need no more than this question."""
        return bool(conn.scalar(sa.select(sa.exists().select_from(suppressed_people))))

    def screen(self, conn: Connection, identifiers: Sequence[Sequence[tuple[str, str]]]) -> tuple[bool, ...]:
        """Which of many events must not be kept, by their normalised identifiers, strongest first.

        An event is shut out when it carries a suppressed identifier that names a person, or when the strongest it has
        is a suppressed device: others may use the device too.
        """
        hashes = {one: identifier_hash(self._seal, *one) for own in identifiers for one in own}
        if not hashes:
            return (False,) * len(identifiers)
        s = suppressed_identifiers.c
        wanted = sa.literal(list(set(hashes.values())), pg.ARRAY(sa.LargeBinary))
        rows = conn.execute(sa.select(s.hash, s.device).where(s.hash == sa.any_(wanted)))
        shut = {bytes(row.hash): row.device for row in rows}
        return tuple(
            any(shut.get(hashes[one], True) is False for one in own) or bool(own and hashes[own[0]] in shut)
            for own in identifiers
        )

    def _suppress(self, conn: Connection, request: int, subject: Subject) -> None:
        hashed = [
            {"hash": identifier_hash(self._seal, namespace, value), "device": namespace in DEVICES, "request": request}
            for namespace, value in subject.identifiers
        ]
        people = [{"oneid": one, "request": request, "since": self._clock.now()} for one in subject.accounts]
        if hashed:
            conn.execute(pg.insert(suppressed_identifiers).on_conflict_do_nothing(), hashed)
        conn.execute(pg.insert(suppressed_people).on_conflict_do_nothing(), people)

    def _resume(self, conn: Connection, subject: Subject) -> None:
        hashes = [identifier_hash(self._seal, namespace, value) for namespace, value in subject.identifiers]
        conn.execute(sa.delete(suppressed_identifiers).where(suppressed_identifiers.c.hash.in_(hashes)))
        conn.execute(sa.delete(suppressed_people).where(suppressed_people.c.oneid.in_(subject.accounts)))

    def _note(self, request: int, progress: dict[str, object]) -> dict[str, object]:
        with self._records.begin() as conn:
            conn.execute(sa.update(privacy_requests).where(privacy_requests.c.id == request).values(progress=progress))
        return progress

    def _receipt(
        self, found: PrivacyRequest, progress: Mapping[str, object], names: Sequence[str]
    ) -> dict[str, object]:
        said = {name: _mapping(progress[name]) for name in names}
        stores = tuple(
            Erased(store=name, before=_int(one["before"]), after=_int(one["after"]), note=str(one["note"]))
            for name, one in said.items()
        )
        receipt = Receipt(
            request=found.id,
            person=found.person,
            requested_at=found.requested_at.isoformat(),
            done_at=self._clock.now().isoformat(),
            stores=stores,
            kept=_KEPT,
            complete=not any(one.after for one in stores),
        )
        plain: dict[str, object] = json.loads(json.dumps(asdict(receipt)))
        return plain | {"signature": sealed(self._seal, receipt).signature}

    def _close(
        self, conn: Connection, request: int, *, receipt: Mapping[str, object] | None = None, file: str = ""
    ) -> None:
        values = {"state": RequestState.DONE.value, "done_at": self._clock.now(), "subject": sa.null(),
                  "receipt": receipt if receipt is not None else sa.null(), "file": file}  # fmt: skip
        conn.execute(sa.update(privacy_requests).where(privacy_requests.c.id == request).values(values))


def _request(row: sa.Row[Any]) -> PrivacyRequest:
    return PrivacyRequest(
        id=row.id, kind=RequestKind(row.kind), person=row.person, state=RequestState(row.state), reason=row.reason,
        requested_by=row.requested_by, requested_at=row.requested_at, done_at=row.done_at, progress=row.progress,
        receipt=row.receipt, file=row.file,
    )  # fmt: skip


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise invalid("bad_receipt", "a count is not a number", field="stores", got=value)
    return value
