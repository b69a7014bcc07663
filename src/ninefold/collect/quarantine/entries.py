"""Quarantine: events that could not be kept as events, put aside with their bytes, and searchable."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import clean_text
from ninefold.collect import queries
from ninefold.collect.model import QuarantineCount, QuarantineRow, Rejection, Sought
from ninefold.collect.tables import quarantine as table

_MOST = 1_000


def rejection_values(
    rejections: Sequence[Rejection], *, source: str, kind: str, received_at: datetime
) -> list[dict[str, object]]:
    """Rejections as rows of the quarantine table."""
    return [
        {
            "source": source,
            "received_at": received_at,
            "kind": kind,
            "reason_code": rejection.code,
            "reason": clean_text(rejection.reason)[:1_000],
            "field": clean_text(rejection.field)[:200],
            "raw": rejection.raw,
            "envelope": rejection.envelope,
            "message_id": clean_text(rejection.message_id)[:200],
        }
        for rejection in rejections
    ]


def quarantine(
    conn: Connection, rejections: Sequence[Rejection], *, source: str, kind: str, received_at: datetime
) -> None:
    """Put rejected events aside, with their bytes, in the caller's transaction."""
    if rejections:
        values = rejection_values(rejections, source=source, kind=kind, received_at=received_at)
        conn.execute(sa.insert(table), values)


def search_quarantine(
    conn: Connection, sought: Sought | None = None, *, before_id: int | None = None, limit: int = 100
) -> tuple[QuarantineRow, ...]:
    """Entries, newest first.

    Args:
        conn: the transaction.
        sought: which ones; those not replayed yet when left out.
        before_id: only older than this entry, for the next page.
        limit: at most 1,000.
    """
    query = queries.search_quarantine(_clean(sought or Sought()), before_id=before_id, limit=max(1, min(limit, _MOST)))
    return tuple(_row(row) for row in conn.execute(query).mappings())


def quarantined_ids(conn: Connection, sought: Sought, *, after_id: int = 0, limit: int = _MOST) -> tuple[int, ...]:
    """Ids of entries, oldest first, after one of them: to work through many in pages."""
    return tuple(conn.execute(queries.quarantined_ids(_clean(sought), after_id=after_id, limit=limit)).scalars())


def _clean(sought: Sought) -> Sought:
    """Without what a database cannot compare with."""
    return replace(
        sought,
        source=_text(sought.source),
        code=_text(sought.code),
        kind=_text(sought.kind),
        text=_text(sought.text),
        message_id=_text(sought.message_id),
    )


def _text(value: str | None) -> str | None:
    return None if value is None else clean_text(value)


def quarantine_counts(conn: Connection) -> tuple[QuarantineCount, ...]:
    """Open entries by source and reason, the most frequent first."""
    return tuple(
        QuarantineCount(source=row.source, code=row.reason_code, entries=row.entries, latest=row.latest)
        for row in conn.execute(queries.quarantine_summary())
    )


def _row(held: sa.RowMapping) -> QuarantineRow:
    return QuarantineRow(
        id=held["id"],
        source=held["source"],
        received_at=held["received_at"],
        kind=held["kind"],
        code=held["reason_code"],
        reason=held["reason"],
        field=held["field"],
        raw=held["raw"],
        envelope=held["envelope"],
        message_id=held["message_id"],
        replayed_at=held["replayed_at"],
    )
