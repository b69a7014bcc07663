"""Reading materialised segments: versions, sizes, people, overlaps, differences, algebra - all by bitmaps.

A version is exact as of when it was built. Whoever was merged since is read as the person they are now, so nobody
counts twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyroaring import BitMap

from ninefold.base import from_ms, invalid, missing
from ninefold.identity import Identity
from ninefold.store import Events, Records, Statement

from .model import Difference, MembersPage, Overlap, Place, Snapshot
from .queries import segments as sql
from .rules import ALGEBRA

PAGE_MAX = 10_000
OVERLAP_MAX = 50


class Snapshots:
    """The materialised versions of segments."""

    def __init__(self, records: Records, events: Events, identity: Identity) -> None:
        self._records = records
        self._events = events
        self._identity = identity

    def history(self, key: str) -> tuple[Snapshot, ...]:
        """All versions of a segment, newest first; none when it was never built."""
        return tuple(_snapshot(row) for row in self._events.query(sql.history(key)).to_pylist())

    def newest(self) -> dict[str, Snapshot]:
        """The newest version of every segment that was ever built, by key."""
        return {row["segment"]: _snapshot(row) for row in self._events.query(sql.current()).to_pylist()}

    def at(self, key: str, when: int | datetime | None = None) -> Snapshot:
        """A version by number, the one in force at an instant, or the newest.

        Raises:
            Error: missing, when there was none.
        """
        history = self.history(key)
        if not history:
            raise missing(
                "segment_not_built",
                f'segment "{key}" has no members yet',
                field="segment",
                got=key,
                hint=f"build it first: ninefold segment refresh {key}",
            )
        if when is None:
            return history[0]
        for snapshot in history:
            if snapshot.built_at <= when if isinstance(when, datetime) else snapshot.version == when:
                return snapshot
        known = f"versions {history[-1].version} to {history[0].version}, since {history[-1].built_at.isoformat()}"
        raise missing("unknown_version", f'segment "{key}" had no such version', field="version", got=when, hint=known)

    def size(self, key: str, when: int | datetime | None = None) -> int:
        """How many people a version has as they are known now."""
        snapshot = self.at(key, when)
        [row] = self._events.query(sql.sizes([(key, snapshot.version)])).to_pylist()
        return int(row["size"])

    def sizes(self) -> dict[str, int]:
        """How many people the newest version of every built segment has as they are known now, by key."""
        versions = [(one.segment, one.version) for one in self.newest().values()]
        rows = self._events.query(sql.sizes(versions)).to_pylist() if versions else []
        return {row["segment"]: int(row["size"]) for row in rows}

    def contains(self, key: str, oneid: int, when: int | datetime | None = None) -> bool:
        """Whether a person (present oneid) is in a version."""
        snapshot = self.at(key, when)
        [row] = self._events.query(sql.contains([(key, snapshot.version)], oneid)).to_pylist()
        return bool(row["inside"])

    def members(
        self, key: str, *, when: int | datetime | None = None, after: str | None = None, limit: int = 100
    ) -> MembersPage:
        """A page of the people of a version, in order of arrival, by public id.

        Args:
            key: the segment.
            when: which version, see :meth:`at`.
            after: go on after this person, see :attr:`MembersPage.next`.
            limit: 1 to 10,000 people.
        """
        snapshot = self.at(key, when)
        start = self._place(after, limit)
        statement = sql.page(key, snapshot.version, after=start, limit=limit + 1)
        people, more = self._public(self._oneids(statement), limit)
        return MembersPage(snapshot=snapshot, people=people, next=more)

    def audience(self, key: str, when: int | datetime | None = None) -> NDArray[np.uint32]:
        """All people of a version as present oneids, ascending, shape (size,)."""
        return self._oneids(sql.members([(key, self.at(key, when).version)]))

    def bitmap(self, key: str, when: int | datetime | None = None) -> BitMap:
        """All people of a version as a bitmap of present oneids."""
        return BitMap(self.audience(key, when))

    def combined(self, expression: object) -> BitMap:
        """The people of set algebra over versions, e.g. ``{"minus": ["vip@12", "vip@11"]}``: who came into vip.

        Args:
            expression: ``key`` (newest version), ``key@version``, or ``{"union" | "intersect" | "minus": [...]}``
                over expressions.

        Raises:
            Error: invalid (form); missing (no such version).
        """
        names: list[str] = []
        _collect(expression, "expression", names)
        versions = {name: self._named(name) for name in dict.fromkeys(names)}
        if not versions:
            return BitMap()
        rows = self._events.query(sql.members([(one.segment, one.version) for one in versions.values()]))
        found = {
            (segment, version): BitMap(oneids)
            for segment, version, oneids in zip(
                rows["segment"].to_pylist(), rows["version"].to_pylist(), _arrays(rows["oneids"]), strict=True
            )
        }
        return _evaluate(expression, {name: found[one.segment, one.version] for name, one in versions.items()})

    def overlap(self, keys: Sequence[str]) -> Overlap:
        """How many people every two of 2 to 50 segments share, in their newest versions."""
        wanted = tuple(dict.fromkeys(keys))
        if not 2 <= len(wanted) <= OVERLAP_MAX:
            raise invalid(
                "bad_overlap",
                "an overlap compares segments",
                field="segments",
                got=", ".join(wanted),
                allowed=f"2 to {OVERLAP_MAX} different segments",
            )
        snapshots = tuple(self.at(key) for key in wanted)
        rows = self._events.query(sql.overlap([(one.segment, one.version) for one in snapshots])).to_pylist()
        shared = {(row["left"], row["right"]): int(row["people"]) for row in rows}
        return Overlap(snapshots=snapshots, people=tuple(tuple(shared[a, b] for b in wanted) for a in wanted))

    def priority(self, keys: Sequence[str]) -> tuple[Place, ...]:
        """How people fall to the segments of a priority list: each to the first that has them (newest versions).

        Args:
            keys: 1 to 50 different segments, the first has the first choice.
        """
        wanted = tuple(dict.fromkeys(keys))
        if not 1 <= len(wanted) <= OVERLAP_MAX or len(wanted) != len(keys):
            raise invalid(
                "bad_priority", "not a priority list", field="segments", got=", ".join(keys),
                allowed=f"1 to {OVERLAP_MAX} different segments",
            )  # fmt: skip
        snapshots = [self.at(key) for key in wanted]
        rows = self._events.query(sql.members([(one.segment, one.version) for one in snapshots]))
        found = dict(zip(rows["segment"].to_pylist(), map(BitMap, _arrays(rows["oneids"])), strict=True))
        taken, places = BitMap(), list[Place]()
        for snapshot in snapshots:
            people = found[snapshot.segment]
            places.append(Place(snapshot=snapshot, size=len(people), own=len(people - taken)))
            taken |= people
        return tuple(places)

    def difference(self, key: str, old: int | datetime, new: int | datetime | None = None) -> Difference:
        """What changed between two versions of a segment; see :meth:`entered` and :meth:`left` for who."""
        before, after = self.at(key, old), self.at(key, new)
        [row] = self._events.query(sql.difference(key, before.version, after.version)).to_pylist()
        return Difference(old=before, new=after, entered=row["entered"], left=row["left"], stayed=row["stayed"])

    def entered(
        self,
        key: str,
        old: int | datetime,
        new: int | datetime | None = None,
        *,
        after: str | None = None,
        limit: int = 100,
    ) -> MembersPage:
        """A page of the people in version ``new`` who are not in ``old``; swap the two for who left."""
        without, having = self.at(key, old), self.at(key, new)
        statement = sql.movers(
            key, without=without.version, having=having.version, after=self._place(after, limit), limit=limit + 1
        )
        people, more = self._public(self._oneids(statement), limit)
        return MembersPage(snapshot=having, people=people, next=more)

    def _named(self, name: str) -> Snapshot:
        key, at, version = name.partition("@")
        if at and not version.isdecimal():
            raise invalid("bad_version", "not a version", field="expression", got=name, allowed="key or key@12")
        return self.at(key, int(version) if at else None)

    def _place(self, after: str | None, limit: int) -> int:
        if not 1 <= limit <= PAGE_MAX:
            raise invalid("bad_limit", "not a number of people", field="limit", got=limit, allowed=f"1 to {PAGE_MAX}")
        if after is None:
            return 0
        with self._records.begin() as conn:
            return self._identity.by_public_id(conn, after).was

    def _oneids(self, statement: Statement) -> NDArray[np.uint32]:
        table = self._events.query(statement)
        return _arrays(table.column(table.num_columns - 1))[0] if table.num_rows else np.empty(0, np.uint32)

    def _public(self, oneids: NDArray[np.uint32], limit: int) -> tuple[tuple[str, ...], str | None]:
        """Public ids of a page, and of its last person when there is more."""
        shown = [int(oneid) for oneid in oneids[:limit]]
        with self._records.begin() as conn:
            names = self._identity.public_ids(conn, shown)
        return tuple(names[oneid] for oneid in shown if oneid in names), (
            names.get(shown[-1]) if len(oneids) > limit else None
        )


def _arrays(column: pa.ChunkedArray) -> list[NDArray[np.uint32]]:
    """The lists of a column as arrays, without going through Python numbers."""
    return [np.asarray(one.values, dtype=np.uint32) for one in column]


def _snapshot(row: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        segment=row["segment"],
        version=row["version"],
        definition_version=row["definition_version"],
        built_at=from_ms(row["built_ms"]),
        size=row["size"],
    )


def _collect(expression: object, path: str, names: list[str]) -> None:
    if isinstance(expression, str):
        names.append(expression)
        return
    word = next(iter(expression), "") if isinstance(expression, Mapping) and len(expression) == 1 else ""
    operands = expression[word] if isinstance(expression, Mapping) and word in ALGEBRA else None
    if not isinstance(operands, Sequence) or isinstance(operands, str) or not operands:
        raise invalid(
            "bad_algebra",
            "not set algebra over versions",
            field=path,
            got=expression,
            allowed='"key", "key@12" or {"union" | "intersect" | "minus": [...]}',
        )
    for i, operand in enumerate(operands):
        _collect(operand, f"{path}.{word}[{i}]", names)


def _evaluate(expression: object, people: Mapping[str, BitMap]) -> BitMap:
    if isinstance(expression, str):
        return people[expression]
    assert isinstance(expression, Mapping)  # noqa: S101 - _collect has seen to it
    [(word, operands)] = expression.items()
    parts = [_evaluate(operand, people) for operand in operands]
    if word == "union":
        return BitMap.union(*parts)
    return BitMap.intersection(*parts) if word == "intersect" else BitMap.difference(*parts)
