"""Connectors on a fresh inbox, with a mapping of orders and a clock that tests move."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from ninefold.base import FixedClock
from ninefold.collect.connectors import Connectors, ConnectorSettings
from ninefold.collect.imports import Imports, ImportSettings
from ninefold.store import Records, put_definition

ORDERS = {
    "kind": "mapping", "key": "orders", "source": "shop", "channel": "pos", "zone": "UTC",
    "event": "Order Completed", "identifiers": [{"namespace": "member_no", "column": "member"}],
    "time": "at", "amount": {"column": "paid", "currency": "CNY"}, "order_id": "order", "message_id": ["order"],
}  # fmt: skip
SECRETS = {"SECRET_ONE": "hunter-two-and-more", "AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"}


@pytest.fixture
def connectors(records: Records, clock: FixedClock, tmp_path: Path) -> Iterator[Connectors]:
    imports = Imports(records, clock, ImportSettings(chunk_rows=10))
    settings = ConnectorSettings(spool=tmp_path / "spool")
    with records.begin() as conn:
        put_definition(conn, "mapping", "orders", ORDERS, now=clock.now())
    connectors = Connectors(records, clock, imports, settings, SECRETS)
    yield connectors
    connectors.close()


Save = Callable[[Mapping[str, object]], None]


@pytest.fixture
def save(records: Records, clock: FixedClock, connectors: Connectors) -> Save:
    """Saves a connector document with the common fields filled in."""

    def saved(document: Mapping[str, object]) -> None:
        whole = {"kind": "connector", "name": "shop", "owner": "crm", "mapping": "orders", **document}
        with records.begin() as conn:
            connectors.save(conn, whole, now=clock.now())

    return saved


@pytest.fixture
def sql_orders(records: Records, clock: FixedClock) -> None:
    """Mappings of orders as databases and APIs have them: keyed, unkeyed, and by line."""
    keyed = {**ORDERS, "key": "sql_orders", "order_id": "id", "message_id": ["id"]}
    unkeyed = {name: value for name, value in keyed.items() if name != "message_id"} | {"key": "sql_rows"}
    lines = unkeyed | {"key": "lines", "amount": None, "product_id": "item.sku", "quantity": "item.pieces",
                       "properties": {"city": "buyer.city"}}  # fmt: skip
    with records.begin() as conn:
        for mapping in (keyed, unkeyed, lines):
            document = {name: value for name, value in mapping.items() if value is not None}
            put_definition(conn, "mapping", str(mapping["key"]), document, now=clock.now())
