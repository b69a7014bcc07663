"""In which segments a person is, and since when: one light read, and bitmaps kept while their version is the newest."""

import time
from collections.abc import Mapping, Sequence

import numpy as np
from pyroaring import BitMap

from ninefold.store import Events

from . import queries
from .rules import Row, whole

_LOOK_SECONDS = 30.0


class HeldSegments:
    """Answers from the newest versions; their bitmaps are read once per version and process.

    A version counts when it is noted who entered with it, moments after it was published. Where a crash came in
    between, the version is found by a look every half a minute, and until it is noted its bitmaps are asked.
    """

    def __init__(self, events: Events) -> None:
        self._events = events
        self._bitmaps: dict[str, tuple[int, BitMap]] = {}
        self._published: Mapping[str, int] = {}
        self._looked_at = -_LOOK_SECONDS

    def of(self, accounts: Sequence[int], segments: Sequence[str]) -> list[Row]:
        """Segments whose newest version has one of the accounts: segment, version, since_version, since_ms.

        Args:
            accounts: the numbers of one person.
            segments: keys of the segments asked about.
        """
        noted = {row["segment"]: row for row in self._events.query(queries.entries(accounts, segments)).to_pylist()}
        published = self._look()
        unnoted = [
            key for key in segments if published.get(key, 0) > (whole(noted[key]["newest"]) if key in noted else 0)
        ]
        rows: list[Row] = self._events.query(queries.segments(accounts, unnoted)).to_pylist() if unnoted else []
        newest = {key: whole(row["newest"]) for key, row in noted.items() if key not in unnoted}
        bitmaps = self._current(newest)
        people = BitMap(accounts)
        for key, version in newest.items():
            if key in bitmaps and bitmaps[key].intersect(people):
                since = {name: noted[key][name] for name in ("since_version", "since_ms")}
                rows.append({"segment": key, "version": version, **since})
        return sorted(rows, key=lambda row: str(row["segment"]))

    def _look(self) -> Mapping[str, int]:
        if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
            rows = self._events.query(queries.PUBLISHED).to_pylist()
            self._published = {row["segment"]: int(row["newest"]) for row in rows}
            self._looked_at = time.monotonic()
        return self._published

    def _current(self, newest: Mapping[str, int]) -> dict[str, BitMap]:
        """The bitmap of each version asked for, read where it is not the one in hand."""
        held = {key: self._bitmaps.get(key, (0, BitMap())) for key in newest}
        absent = [(key, version) for key, version in newest.items() if held[key][0] != version]
        if absent:
            table = self._events.query(queries.segment_members(absent))
            keys, numbers = table["segment"].to_pylist(), table["version"].to_pylist()
            for key, version, oneids in zip(keys, numbers, table["oneids"], strict=True):
                held[key] = (int(version), BitMap(np.asarray(oneids.values, dtype=np.uint32)))
            self._bitmaps.update(held)
        return {key: members for key, (_, members) in held.items()}
