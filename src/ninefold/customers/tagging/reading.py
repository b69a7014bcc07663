"""Reading tags by hand."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from . import queries
from .model import Held


def held_tags(conn: Connection, accounts: Sequence[int], *, now: datetime) -> dict[int, list[Held]]:
    """The tags that each of some accounts holds, in one statement."""
    found: dict[int, list[Held]] = {}
    for row in conn.execute(queries.HELD, {"accounts": list(accounts), "now": now}):
        one = Held(oneid=row.oneid, tag=row.tag, value=row.value, source=row.source, until=row.until)
        found.setdefault(row.oneid, []).append(one)
    return found
