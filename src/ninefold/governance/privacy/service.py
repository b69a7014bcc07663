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
from ninefold.governance.retention import Retention
from ninefold.store import Records

from .model import Erased, PersonalStore, PrivacyRequest, Receipt, RequestKind, RequestState, Subject
from .notices import Notices, Told
from .queries import LOCK_REQUESTS
from .rules import DEVICES, Seal, identifier_hash, sealed, verified
from .tables import privacy_requests, suppressed_identifiers, suppressed_people

_TIMES_AGAIN = 3
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
        self._held = Retention(records, clock)
        self.notices = Notices(clock, seal)

    def open(
        self, conn: Connection, kind: RequestKind, subjects: Sequence[Subject], *, author: str, reason: str = ""
    ) -> tuple[PrivacyRequest, ...]:
        """Take a request about each of some people; suppressing and resuming is done at once, the others wait.

        A second request of a kind, while one is open for the person, is the same request.

        Raises:
            Error: conflict ``legal_hold`` when somebody who is to be erased is under a legal hold.
        """
        if kind is RequestKind.ERASE:
            self._held.refuse_held(conn, [number for one in subjects for number in one.accounts])
        r = privacy_requests.c
        conn.execute(LOCK_REQUESTS)
        named = [name for one in subjects for name in one.public_ids]
        waiting = sa.select(r.id, r.person).where(
            r.person == sa.any_(sa.literal(named, pg.ARRAY(sa.Text))),
            r.kind == kind.value, r.state == RequestState.OPEN.value,
        )  # fmt: skip
        known = {row.person: int(row.id) for row in conn.execute(waiting)}
        held = {one.public_ids[0]: number for one in subjects for name in one.public_ids if (number := known.get(name))}
        fresh = {one.public_ids[0]: one for one in subjects if one.public_ids[0] not in held}
        if fresh:
            base: dict[str, object] = {"kind": kind.value, "state": RequestState.OPEN.value, "reason": reason,
                    "requested_by": author, "requested_at": self._clock.now(), "progress": {}}  # fmt: skip
            rows = [{**base, "person": person, "subject": asdict(one)} for person, one in fresh.items()]
            made = conn.execute(sa.insert(privacy_requests).returning(r.id, r.person), rows).all()
            numbers = {row.person: int(row.id) for row in made}
            held |= numbers
            self._at_once(conn, kind, [(numbers[person], one) for person, one in fresh.items()])
        return self._all(conn, sorted(set(held.values())))

    def _at_once(self, conn: Connection, kind: RequestKind, fresh: Sequence[tuple[int, Subject]]) -> None:
        if kind in {RequestKind.SUPPRESS, RequestKind.ERASE}:
            self._suppress(conn, fresh)
        if kind is RequestKind.RESUME:
            self._resume(conn, [one for _, one in fresh])
        if kind in {RequestKind.SUPPRESS, RequestKind.RESUME}:
            self._close(conn, [{"number": number} for number, _ in fresh])

    def _all(self, conn: Connection, numbers: Sequence[int]) -> tuple[PrivacyRequest, ...]:
        wanted = sa.select(privacy_requests).where(privacy_requests.c.id.in_(numbers)).order_by(privacy_requests.c.id)
        return tuple(_request(row) for row in conn.execute(wanted))

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
        return self.subjects(conn, [request])[request]

    def subjects(self, conn: Connection, requests: Sequence[int]) -> dict[int, Subject]:
        """Whom open requests are about; raises missing for one that is none."""
        r = privacy_requests.c
        rows = conn.execute(sa.select(r.id, r.subject).where(r.id.in_(requests), r.subject.isnot(None)))
        found = {int(row.id): _subject(row.subject) for row in rows}
        for one in requests:
            if one not in found:
                raise missing("unknown_request", "there is no such open request", field="id", got=one)
        return found

    def waiting(self, conn: Connection, kind: RequestKind, *, limit: int = 1_000) -> tuple[int, ...]:
        """Numbers of the open requests of a kind, the oldest first."""
        r = privacy_requests.c
        wanted = sa.select(r.id).where(r.kind == kind.value, r.state == RequestState.OPEN.value)
        return tuple(map(int, conn.scalars(wanted.order_by(r.id).limit(limit))))

    def widen(self, conn: Connection, fresh: Mapping[int, Subject]) -> None:
        """What became known of people while their requests waited is suppressed and erased too."""
        old = self.subjects(conn, list(fresh))
        rows = []
        for number, one in fresh.items():
            before = old[number]
            both = Subject(
                accounts=tuple(dict.fromkeys((*before.accounts, *one.accounts))),
                public_ids=tuple(dict.fromkeys((*before.public_ids, *one.public_ids))),
                identifiers=tuple(dict.fromkeys((*before.identifiers, *one.identifiers))),
            )
            if both != before:
                rows.append((number, both))
        if rows:
            self._suppress(conn, rows)
            at: sa.BindParameter[int] = sa.bindparam("number")
            change = sa.update(privacy_requests).where(privacy_requests.c.id == at).values(subject=sa.bindparam("said"))
            conn.execute(change, [{"number": number, "said": asdict(one)} for number, one in rows])

    def erase(self, requests: Sequence[int], stores: Sequence[PersonalStore]) -> tuple[PrivacyRequest, ...]:
        """Erase people from every store, in order, and sign their receipts. May be called again after a crash.

        The counts before are committed before a store is touched, so that the receipts are right whatever happens.
        One look at a store serves everybody.
        """
        with self._records.begin() as conn:
            found = [one for one in self._all(conn, requests) if one.state is RequestState.OPEN]
            subjects = self.subjects(conn, [one.id for one in found])
        progress = {one.id: dict(one.progress) for one in found}
        for store in stores:
            left = [number for number, said in progress.items() if "after" not in _mapping(said.get(store.name))]
            new = [number for number in left if store.name not in progress[number]]
            if new:
                counted = store.counts([subjects[number] for number in new])
                for number, before in zip(new, counted, strict=True):
                    progress[number][store.name] = {"before": before}
                self._note({number: progress[number] for number in new})
            if left:
                people = [subjects[number] for number in left]
                note, remaining = _emptied(store, people)
                for number, after in zip(left, remaining, strict=True):
                    said = _mapping(progress[number][store.name])
                    progress[number][store.name] = {**said, "after": after, "note": note}
                self._note({number: progress[number] for number in left})
        names = [store.name for store in stores]
        with self._records.begin() as conn:
            told = self.notices.queue(conn, [(one, subjects[one.id]) for one in found])
            receipts = [
                {"number": one.id, "receipt": self._receipt(one, progress[one.id], names, told.get(one.id, ()))}
                for one in found
            ]
            self._close(conn, receipts)
            return self._all(conn, requests)

    def finish(self, conn: Connection, request: int, *, file: str) -> None:
        """An access request is done; the file is where the person's data stand."""
        self._close(conn, [{"number": request, "file": file}])

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

    def _suppress(self, conn: Connection, people: Sequence[tuple[int, Subject]]) -> None:
        hashed = [
            {"hash": identifier_hash(self._seal, namespace, value), "device": namespace in DEVICES, "request": request}
            for request, subject in people
            for namespace, value in subject.identifiers
        ]
        now = self._clock.now()
        numbers = [{"oneid": one, "request": request, "since": now} for request, own in people for one in own.accounts]
        if hashed:
            conn.execute(pg.insert(suppressed_identifiers).on_conflict_do_nothing(), hashed)
        if numbers:
            conn.execute(pg.insert(suppressed_people).on_conflict_do_nothing(), numbers)

    def _resume(self, conn: Connection, people: Sequence[Subject]) -> None:
        hashes = [identifier_hash(self._seal, *identifier) for one in people for identifier in one.identifiers]
        numbers = [number for one in people for number in one.accounts]
        s, p = suppressed_identifiers.c, suppressed_people.c
        conn.execute(
            sa.delete(suppressed_identifiers).where(s.hash == sa.any_(sa.literal(hashes, pg.ARRAY(sa.LargeBinary))))
        )
        conn.execute(sa.delete(suppressed_people).where(p.oneid == sa.any_(sa.literal(numbers, pg.ARRAY(sa.Integer)))))

    def _note(self, progress: Mapping[int, dict[str, object]]) -> None:
        r = privacy_requests.c
        change = sa.update(privacy_requests).where(r.id == sa.bindparam("number"))
        rows = [{"number": number, "said": said} for number, said in progress.items()]
        with self._records.begin() as conn:
            conn.execute(change.values(progress=sa.bindparam("said")), rows)

    def _receipt(
        self, found: PrivacyRequest, progress: Mapping[str, object], names: Sequence[str], told: Sequence[Told]
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
            destinations=tuple(asdict(one) for one in told),
        )
        plain: dict[str, object] = json.loads(json.dumps(asdict(receipt)))
        return plain | {"signature": sealed(self._seal, receipt).signature}

    def _close(self, conn: Connection, done: Sequence[Mapping[str, object]]) -> None:
        """Requests are done: rows of ``number``, and ``receipt`` or ``file`` where there is one."""
        if not done:
            return
        at = privacy_requests.c.id == sa.bindparam("number")
        values = {"state": RequestState.DONE.value, "done_at": self._clock.now(), "subject": sa.null(),
                  "receipt": sa.bindparam("receipt", type_=pg.JSONB(none_as_null=True)),
                  "file": sa.bindparam("file")}  # fmt: skip
        rows = [{"receipt": None, "file": ""} | dict(one) for one in done]
        conn.execute(sa.update(privacy_requests).where(at).values(values), rows)


def _subject(held: Mapping[str, Any]) -> Subject:
    return Subject(
        accounts=tuple(held["accounts"]),
        public_ids=tuple(held["public_ids"]),
        identifiers=tuple((namespace, value) for namespace, value in held["identifiers"]),
    )


def _request(row: sa.Row[Any]) -> PrivacyRequest:
    return PrivacyRequest(
        id=row.id, kind=RequestKind(row.kind), person=row.person, state=RequestState(row.state), reason=row.reason,
        requested_by=row.requested_by, requested_at=row.requested_at, done_at=row.done_at, progress=row.progress,
        receipt=row.receipt, file=row.file,
    )  # fmt: skip


def _emptied(store: PersonalStore, people: Sequence[Subject]) -> tuple[str, Sequence[int]]:
    """Erase people from a store; again, where work that had begun before brought something meanwhile.

    What the store says of it, and what is left of each.
    """
    note, after = store.erase(people), store.counts(people)
    for _ in range(_TIMES_AGAIN):
        if not any(after):
            break
        store.erase(people)
        after = store.counts(people)
    return note, after


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise invalid("bad_receipt", "a count is not a number", field="stores", got=value)
    return value
