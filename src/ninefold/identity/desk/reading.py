"""Whole tables as arrays of integers, a range of pages at a time."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
from sqlalchemy.engine import Connection

from ninefold.base import Error, Kind
from ninefold.identity.queries import whole as sql
from ninefold.identity.rules.encode import Ints

_PAGES = 2_000  # read at once: 16 MB of the table, some 100,000 rows
_HEAD = 20  # bytes of a binary array before its first element
_ELEMENT = np.dtype([("length", ">i4"), ("value", ">i8")])


def columns_of(
    conn: Connection,
    table: str,
    query: str,
    values: Mapping[str, str],
    *,
    width: int,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> list[Ints]:
    """The columns of a query over a table, in the order in which its rows lie there.

    Args:
        conn: the transaction.
        table: name of the table.
        query: answers one binary array of bigint per column, for the pages from `first` up to `past`.
        values: what it is bound to besides.
        width: number of columns.
        tell: is told how many of how many pages are read.
    """
    raw = conn.connection.driver_connection
    if raw is None or not hasattr(raw, "cursor"):
        raise Error(Kind.DEFECT, "no_copy", "bulk reading needs a psycopg connection")
    pages = int(conn.execute(sql.PAGES, {"table": table}).scalar_one())
    parts: list[list[Ints]] = [[np.empty(0, dtype=np.int64)] for _ in range(width)]
    with cast("Any", raw).cursor(binary=True) as cursor:
        for start in range(0, pages, _PAGES):
            tell(start, pages)
            [row] = cursor.execute(query, {**values, "first": f"({start},0)", "past": f"({start + _PAGES},0)"})
            for column, data in zip(parts, row, strict=True):
                if data is not None:
                    column.append(np.frombuffer(data, dtype=_ELEMENT, offset=_HEAD)["value"].astype(np.int64))
    return [np.concatenate(column) for column in parts]
