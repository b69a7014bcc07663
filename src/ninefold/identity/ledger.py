"""The shell around the decisions: reads what is stored of a batch, writes what was decided. One writer at a time."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import repeat
from typing import TypeAlias

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.store import copy_rows

from .model import Redirects, ReviewKind
from .queries import batch, packed, whole, writing
from .rules.encode import Encoded, Ints
from .rules.links import Links
from .rules.plan import Known, Past, Tally, past_of
from .tables import identifiers, identity_assertions, identity_merges, persons

Columns: TypeAlias = Mapping[str, Ints | Sequence[object]]
"""Columns by name; a plain string among them is one value for every row."""

_DAY_MS = 86_400_000
PEOPLE_LISTED = 100  # in a review
_PART = 100_000  # rows that travel at once
_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", dtype=np.uint8)
_LETTERS = 16  # 80 random bits: a guess hits one of a billion people once in 10^15 tries


def lock(conn: Connection) -> None:
    """Be the only writer of identities until the transaction ends."""
    conn.execute(writing.LOCK)


def reserve(conn: Connection, column: sa.Column[int], count: int) -> int:
    """The first of `count` new numbers of a table's own sequence."""
    last = conn.execute(
        writing.RESERVE, {"table": column.table.name, "column": column.name, "count": count}
    ).scalar_one()
    return int(last) - count + 1


def ask(conn: Connection, query: sa.TextClause, columns: Columns, width: int) -> Ints:
    """Rows of `width` integers for columns of any length, a part at a time; the first integer counts the entries.

    Text that is the same for every part comes as a plain string.
    """
    size = max(len(column) for column in columns.values() if not isinstance(column, str))
    parts = [np.empty((0, width), dtype=np.int64)]
    for start in range(0, size, _PART):
        answer = conn.execute(
            query,
            {
                name: column if isinstance(column, str) else packed(_part(column, start))
                for name, column in columns.items()
            },
        ).scalar_one()
        part = np.frombuffer(answer or b"", dtype=">i8").astype(np.int64).reshape(-1, width)
        part[:, 0] += start
        parts.append(part)
    return np.concatenate(parts)


def _part(column: Ints | Sequence[object], start: int) -> Sequence[object]:
    part = column[start : start + _PART]
    return part.tolist() if isinstance(part, np.ndarray) else part


def _copy(conn: Connection, table: sa.Table, size: int, columns: Columns) -> None:
    """Append columns to a table, a part at a time; a plain string stands in every row."""
    for start in range(0, size, _PART):
        parts = [repeat(column) if isinstance(column, str) else _part(column, start) for column in columns.values()]
        copy_rows(conn, table, tuple(columns), zip(*parts, strict=False))


def look_up(conn: Connection, encoded: Encoded) -> Known:
    """What is stored of the identifiers of a batch."""
    rows = ask(conn, batch.LOOK_UP, {"namespaces": encoded.names, "values": encoded.value}, 8)
    return known_of(rows, encoded.size)


def known_of(rows: Ints, size: int) -> Known:
    """What rows of place, number, person, home, state, first and last time seen and start of the span say."""
    limits = np.iinfo(np.int64)
    found = {
        "id": np.zeros(size, np.int64),
        "oneid": np.zeros(size, np.int64),
        "origin": np.zeros(size, np.int64),
        "state": np.zeros(size, np.int64),
        "first": np.full(size, limits.max),
        "last": np.full(size, limits.min),
        "since": np.full(size, limits.min),
    }
    for column, name in enumerate(found, start=1):
        found[name][rows[:, 0]] = rows[:, column]
    return Known(
        id=found["id"],
        oneid=found["oneid"],
        origin=found["origin"],
        blocked=found["state"] == 1,
        first_ms=found["first"],
        last_ms=found["last"],
        since_ms=found["since"],
    )


def look_back(conn: Connection, links: Links, known: Known, sources: Sequence[str]) -> Past:
    """What the ledger says about the links of a batch; only pairs of known identifiers can be in it."""
    a, b = known.id[links.lo], known.id[links.hi]
    asked = np.flatnonzero((a > 0) & (b > 0))
    a, b = a[asked], b[asked]
    columns: Columns = {"a": np.minimum(a, b), "b": np.maximum(a, b), "sources": packed(sources)}
    rows = ask(conn, batch.PAST, columns, 6)
    rows[:, 0] = asked[rows[:, 0]]
    return past_of(links, rows)


def namespaces(conn: Connection) -> tuple[str, ...]:
    """All namespaces of which an identifier is stored."""
    return tuple(conn.execute(batch.NAMESPACES).scalars())


def _tally(conn: Connection, query: sa.TextClause, owner: Ints, ids: Ints) -> Tally:
    if not len(ids):
        return Tally(owner=ids, space=ids, count=ids, names=())
    names = namespaces(conn)
    rows = ask(conn, query, {"ids": ids, "names": packed(names)}, 3)
    return Tally(owner=owner[rows[:, 0]], space=rows[:, 1], count=rows[:, 2], names=names)


def met_before(conn: Connection, known: Known, idents: Ints) -> Tally:
    """How many different values of each namespace the given (stored) identifiers of a batch met so far."""
    return _tally(conn, batch.MET, idents, known.id[idents])


def holdings(conn: Connection, people: Ints) -> Tally:
    """How many active values of each namespace people hold."""
    return _tally(conn, batch.HOLDINGS, people, people)


def people_met(conn: Connection, ids: Sequence[int]) -> list[set[int]]:
    """The people of everything that each identifier met, a hundred at most each."""
    people: list[set[int]] = [set() for _ in ids]
    if ids:
        for k, oneid in conn.execute(batch.MET_PEOPLE, {"ids": packed(ids)}):
            people[k].add(oneid)
    return people


def block(conn: Connection, ids: Ints) -> None:
    """Mark identifiers as blocked."""
    if len(ids):
        conn.execute(writing.BLOCK, {"ids": packed(ids.tolist())})


def set_states(conn: Connection, ids: Ints, state: int) -> None:
    """Let identifiers take part or not."""
    for start in range(0, len(ids), _PART):
        conn.execute(writing.SET_STATES, {"ids": packed(_part(ids, start)), "state": state})


def public_ids(count: int) -> list[str]:
    """Unguessable names for people: "p_" and 16 letters and digits, 5 random bits each."""
    random = np.frombuffer(secrets.token_bytes(_LETTERS * count), dtype=np.uint8)
    text = _ALPHABET[random & 31].tobytes().decode("ascii")
    return [f"p_{text[k : k + _LETTERS]}" for k in range(0, _LETTERS * count, _LETTERS)]


def add_people(conn: Connection, oneids: Ints, roots: Ints, *, now: datetime) -> None:
    """Store new numbers of people, each with whom it leads to."""
    columns: Columns = {
        "oneid": oneids,
        "public_id": public_ids(len(oneids)),
        "created_at": now.isoformat(),
        "merged_into": [
            None if one == root else root for one, root in zip(oneids.tolist(), roots.tolist(), strict=True)
        ],
    }
    _copy(conn, persons, len(oneids), columns)


def add_identifiers(conn: Connection, size: int, columns: Columns) -> None:
    """Store new identifiers, given as columns."""
    _copy(conn, identifiers, size, columns)


def _each(conn: Connection, statement: sa.TextClause, columns: Columns) -> None:
    """Run a statement over columns of any length, a part at a time."""
    size = max(len(column) for column in columns.values())
    for start in range(0, size, _PART):
        conn.execute(statement, {name: packed(_part(column, start)) for name, column in columns.items()})


def own(conn: Connection, ids: Ints, homes: Ints, people: Ints) -> None:
    """Give stored identifiers their home numbers."""
    _each(conn, writing.OWN, {"ids": ids, "homes": homes, "people": people})


def assign(conn: Connection, ids: Ints, people: Ints) -> None:
    """Move identifiers to people, 0 for nobody."""
    _each(conn, writing.ASSIGN, {"ids": ids, "people": people})


def mark(conn: Connection, people: Ints, marks: Ints) -> None:
    """Say of people whether they must be derived anew whenever something is learnt of them."""
    _each(conn, writing.MARK, {"people": people, "marks": marks})


def contested(conn: Connection, people: Ints) -> Ints:
    """Those of some people who are contested, ascending."""
    if not len(people):
        return people
    return np.array(sorted(conn.execute(batch.CONTESTED, {"people": packed(people.tolist())}).scalars()), np.int64)


def point(conn: Connection, people: Ints, roots: Ints, columns: Columns) -> Ints:
    """Let numbers lead to other people, or to themselves again: rows of number, root and version."""
    if not len(people):
        return np.empty((0, 3), dtype=np.int64)
    versions = reserve(conn, identity_merges.c.id, len(people)) + np.arange(len(people))
    _copy(conn, identity_merges, len(people), {"loser": people, "winner": roots, "id": versions, **columns})
    _each(conn, writing.POINT, {"people": people, "roots": roots})
    return np.stack([people, roots, versions], axis=1)


def last_change(conn: Connection) -> int:
    """The number of the last change of who is who; asked by the only writer."""
    return int(conn.scalar(sa.select(sa.func.max(identity_merges.c.id))) or 0)


def last_statement(conn: Connection) -> int:
    """A number that grows with every statement of the ledger, 0 while there is none."""
    return int(conn.scalar(whole.LAST_STATEMENT) or 0)


def changes_since(conn: Connection, number: int) -> Redirects:
    """Where numbers lead since a change, one entry each."""
    m = identity_merges.c
    rows = conn.execute(sa.select(m.loser, m.winner, m.id).where(m.id > number).order_by(m.id))
    last = {row.loser: (row.winner, row.id) for row in rows}
    return Redirects(
        oneid=np.array(list(last), dtype=np.uint32),
        root=np.array([root for root, _ in last.values()], dtype=np.uint32),
        version=np.array([version for _, version in last.values()], dtype=np.uint64),
    )


def restate(conn: Connection, columns: Columns, stamp: Mapping[str, str]) -> None:
    """Say again what became of pairs, with another verdict (columns a, b, ids of first meetings, actions, reasons)."""
    size = max(len(column) for column in columns.values())
    for start in range(0, size, _PART):
        part = {name: packed(_part(column, start)) for name, column in columns.items()}
        conn.execute(writing.RESTATE, {**part, **stamp})


def see(conn: Connection, known: Known, first_ms: Ints, last_ms: Ints) -> None:
    """Move the first time seen exactly, and the last one on each further day: a busy identifier stays unwritten."""
    later = last_ms // _DAY_MS > known.last_ms // _DAY_MS
    moved = np.flatnonzero((known.id > 0) & ((first_ms < known.first_ms) | later))
    _each(conn, writing.SEEN, {"ids": known.id[moved], "first": first_ms[moved], "last": last_ms[moved]})


def add_assertions(conn: Connection, size: int, columns: Columns) -> None:
    """Append to the ledger, given as columns."""
    _copy(conn, identity_assertions, size, columns)


def keep_beside(conn: Connection, columns: Columns) -> None:
    """Keep meetings beside a stronger identifier (columns top, a, b, seen, last, source, evidence)."""
    _each(conn, writing.KEEP_BESIDE, columns)


def merge(conn: Connection, moves: Ints, columns: Columns) -> Ints:
    """Store merges, move what the losers held, and point everybody at the root.

    Args:
        conn: the transaction.
        moves: rows of loser, winner and version, the number of the merge.
        columns: further columns of the stored merges.

    Returns:
        The redirects: rows of person, root and version. Those merged into a loser earlier are among them.
    """
    keys = dict(zip(("loser", "winner", "id"), moves.T, strict=True))
    _copy(conn, identity_merges, len(moves), {**keys, **columns})
    followed = [moves]
    for start in range(0, len(moves), _PART):
        losers, winners, versions = (packed(_part(column, start)) for column in keys.values())
        conn.execute(writing.MOVE, {"losers": losers, "winners": winners})
        rows = conn.execute(writing.REPOINT, {"losers": losers, "winners": winners, "versions": versions}).all()
        conn.execute(writing.RETIRE, {"losers": losers, "winners": winners})
        followed.append(np.array([tuple(row) for row in rows], dtype=np.int64).reshape(-1, 3))
    return np.concatenate(followed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What operators are asked about an identifier, and the people concerned."""

    kind: ReviewKind
    identifier: tuple[str, str]
    people: frozenset[int]
    detail: Mapping[str, object]


def review(conn: Connection, questions: Iterable[Question], *, now: datetime) -> int:
    """Put questions to the operators, or add people to those that are open; how many were opened."""
    asked: dict[tuple[ReviewKind, tuple[str, str]], Question] = {}
    for question in questions:
        key = (question.kind, question.identifier)
        first = asked.get(key)
        asked[key] = replace(first, people=first.people | question.people) if first else question
    if not asked:
        return 0
    rows = [
        {
            "kind": question.kind.value,
            "namespace": question.identifier[0],
            "value": question.identifier[1],
            "people": sorted(question.people)[:PEOPLE_LISTED],
            "detail": question.detail,
        }
        for question in asked.values()
    ]
    opened = conn.execute(writing.REVIEW, {"questions": json.dumps(rows, ensure_ascii=False), "now": now})
    return sum(opened.scalars())
