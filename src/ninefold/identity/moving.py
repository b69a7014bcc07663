"""Carries rows of the events store over to the span in which they happened, after an unbind that arrived late."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import unavailable
from ninefold.store import Events, Records

from . import ledger, outbox
from .operators import verbs
from .queries import moving as sql
from .service import Identity
from .tables import identifiers, identity_moves, identity_outbox

_AT_ONCE = 100


Told = Callable[[Connection, Sequence[int]], None]


def unsent(conn: Connection) -> bool:
    """Whether :func:`publish` has anything to do; cheap, for whoever asks all the time."""
    waiting = (sa.exists(sa.select(table.c.id)) for table in (identity_moves, identity_outbox))
    return bool(conn.scalar(sa.select(sa.or_(*waiting))))


def publish(records: Records, events: Events, *, moved: Told = lambda *_: None) -> int:
    """Send changes of identity to the events store: redirects and people, and rows that are another's by now.

    Meant to be called while no batch is on its way there. Doing it again does no harm.

    Args:
        records: the records store.
        events: the events store.
        moved: is told of the numbers whose rows changed, with a transaction, after each move.
    """
    return _carry_out(records, events, moved) + outbox.publish(records, events)


def _carry_out(records: Records, events: Events, told: Told) -> int:
    """Move what waits; a move may be repeated. How many numbers had rows to give away."""
    with records.begin() as conn:
        waiting = conn.execute(sa.select(identity_moves).order_by(identity_moves.c.id).limit(_AT_ONCE)).all()
    moved = 0
    for move in waiting:
        where = {"home": move.home, "since": move.since_ms, "until": move.until_ms}
        tables = [table for table in sql.TABLES if events.count(sql.count(table, where))]
        home = _home_of(records, move.identifier) if tables else 0
        if home:
            outbox.publish(records, events)
            for table in tables:
                events.command(sql.copy(table, where, home))
                if not events.count(sql.count(table, {**where, "home": home})):
                    raise unavailable("rows_not_moved", f"rows of {table} were not written under their new number")
                events.delete(table, sql.rest(where))
            moved += 1
        with records.begin() as conn:
            if home:
                told(conn, (move.home, home))
            conn.execute(sa.delete(identity_moves).where(identity_moves.c.id == move.id))
    return moved


def _home_of(records: Records, identifier: int) -> int:
    """The number of a span, given now if it has none; 0 when it was erased meanwhile."""
    with records.begin() as conn:
        ledger.lock(conn)
        i = identifiers.c
        row = conn.execute(sa.select(i.origin, i.oneid).where(i.id == identifier)).one_or_none()
        if row is None or row.origin is not None:
            return int(row.origin) if row is not None else 0
        now = conn.execute(sa.select(sa.func.now())).scalar_one()
        home = verbs.give_home(conn, identifier, row.oneid, now=now)
        if row.oneid is None:
            word = verbs.Word(author="", reason="", now=now, rules=Identity.load(conn).rules)
            verbs.redo(conn, word, ids=[identifier])
        return home
