"""The shell around the decisions: reads what is stored of a batch, writes what was decided. One writer at a time."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.store import copy_rows

from . import queries
from .model import ReviewKind
from .queries import packed
from .rules.encode import Encoded, Ints, Links
from .rules.plan import Known, Past, past_of
from .tables import identifiers, identity_assertions, identity_merges, persons

_DAY_MS = 86_400_000
_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", dtype=np.uint8)
_LETTERS = 16  # 80 random bits: a guess hits one of a billion people once in 10^15 tries


def lock(conn: Connection) -> None:
    """Be the only writer of identities until the transaction ends."""
    conn.execute(queries.LOCK)


def reserve(conn: Connection, column: sa.Column[int], count: int) -> int:
    """The first of `count` new numbers of a table's own sequence."""
    last = conn.execute(
        queries.RESERVE, {"table": column.table.name, "column": column.name, "count": count}
    ).scalar_one()
    return int(last) - count + 1


def _table(conn: Connection, query: sa.TextClause, parameters: Mapping[str, str], width: int) -> Ints:
    """The answer of a query that packs integers, as rows of `width` columns."""
    packed_rows = conn.execute(query, parameters).scalar_one() or b""
    return np.frombuffer(packed_rows, dtype=">i8").astype(np.int64).reshape(-1, width)


def look_up(conn: Connection, encoded: Encoded) -> Known:
    """What is stored of the identifiers of a batch."""
    size, limits = encoded.size, np.iinfo(np.int64)
    found = {
        "id": np.zeros(size, np.int64),
        "oneid": np.zeros(size, np.int64),
        "state": np.zeros(size, np.int64),
        "first": np.full(size, limits.max),
        "last": np.full(size, limits.min),
    }
    if size:
        columns = {"namespaces": packed(encoded.names), "values": packed(encoded.value)}
        rows = _table(conn, queries.LOOK_UP, columns, 6)
        for column, name in enumerate(found, start=1):
            found[name][rows[:, 0]] = rows[:, column]
    return Known(
        id=found["id"],
        oneid=found["oneid"],
        blocked=found["state"] == 1,
        first_ms=found["first"],
        last_ms=found["last"],
    )


def look_back(conn: Connection, links: Links, known: Known, sources: Sequence[str]) -> Past:
    """What the ledger says about the links of a batch; only pairs of known identifiers can be in it."""
    a, b = known.id[links.lo], known.id[links.hi]
    asked = np.flatnonzero((a > 0) & (b > 0))
    if not len(asked):
        return past_of(links, np.empty((0, 4), dtype=np.int64))
    a, b = a[asked], b[asked]
    columns = {
        "a": packed(np.minimum(a, b).tolist()),
        "b": packed(np.maximum(a, b).tolist()),
        "sources": packed(sources),
    }
    rows = _table(conn, queries.PAST, columns, 4)
    rows[:, 0] = asked[rows[:, 0]]
    return past_of(links, rows)


def met_before(conn: Connection, ids: Ints, idents: Ints) -> dict[tuple[int, str], int]:
    """How many different values of each namespace identifiers met so far, by (local number, namespace)."""
    if not len(ids):
        return {}
    rows = conn.execute(queries.MET, {"ids": packed(ids.tolist())})
    return {(int(idents[k]), name): count for k, name, count in rows}


def people_met(conn: Connection, ids: Sequence[int]) -> list[set[int]]:
    """The people of everything that each identifier met, a hundred at most each."""
    people: list[set[int]] = [set() for _ in ids]
    if ids:
        for k, oneid in conn.execute(queries.MET_PEOPLE, {"ids": packed(ids)}):
            people[k].add(oneid)
    return people


def holdings(conn: Connection, people: Ints) -> dict[tuple[int, str], int]:
    """How many active values of each namespace people hold, by (person, namespace)."""
    if not len(people):
        return {}
    rows = conn.execute(queries.HOLDINGS, {"people": packed(people.tolist())})
    return {(oneid, name): count for oneid, name, count in rows}


def block(conn: Connection, ids: Ints) -> None:
    """Mark identifiers as blocked."""
    if len(ids):
        conn.execute(queries.BLOCK, {"ids": packed(ids.tolist())})


def public_ids(count: int) -> list[str]:
    """Unguessable names for people: "p_" and 16 letters and digits, 5 random bits each."""
    random = np.frombuffer(secrets.token_bytes(_LETTERS * count), dtype=np.uint8)
    text = _ALPHABET[random & 31].tobytes().decode("ascii")
    return [f"p_{text[k : k + _LETTERS]}" for k in range(0, _LETTERS * count, _LETTERS)]


def add_people(conn: Connection, oneids: Ints, *, now: datetime) -> None:
    """Store new people."""
    if len(oneids):
        at = now.isoformat()
        rows = ((oneid, name, at) for oneid, name in zip(oneids.tolist(), public_ids(len(oneids)), strict=True))
        copy_rows(conn, persons, ("oneid", "public_id", "created_at"), rows)


def add_identifiers(conn: Connection, columns: Mapping[str, Sequence[object]]) -> None:
    """Store new identifiers, given as columns."""
    copy_rows(conn, identifiers, tuple(columns), zip(*columns.values(), strict=True))


def own(conn: Connection, ids: Ints, people: Ints) -> None:
    """Give stored identifiers that had no person their first one."""
    if len(ids):
        conn.execute(queries.OWN, {"ids": packed(ids.tolist()), "people": packed(people.tolist())})


def see(conn: Connection, known: Known, first_ms: Ints, last_ms: Ints) -> None:
    """Move the first time seen exactly, and the last one when it is a day old: a busy identifier stays unwritten."""
    moved = np.flatnonzero((known.id > 0) & ((first_ms < known.first_ms) | (last_ms >= known.last_ms + _DAY_MS)))
    if len(moved):
        conn.execute(
            queries.SEEN,
            {
                "ids": packed(known.id[moved].tolist()),
                "first": packed(first_ms[moved].tolist()),
                "last": packed(last_ms[moved].tolist()),
            },
        )


def add_assertions(conn: Connection, columns: Mapping[str, Sequence[object]]) -> None:
    """Append to the ledger, given as columns."""
    copy_rows(conn, identity_assertions, tuple(columns), zip(*columns.values(), strict=True))


def merge(conn: Connection, columns: Mapping[str, Sequence[object]]) -> list[tuple[int, int, int]]:
    """Store merges, move what the losers held, and point everybody at the root.

    Returns:
        The redirects: person, root, version. Those merged into a loser earlier are among them.
    """
    versions, losers, winners = columns["id"], columns["loser"], columns["winner"]
    copy_rows(conn, identity_merges, tuple(columns), zip(*columns.values(), strict=True))
    moves = {"losers": packed(losers), "winners": packed(winners)}
    conn.execute(queries.MOVE, moves)
    followed = conn.execute(queries.REPOINT, {**moves, "versions": packed(versions)}).all()
    conn.execute(queries.RETIRE, moves)
    redirects = [(int(str(a)), int(str(b)), int(str(c))) for a, b, c in zip(losers, winners, versions, strict=True)]
    return redirects + [(oneid, root, version) for oneid, root, version in followed]


def review(
    conn: Connection, kind: ReviewKind, identifier: tuple[str, str], people: Iterable[int],
    detail: Mapping[str, object], *, now: datetime,
) -> bool:  # fmt: skip
    """Put a question to the operators, or add people to the open one; True when it was opened."""
    opened = conn.execute(
        queries.REVIEW,
        {
            "kind": kind.value,
            "namespace": identifier[0],
            "value": identifier[1],
            "people": sorted(set(people))[:100],
            "detail": json.dumps(detail, ensure_ascii=False),
            "now": now,
        },
    ).scalar_one_or_none()
    return bool(opened)
