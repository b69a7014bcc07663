"""Ready mappings for the order exports of marketplaces and shops: found by key, and by the columns of a file."""

from collections.abc import Mapping as Document
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

import yaml
from sqlalchemy.engine import Connection

from ninefold.base import Error
from ninefold.store import find_definition, put_definition

from .document import check_columns, parse_mapping
from .model import Mapping

_KIND = "mapping"
_LEAST_COLUMNS, _LEAST_SHARE = 6, 0.5


@cache
def ready_mappings() -> Document[str, Document[str, object]]:
    """The ready mapping documents by key."""
    package = Path(__file__).parents[2]
    places = (package / "library" / "mappings", package.parents[1] / "library" / "mappings")  # installed, checked out
    folder = next((place for place in places if place.is_dir()), None)
    files = sorted(folder.glob("*.yaml")) if folder else []
    documents = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    return {str(document["key"]): document for document in documents}


def ready_mapping(key: str) -> Document[str, object] | None:
    """The ready mapping of a key, also written with hyphens."""
    return ready_mappings().get(key.replace("-", "_"))


def adopt(conn: Connection, key: str, *, now: datetime) -> str:
    """The key of a stored mapping: of that key, or the ready one, which is stored now; else the key as it is."""
    if find_definition(conn, _KIND, key) is not None:
        return key
    document = ready_mapping(key)
    if document is None:
        return key
    plain = str(document["key"])
    if find_definition(conn, _KIND, plain) is None:
        put_definition(conn, _KIND, plain, document, now=now, author="library")
    return plain


def recognise(headers: Sequence[str]) -> Mapping | None:
    """The ready mapping that was made for a file with these columns; nothing when none clearly was."""
    best: tuple[float, Mapping] | None = None
    for document in ready_mappings().values():
        mapping = parse_mapping(document)
        try:
            check_columns(mapping, headers)
        except Error:
            continue
        columns = mapping.columns()
        present = sum(any(header in headers for header in mapping.headers_of(column)) for column in columns)
        share = present / len(columns)
        if present >= _LEAST_COLUMNS and share >= _LEAST_SHARE and (best is None or share > best[0]):
            best = (share, mapping)
    return None if best is None else best[1]
