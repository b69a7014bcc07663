"""Reads a quarantined row again: under the newest version of its mapping, with its cells mended."""

from datetime import datetime

import msgspec
import numpy as np
from sqlalchemy.engine import Connection

from ninefold.base import Error, to_ms
from ninefold.collect.event import Event
from ninefold.collect.imports.document import parse_mapping
from ninefold.collect.imports.model import Context, Mapping
from ninefold.collect.imports.readers import Chunk
from ninefold.collect.imports.readers.objects import flat, json_text, table_of
from ninefold.collect.model import Decoded, Rejection
from ninefold.store import get_definition

from .chunks import map_chunk, row_named
from .entries import record_of
from .folding import folded


class _Around(msgspec.Struct):
    """What an entry says about where its row came from."""

    mapping: str = ""
    hash: str = ""
    received: int = 0
    row: int = 1
    event: str = ""
    connector: str = ""
    cells: dict[str, object] = {}


class RowReader:
    """Reads rows of imports and connectors again; made anew for every replay, so that a mapping is read once."""

    def __init__(self, *, zone: str, currency: str) -> None:
        """Args: business zone and currency of rows that name none."""
        self._zone, self._currency = zone, currency
        self._mappings: dict[str, Mapping] = {}

    @staticmethod
    def cells(raw: bytes, envelope: bytes) -> bytes:
        """The row as a JSON object of its cells, to be mended; empty where they were never told apart."""
        cells = _around(envelope).cells | (record_of(raw) or {})
        return json_text(cells).encode("utf-8", "replace") if cells else b""

    def read(self, conn: Connection, cells: bytes, envelope: bytes, *, message_id: str, received: datetime) -> Decoded:
        """The events of a row, or why there are none; of a blocked event only that one."""
        around = _around(envelope)
        record = record_of(cells)
        if record is None:
            return _no("unreadable_row", "the cells of this row cannot be told apart; import its file again")
        try:
            mapping = self._mapping(conn, around.mapping)
        except Error as error:
            return _no(error.code, str(error))
        mapping = row_named(mapping) if around.connector else mapping
        held = record.get("lines")
        if mapping.lines is not None and isinstance(held, list):
            record = folded(mapping.lines, [line for line in held if isinstance(line, dict)])
        row = flat(record)
        chunk = Chunk(
            table=table_of([row]), rows=np.array([around.row], dtype=np.int64), records=1, raw=lambda _: cells.decode()
        )
        context = Context(
            file_hash=around.hash, received=around.received or to_ms(received), zone=self._zone, currency=self._currency
        )
        mapped = map_chunk(mapping, chunk, context)
        if mapped.rejected:
            problem = mapped.rejected[0].problem
            return _no(problem.code, problem.message, problem.column)
        return Decoded(outcomes=tuple(_wanted(mapped.events, around.event, message_id)))

    def _mapping(self, conn: Connection, key: str) -> Mapping:
        if key not in self._mappings:
            self._mappings[key] = parse_mapping(get_definition(conn, "mapping", key).document)
        return self._mappings[key]


def _wanted(events: list[Event], name: str, message_id: str) -> list[Event]:
    """The event an entry is about: by its id, else by its name; all of an unreadable row."""
    if not name:
        return events
    return [one for one in events if one.message_id == message_id] or [one for one in events if one.name == name][:1]


def _around(envelope: bytes) -> _Around:
    try:
        return msgspec.json.decode(envelope, type=_Around)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Around()


def _no(code: str, reason: str, field: str = "") -> Decoded:
    return Decoded(outcomes=(Rejection(code=code, reason=reason, field=field),))
