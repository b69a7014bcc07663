"""The audit log's verbs: record, list, export, verify."""

import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import astuple, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Clock, from_ms, to_ms
from ninefold.store import Records, copy_rows

from . import queries
from .model import Anchor, AuditEntry, AuditFilter, AuditRecord, Fault, FaultKind, Verification
from .rules import GENESIS, Link, contradicted, linked
from .tables import audit_entries, audit_head

_COLUMNS = tuple(field.name for field in fields(Link))
_PAGE = 5_000
_CHUNK = 200_000
_LISTED = 100
_WORDS: dict[str, str] = {
    "edited": "the content does not fit the hash that was written with it",
    "relinked": "it does not continue the entry before it, which was replaced",
}


class AuditLog:
    """Appends entries and checks that none was touched. Any number of threads and processes may write."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: list[tuple[tuple[AuditEntry, ...], Future[None]]] = []

    def record(self, *entries: AuditEntry) -> None:
        """Write entries in a transaction of their own; returns when they are durable.

        Callers at the same time share one commit: whoever comes first writes for all who wait.

        Raises:
            Error: unavailable when the database is away; then nothing of the call was written.
        """
        if not entries:
            return
        ticket: Future[None] = Future()
        with self._guard:
            self._waiting.append((entries, ticket))
        with self._writing:
            if not ticket.done():
                self._flush()
        ticket.result()

    def append(self, conn: Connection, entries: Sequence[AuditEntry]) -> None:
        """Write entries in the caller's transaction, which then holds the log until it ends: keep it short."""
        head = conn.execute(queries.LOCK_HEAD).one_or_none()
        if head is None:  # the first entry ever
            conn.execute(queries.MAKE_HEAD, {"genesis": GENESIS})
            head = conn.execute(queries.LOCK_HEAD).one()
        links = linked(entries, seq=head.seq, former=bytes(head.hash), at_ms=to_ms(self._clock.now()))
        if links:
            copy_rows(conn, audit_entries, _COLUMNS, (astuple(link) for link in links))
            conn.execute(sa.update(audit_head).values(seq=links[-1].seq, hash=links[-1].hash))

    def entries(
        self, wanted: AuditFilter | None = None, *, before_seq: int | None = None, limit: int = 100
    ) -> tuple[AuditRecord, ...]:
        """Entries that fit, newest first; ``before_seq`` of the last one leads to the next page."""
        with self._records.begin() as conn:
            rows = conn.execute(queries.listed(wanted or AuditFilter(), before_seq=before_seq, limit=limit)).all()
        return tuple(_record(row) for row in rows)

    def export(self, wanted: AuditFilter | None = None) -> Iterator[AuditRecord]:
        """All entries that fit, newest first, a page at a time; a filter that cannot be asked fails at once."""
        return self._pages(wanted, self.entries(wanted, limit=_PAGE))

    def _pages(self, wanted: AuditFilter | None, page: tuple[AuditRecord, ...]) -> Iterator[AuditRecord]:
        while page:
            yield from page
            page = self.entries(wanted, before_seq=page[-1].seq, limit=_PAGE)

    def head(self) -> Anchor | None:
        """The last entry; kept elsewhere, it shows later whether the whole log was rewritten."""
        with self._records.begin() as conn:
            row = conn.execute(queries.HEAD).one_or_none()
        return Anchor(seq=row.seq, hash=bytes(row.hash).hex()) if row and row.seq else None

    def verify(self, anchors: Sequence[Anchor] = ()) -> Verification:
        """Read the whole chain, 200,000 entries a statement, and compare it with anchors kept elsewhere.

        The database computes the hashes, so only what is wrong travels. Entries written meanwhile are left out.
        """
        with self._records.begin() as conn:
            top = conn.execute(queries.HEAD).one_or_none()
        until = int(top.seq) if top else 0
        seq, digest, entries = 0, GENESIS, 0
        faults: list[Fault] = []
        after = 0
        while after < until:
            with self._records.begin() as conn:
                values = {"after": after, "until": min(after + _CHUNK, until)}
                rows = conn.execute(queries.VERIFY, {**values, "before_seq": seq, "before_hash": digest}).all()
            if rows:
                entries += rows[0].entries
                seq, digest = rows[0].last_seq, bytes(rows[0].last_hash)
                faults += [_fault(row) for row in rows if row.fault]
            after += _CHUNK
        if top is not None and (seq, digest) != (top.seq, bytes(top.hash)):
            lost = f"entries {seq + 1} to {top.seq} are missing" if seq < top.seq else "the last entry was replaced"
            faults.append(Fault(seq=top.seq, kind="truncated", detail=lost))
        faults += self._against(anchors)
        head = Anchor(seq=seq, hash=digest.hex()) if entries else None
        return Verification(entries=entries, head=head, faults=tuple(faults[:_LISTED]))

    def _against(self, anchors: Sequence[Anchor]) -> list[Fault]:
        if not anchors:
            return []
        with self._records.begin() as conn:
            found = {row.seq: bytes(row.hash).hex() for row in conn.execute(queries.at([one.seq for one in anchors]))}
        return contradicted(anchors, found)

    def _flush(self) -> None:
        with self._guard:
            group, self._waiting = self._waiting, []
        try:
            with self._records.begin() as conn:
                self.append(conn, [entry for entries, _ in group for entry in entries])
        except BaseException as error:  # noqa: BLE001 - each of the waiting learns of it, and raises it
            for _, ticket in group:
                ticket.set_exception(error)
            return
        for _, ticket in group:
            ticket.set_result(None)


def _record(row: sa.Row[Any]) -> AuditRecord:
    return AuditRecord(
        seq=row.seq,
        at=from_ms(row.at_ms),
        actor=row.actor,
        verb=row.verb,
        target=row.target,
        origin=row.origin,
        detail=json.loads(row.detail),
        hash=bytes(row.hash).hex(),
    )


def _fault(row: sa.Row[Any]) -> Fault:
    kind: FaultKind = row.fault
    words = _WORDS.get(kind) or f"entries {row.before_seq + 1} to {row.seq - 1} are missing"
    return Fault(seq=row.seq, kind=kind, detail=words)
