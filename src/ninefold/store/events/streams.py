"""Large results in batches, from the embedded engine and from a server."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import pyarrow as pa
from clickhouse_connect.driver.binding import bind_query
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, error_name_from_body

from .address import Address

_ROWS = 100_000
_CODE = re.compile(r"Code: (\d+)")


def stream_embedded(
    client: Client, address: Address, text: str, parameters: Mapping[str, object]
) -> Iterator[pa.RecordBatch]:
    """Batches as the engine makes them, through a handle of their own, so that other calls go on meanwhile."""
    import chdb  # noqa: PLC0415 - half a second of loading that only the embedded form pays

    bound, values = bind_query(text, dict(parameters), client.server_tz)
    handle = cast("Callable[[str], Any]", chdb.connect)(address.folder)  # published without type information
    try:
        for setting, value in address.settings.items():
            handle.query(f"SET {setting} = '{value}'")
        handle.query(f"USE `{address.database}`")
        names = {key.removeprefix("param_"): value for key, value in values.items()}
        with handle.send_query(str(bound), "Arrow", params=names) as answer:
            yield from answer.record_batch(rows_per_batch=_ROWS)
    except RuntimeError as exc:
        code = _CODE.search(str(exc))
        raise DatabaseError(str(exc), code=int(code[1]) if code else None, name=error_name_from_body(str(exc))) from exc
    finally:
        handle.close()


def stream_server(
    client: Client, address: Address, text: str, parameters: Mapping[str, object]
) -> Iterator[pa.RecordBatch]:
    """Batches from a server that keeps the result until it is whole, so that a failure is seen before the first row."""
    _ = address
    with client.raw_stream(text, dict(parameters), {"wait_end_of_query": "1"}, fmt="ArrowStream") as body:
        reader = pa.ipc.open_stream(body)
        yield from reader
