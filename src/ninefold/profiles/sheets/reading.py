"""Reading sheets: one question to the records store per person, whoever is reading."""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap
from sqlalchemy.engine import Connection

from ninefold.profiles.rules import Row, whole

from . import queries
from .model import Facts, Part, Published, Sheets
from .tables import published_versions, sheet_changes


class SheetReader:
    """Reads the sheets of a person's accounts, as far as they hold.

    A sheet holds when no open note of a change names its account. Notes never change, so each is read once.
    """

    def __init__(self) -> None:
        self._notes: dict[int, BitMap] = {}
        self._guard = threading.Lock()
        self._published: tuple[str, dict[str, dict[str, Published]]] = ("", {})

    def read(self, conn: Connection, accounts: Sequence[int]) -> Sheets:
        """The sheets of accounts: those of one person, the root first."""
        rows = conn.execute(queries.READ, {"accounts": list(accounts)}).all()
        doubtful = self._doubtful(conn, [(row.part, row.change) for row in rows if row.change], accounts)
        bodies = {(Part(row.part), int(row.oneid)): row.body for row in rows if row.oneid}
        known = self._published_as_of(conn, next(row.body for row in rows if not row.part))
        return Sheets(
            facts=_facts(_of(Part.FACTS, bodies, accounts, doubtful)),
            tags=_tags(_of(Part.TAGS, bodies, accounts, doubtful)),
            entries=_entries(_of(Part.ENTRIES, bodies, accounts, doubtful)),
            segments=known["segment"],
            published_tags=known["tag"],
            missing={
                part: lacking
                for part in Part
                if part not in doubtful and (lacking := [one for one in accounts if (part, one) not in bodies])
            },
        )

    def _published_as_of(self, conn: Connection, mark: str) -> dict[str, dict[str, Published]]:
        known = self._published
        if known[0] != mark:
            known = self._published = (mark, published(conn))
        return known[1]

    def _doubtful(self, conn: Connection, open_notes: Sequence[tuple[int, int]], accounts: Sequence[int]) -> set[Part]:
        """The parts of which one of the accounts is named in an open note; a note that is gone already names all."""
        new = [change for _, change in open_notes if change not in self._notes]
        found: dict[int, BitMap] = {}
        if new:
            rows = conn.execute(
                sa.select(sheet_changes.c.id, sheet_changes.c.accounts).where(sheet_changes.c.id.in_(new))
            )
            found = {row.id: BitMap.deserialize(row.accounts) for row in rows}
        with self._guard:
            held = self._notes | found
            self._notes = {change: held[change] for _, change in open_notes if change in held}
        asked = BitMap(accounts)
        return {Part(part) for part, change in open_notes if change not in held or held[change].intersect(asked)}


def published(conn: Connection) -> dict[str, dict[str, Published]]:
    """The newest version that profiles know of each segment and tag, by kind and key."""
    found: dict[str, dict[str, Published]] = {"segment": {}, "tag": {}}
    for row in conn.execute(sa.select(published_versions)):
        if row.kind in found:
            found[row.kind][row.key] = Published(
                version=row.version, built_ms=row.built_ms, first_version=row.first_version, first_ms=row.first_ms
            )
    return found


def facts_of(bodies: Iterable[tuple[int, Any]]) -> Facts:
    """Rows from the facts of accounts (account, body decoded)."""
    traits: list[Row] = []
    events: list[Row] = []
    counts: list[Row] = []
    orders: list[Row] = []
    changed: set[str] = set()
    for oneid, body in bodies:
        said = _rows(queries.TRAITS, body["traits"])
        traits += [{**row, "oneid": oneid, "num": _number(row["num"])} for row in said]
        events += [{**row, "nums": _numbers(row["nums"])} for row in _rows(queries.EVENTS, body["events"])]
        counts += _rows(queries.COUNTS, body["counts"])
        orders += _rows(queries.ORDERS, body["orders"])
        changed.update(body["changed"])
    events.sort(key=lambda row: (row["at_ms"], row["message_id"]), reverse=True)
    return Facts(traits=traits, counters=_counters(counts, orders), timeline=events, changed=frozenset(changed))


def _counters(counts: Sequence[Row], orders: Sequence[Row]) -> list[Row] | None:
    """Counters over accounts; None where orders of several accounts cannot be told apart."""
    found: list[Row] = []
    for name, group in _grouped(counts, "name"):
        times = sum(whole(row["times"]) for row in group)
        first, last = (pick(whole(row[key]) for row in group) for key, pick in (("first_ms", min), ("last_ms", max)))
        found.append({"of_name": 1, "name": name, "times": times, "first_ms": first, "last_ms": last})
    for currency, group in _grouped(orders, "currency"):
        keys: set[object] = set()
        for row in group:
            listed = row["keys"]
            if not isinstance(listed, list) or (len(listed) != row["orders"] and len(group) > 1):
                return None
            keys.update(listed)
        number = whole(group[0]["orders"]) if len(group) == 1 else len(keys)
        total = sum(whole(row["total"]) for row in group)
        found.append({"of_name": 0, "is_order": 1, "currency": currency, "orders": number, "total": total})
    return found


def _grouped(rows: Sequence[Row], column: str) -> list[tuple[str, list[Row]]]:
    ordered = sorted(rows, key=lambda row: str(row[column]))
    return [(key, list(group)) for key, group in groupby(ordered, key=lambda row: str(row[column]))]


def tags_of(bodies: Iterable[tuple[int, Any]]) -> list[Row]:
    """Rows from the tags of accounts: tag, oneid, value."""
    return [{"tag": tag, "oneid": oneid, "value": value} for oneid, body in bodies for tag, value in body]


def entries_of(bodies: Iterable[tuple[int, Any]]) -> dict[str, tuple[int, int]]:
    """Segment -> the newest version that one of the accounts entered, and when."""
    newest: dict[str, tuple[int, int]] = {}
    for _, body in bodies:
        for segment, version, at_ms in body:
            newest[segment] = max(newest.get(segment, (0, 0)), (version, at_ms))
    return newest


def _of(
    part: Part, bodies: Mapping[tuple[Part, int], str], accounts: Sequence[int], doubtful: set[Part]
) -> list[tuple[int, Any]] | None:
    if part in doubtful or any((part, oneid) not in bodies for oneid in accounts):
        return None
    return [(oneid, json.loads(bodies[part, oneid])) for oneid in accounts]


def _facts(bodies: list[tuple[int, Any]] | None) -> Facts | None:
    return None if bodies is None else facts_of(bodies)


def _tags(bodies: list[tuple[int, Any]] | None) -> list[Row] | None:
    return None if bodies is None else tags_of(bodies)


def _entries(bodies: list[tuple[int, Any]] | None) -> dict[str, tuple[int, int]] | None:
    return None if bodies is None else entries_of(bodies)


def _number(value: object) -> float | None:
    """A number as the events store has it: JSON writes a whole one without its point."""
    return float(value) if isinstance(value, int | float) else None


def _numbers(value: object) -> dict[str, float | None]:
    return {str(name): _number(one) for name, one in value.items()} if isinstance(value, dict) else {}


def _rows(columns: Sequence[str], arrays: Sequence[Sequence[object]]) -> list[Row]:
    return [dict(zip(columns, array, strict=True)) for array in arrays]
