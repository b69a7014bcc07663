"""Records as rows: JSON objects of an API, a webhook or a device, and rows of a database. Pure.

A record may hold a list whose entries are the rows (``each``): the lines of an order. An entry stands under ``item`` in
its row, with the record around it.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from ninefold.base import stable_key
from ninefold.collect.imports.readers import ROW_ID, Chunk
from ninefold.collect.imports.readers.objects import flat, json_text, scalar_text, table_of

Record = Mapping[str, object]


def at(value: object, path: str) -> object:
    """What stands at a path such as ``data.orders`` or ``items.0.sku``; nothing when it leads nowhere.

    >>> at({"data": {"list": [{"id": 7}]}}, "data.list.0.id")
    7
    """
    for part in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, Sequence) and not isinstance(value, str) and part.isdecimal():
            value = value[int(part)] if int(part) < len(value) else None
        else:
            return None
    return value


def records_of(body: object, path: str) -> list[Record]:
    """The records of an answer: the list at a path, or the one object there; nothing else counts."""
    found = at(body, path)
    if isinstance(found, Mapping):
        return [found]
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def name_of(record: Record, fields: Sequence[str]) -> str:
    """The name of a record at its source: its fields, or its content where no field or nothing in them names it."""
    values = [at(record, field) for field in fields]
    if not fields or all(value in (None, "") for value in values):
        return stable_key(json_text(record))
    name = "~".join("" if value is None else scalar_text(value) for value in values)
    return name if len(name) <= 120 else stable_key(name)


def rows_of(record: Record, name: str, each: str) -> Iterator[dict[str, object]]:
    """The rows of a record, named: one, or one per entry of the list at ``each``."""
    if not each:
        yield {**flat(record), ROW_ID: name}
        return
    entries = at(record, each)
    around = flat({key: value for key, value in record.items() if key != each})
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        inside = flat({"item": entry if isinstance(entry, Mapping) else {"value": entry}})
        yield {**around, **inside, "item.number": number + 1, ROW_ID: f"{name}~{number}"}


def chunk_of(rows: Sequence[Mapping[str, object]]) -> Chunk:
    """Flat rows as a chunk; each has its name under ``$id``."""
    table = table_of(rows) if rows else pa.table({ROW_ID: pa.array([], pa.string())})
    return Chunk(
        table=table,
        rows=np.arange(1, len(rows) + 1, dtype=np.int64),
        records=len(rows),
        raw=lambda index: json_text({k: v for k, v in rows[index].items() if not k.startswith("$")}),
    )
