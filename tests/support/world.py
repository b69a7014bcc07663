"""A little world to test segments and tags on: people, events, traits and merges, written straight to the store."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from ninefold.base import to_ms
from ninefold.identity import IdentifierBatch, Identity
from ninefold.store import TABLES, Events, Records

START = datetime(2026, 1, 1, tzinfo=UTC)
_TYPES = {
    "UInt32": pa.uint32(),
    "UInt64": pa.uint64(),
    "Int64": pa.int64(),
    "Float64": pa.float64(),
    "UInt8": pa.uint8(),
    "Nullable(Float64)": pa.float64(),
    "DateTime64(3, 'UTC')": pa.timestamp("ms", "UTC"),
    "Map(LowCardinality(String), String)": pa.map_(pa.string(), pa.string()),
    "Map(LowCardinality(String), Float64)": pa.map_(pa.string(), pa.float64()),
}
_COLUMNS = {
    table.name: {column.name: _TYPES.get(column.type, pa.string()) for column in table.columns} for table in TABLES
}


class World:
    """Rows waiting to be written; `flush` writes them."""

    def __init__(self, events: Events) -> None:
        self.events = events
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._known: set[int] = set()
        self._count = 0

    def person(self, *oneids: int, at: datetime = START) -> None:
        for oneid in set(oneids) - self._known:
            self._known.add(oneid)
            self._rows["people"].append({"oneid": oneid, "first_seen": at})

    def event(self, oneid: int, name: str, at: datetime = START, **columns: Any) -> None:
        self.person(oneid, at=at)
        self._count += 1
        self._rows["events"].append(
            {
                "oneid": oneid,
                "name": name,
                "ts": at,
                "received_at": at,
                "message_id": f"m{self._count}",
                "type": "track",
                "source": "shop",
                **columns,
            }
        )

    def order(self, oneid: int, amount: int, at: datetime = START, **columns: Any) -> None:
        self._count += 1
        self.event(
            oneid,
            "Order Completed",
            at,
            **{"revenue_minor": amount, "currency": "CNY", "order_id": f"o{self._count}", **columns},
        )

    def trait(self, oneid: int, key: str, value: str | float, at: datetime = START, source: str = "shop") -> None:
        self.person(oneid, at=at)
        number = None if isinstance(value, str) else float(value)
        self._rows["traits"].append(
            {
                "key": key,
                "oneid": oneid,
                "source": source,
                "value": str(value),
                "num": number,
                "ts": at,
                "received_at": at,
            }
        )

    def meet(self, records: Records, *seen: Sequence[tuple[str, str]], at: datetime = START) -> list[int]:
        """Resolve events that carry these identifiers, and give their people."""
        rows = [(row, *identifier) for row, identifiers in enumerate(seen) for identifier in identifiers]
        batch = IdentifierBatch(
            row=np.array([row for row, _, _ in rows], dtype=np.int64),
            namespace=[namespace for _, namespace, _ in rows],
            value=[value for _, _, value in rows],
            ts_ms=np.full(len(seen), to_ms(at), dtype=np.int64),
            source=["shop"] * len(seen),
            message_id=[f"meet{k}" for k in range(len(seen))],
        )
        with records.begin() as conn:
            found = Identity.load(conn).resolve(conn, batch, now=at)
        self.person(*found.new_people.oneid.tolist(), at=at)
        moved = found.redirects
        for loser, root, version in zip(moved.oneid.tolist(), moved.root.tolist(), moved.version.tolist(), strict=True):
            self.merge(loser, root, version)
        return [int(root) for root in found.root]

    def merge(self, loser: int, root: int, version: int = 1) -> None:
        self._rows["redirects"].append({"oneid": loser, "root": root, "version": version})

    def flush(self) -> None:
        for table, rows in self._rows.items():
            types = _COLUMNS[table]
            names = {name for row in rows for name in row}
            self.events.insert(
                table,
                pa.table(
                    {
                        name: pa.array([row.get(name, _blank(types[name])) for row in rows], types[name])
                        for name in types
                        if name in names
                    }
                ),
            )
        self._rows.clear()


def _blank(kind: pa.DataType) -> Any:
    if pa.types.is_string(kind):
        return ""
    return None if pa.types.is_floating(kind) else [] if pa.types.is_map(kind) else 0


def day(number: float) -> datetime:
    """The instant that many days after the world's start."""
    return START + timedelta(days=number)
