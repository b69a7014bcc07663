"""Keeps statements about things, and tells what holds of them now."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.base import clean_text, from_ms
from ninefold.collect.messages import message_hash
from ninefold.collect.model import Item, ItemStatement

from . import queries
from .tables import item_statements


def item_values(statements: Sequence[ItemStatement], *, source: str, now: datetime) -> list[dict[str, object]]:
    """Statements as rows."""
    return [
        {
            "hash": UUID(bytes=message_hash(source, one.message_id)),
            "item_type": clean_text(one.item_type),
            "item_id": clean_text(one.item_id),
            "ts": one.ts,
            "source": source,
            "removed": one.removed,
            "properties": {
                clean_text(name): clean_text(value) if isinstance(value, str) else value
                for name, value in one.properties.items()
            },
            "received_at": now,
        }
        for one in statements
    ]


def keep_items(conn: Connection, values: Sequence[dict[str, object]]) -> None:
    """Keep statements; repeats change nothing."""
    if values:
        conn.execute(pg.insert(item_statements).on_conflict_do_nothing(), list(values))


def items_of(
    conn: Connection, item_type: str, *, item_id: str | None = None, after: str = "", limit: int = 100
) -> tuple[Item, ...]:
    """Things of a type as they are now, by id; deleted ones are left out.

    Args:
        conn: the transaction.
        item_type: kind of thing.
        item_id: only this one.
        after: only ids after this one, for the next page.
        limit: how many ids to look at, at most 1,000; deleted ones among them count.
    """
    sought = {"item_type": clean_text(item_type), "item_id": None if item_id is None else clean_text(item_id),
              "after": clean_text(after), "limit": max(1, min(limit, 1_000))}  # fmt: skip
    return tuple(
        Item(item_type=item_type, item_id=row.item_id, changed_at=from_ms(row.ts), properties=row.properties)
        for row in conn.execute(queries.ITEMS, sought)
    )
