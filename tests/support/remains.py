"""Where texts still stand in an installation: every table of both stores, every file. Run on a stopped data folder.

    python -m tests.support.remains DATA_FOLDER < one text per line

prints a JSON list of [place, text]. Compressed and packed values are unpacked as far as they can be. The engines' own
files (write-ahead log, parts) are not searched: they are looked at through the engines.
"""

import base64
import binascii
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa
import zstandard

from ninefold.app import Ninefold, Settings
from ninefold.store import Events, Records, Statement

_ENGINES = ("records", "events")


def texts_of_records(records: Records) -> Iterator[tuple[str, str]]:
    """Every row of every table of every schema, as text."""
    with records.begin() as conn:
        tables = conn.execute(
            sa.text(
                "SELECT schemaname, tablename FROM pg_tables "
                "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            )
        ).all()
    for schema, table in tables:
        name = sa.Table(table, sa.MetaData(), schema=schema)
        with records.begin() as conn:
            for row in conn.execute(sa.select(sa.text("*")).select_from(name)):
                yield f"{schema}.{table}", " | ".join(map(plain, row))


def texts_of_events(events: Events) -> Iterator[tuple[str, str]]:
    """Every row of every table of the events store, as text."""
    names = events.query(Statement("SELECT name FROM system.tables WHERE database = currentDatabase()"))
    for table in names.column(0).to_pylist():
        rows = events.query(Statement(f"SELECT toJSONString(tuple(*)) FROM {table}")).column(0)
        for row in rows.cast(pa.binary()).to_pylist():  # bitmaps are no text
            yield f"events.{table}", row.decode("utf-8", "replace")


def texts_of_files(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file beside those of the engines, and its name."""
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        if path.is_file() and inside.parts[0] not in _ENGINES:
            raw = path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as pack:
                    raw = b"\n".join(pack.read(name) for name in pack.namelist())
            yield f"file {inside}", f"{inside}\n{raw.decode('utf-8', 'replace')}"


def plain(value: object) -> str:
    """A value as text, unpacked."""
    if isinstance(value, memoryview | bytes):
        raw = bytes(value)
        if raw[:4] == b"\x28\xb5\x2f\xfd":
            raw = zstandard.ZstdDecompressor().decompress(raw)
        return raw.decode("utf-8", "replace")
    text = str(value)
    try:
        return text + " " + base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text


def remains(data: Path, wanted: list[str]) -> list[tuple[str, str]]:
    """Places where one of the texts stands."""
    found: set[tuple[str, str]] = set()
    with Ninefold.open(Settings(data_dir=data)) as ninefold:
        sources = (texts_of_records(ninefold.records), texts_of_events(ninefold.events), texts_of_files(data))
        for source in sources:
            for place, text in source:
                found.update((place, one) for one in wanted if one in text)
    return sorted(found)


if __name__ == "__main__":
    json.dump(remains(Path(sys.argv[1]), sys.stdin.read().split("\n")), sys.stdout)
