"""In which segments a person is, and since when: bitmaps kept in memory while their version is the newest."""

from collections.abc import Mapping, Sequence

import numpy as np
from pyroaring import BitMap

from ninefold.store import Events

from . import queries
from .rules import Row
from .sheets import Published


class HeldSegments:
    """Answers from the newest versions that profiles were told of; their bitmaps are read once per process."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._bitmaps: dict[str, tuple[int, BitMap]] = {}

    def of(
        self, accounts: Sequence[int], newest: Mapping[str, Published], entered: Mapping[str, tuple[int, int]]
    ) -> list[Row]:
        """Segments whose newest version has one of the accounts: segment, version, since_version, since_ms.

        Args:
            accounts: the numbers of one person.
            newest: the segments asked about, with their newest version.
            entered: the newest version of a segment that one of the accounts entered, and when. Who is in a segment
                without having entered it came with its first version.
        """
        people = BitMap(accounts)
        bitmaps = self._current({key: one.version for key, one in newest.items()})
        rows: list[Row] = []
        for key in sorted(newest):
            if key in bitmaps and bitmaps[key].intersect(people):
                one = newest[key]
                since_version, since_ms = entered.get(key, (one.first_version, one.first_ms))
                rows.append(
                    {"segment": key, "version": one.version, "since_version": since_version, "since_ms": since_ms}
                )
        return rows

    def newest(self, segments: Sequence[str]) -> Mapping[str, BitMap]:
        """The newest version of each segment that was ever built."""
        rows = self._events.query(queries.PUBLISHED).to_pylist()
        return self._current({row["segment"]: int(row["newest"]) for row in rows if row["segment"] in segments})

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
