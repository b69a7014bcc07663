"""The verbs of tags by hand.

A tag is a row here, with who, why and until when; and a statement of the trait ``tag.<name>`` about the same account,
which travels through the inbox in the same transaction: so conditions, segments and profiles know it a moment later, a
merge and an unmerge take it along, and erasure finds it where all traits are.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Clock, Error, invalid, to_ms
from ninefold.collect import Event, append
from ninefold.customers.sight import Sight, unknown
from ninefold.governance import Principal
from ninefold.identity import Identity, Refused, normalise
from ninefold.profiles import ByPublicId, read_reference
from ninefold.store import Records, changes

from . import queries
from .model import TRAIT, Tagging, Verdict
from .rules import MOST, check

NAME = "Customer Tagged"
_AT_ONCE = 5_000
_SET = "true"

Ids = Callable[[int], str]
_Named = tuple[int, int]  # the account that was named, and its person


class ManualTags:
    """Tags by hand. Every verb but :meth:`end` works in the caller's transaction."""

    def __init__(self, records: Records, clock: Clock, sight: Sight) -> None:
        self._records = records
        self._clock = clock
        self._sight = sight

    def say(
        self, conn: Connection, caller: Principal, items: Sequence[Tagging], *, ids: Ids, now: datetime
    ) -> tuple[Verdict, ...]:
        """Put tags on customers that a key sees, or take them away; a verdict for each item, in order.

        Args:
            conn: the caller's transaction.
            caller: the key; a tag is its own, and only a key that sees what all say takes away those of others.
            items: up to a thousand; the last one about the same customer and tag holds.
            ids: the message id of each item: the same for a repeated call.
            now: the instant.

        Raises:
            Error: invalid, when there are no items or too many.
        """
        if not 0 < len(items) <= MOST:
            raise invalid("bad_items", "not a number of tags", field="tags", got=len(items), allowed=f"1 to {MOST}")
        verdicts: list[Verdict | None] = [None] * len(items)
        named = self._named(conn, caller, items, now=now)
        kept: dict[tuple[int, str], int] = {}
        for place, item in enumerate(items):
            try:
                check(item, now=now)
                if place not in named:
                    raise unknown(item.customer)
                kept[named[place][0], item.tag] = place
            except Error as error:
                verdicts[place] = _rejected(error)
        put = {one: place for one, place in kept.items() if not items[place].remove}
        taken = {one: place for one, place in kept.items() if items[place].remove}
        done = self._put(conn, caller, items, put, now=now)
        gone = self._take(conn, caller, [(named[place][1], items[place]) for place in taken.values()], now=now)
        done |= {(account, tag): "removed" for account, tag in taken if (named[taken[account, tag]][1], tag) in gone}
        stated = [(account, tag, items[place].value or _SET, ids(place)) for (account, tag), place in put.items()
                  if (account, tag) in done]  # fmt: skip
        told = [(row.oneid, row.tag, None, f"{ids(0)}.{row.id}") for rows in gone.values() for row in rows]
        _state(conn, [*stated, *told], source=caller.source, now=now)
        public = Identity.load(conn).public_ids(conn, sorted({root for _, root in named.values()}))
        return tuple(
            verdict
            or Verdict(status=done.get((named[place][0], items[place].tag), "unchanged"), id=public[named[place][1]])
            for place, verdict in enumerate(verdicts)
        )

    def end(self) -> int:
        """Take away tags whose time is over, a part at a time; how many."""
        total = 0
        while True:
            now = self._clock.now()
            with self._records.begin() as conn:
                rows = conn.execute(queries.END, {"now": now, "most": _AT_ONCE}).all()
                _tell(conn, changes.Kind.UNTAGGED, rows)
                for source in sorted({row.source for row in rows}):
                    mine = [(row.oneid, row.tag, None, f"tag-end.{row.id}") for row in rows if row.source == source]
                    _state(conn, mine, source=source, now=now)
            total += len(rows)
            if len(rows) < _AT_ONCE:
                return total

    def _named(
        self, conn: Connection, caller: Principal, items: Sequence[Tagging], *, now: datetime
    ) -> dict[int, _Named]:
        """By place, the account that an item names and its person, of those that the key sees."""
        rules = Identity.load(conn).rules
        public: list[tuple[int, str]] = []
        other: list[tuple[int, str, str]] = []
        for place, item in enumerate(items):
            try:
                meant = read_reference(item.customer)
            except Error:
                continue
            if isinstance(meant, ByPublicId):
                public.append((place, meant.public_id))
            elif not isinstance(value := normalise(meant.namespace, meant.value, rules=rules), Refused):
                other.append((place, meant.namespace.strip().lower(), value))
        asked = {"ids": [one for _, one in public], "names": [], "values": []}
        found = {public[row.n][0]: (row.oneid, row.root) for row in conn.execute(queries.HOMES, asked)}
        asked = {"ids": [], "names": [one for _, one, _ in other], "values": [one for _, _, one in other]}
        found |= {other[row.n][0]: (row.oneid, row.root) for row in conn.execute(queries.HOMES, asked)}
        seen = self._sight.of(conn, caller, sorted({root for _, root in found.values()}), now=now).people
        return {place: one for place, one in found.items() if one[1] in seen}

    @staticmethod
    def _put(
        conn: Connection, caller: Principal, items: Sequence[Tagging], put: dict[tuple[int, str], int], *, now: datetime
    ) -> dict[tuple[int, str], str]:
        """Write tags; what became of those that are new or other than before."""
        rows = conn.execute(
            queries.PUT,
            {
                "oneids": [account for account, _ in put], "tags": [tag for _, tag in put],
                "values": [items[place].value or _SET for place in put.values()],
                "whys": [items[place].why for place in put.values()],
                "untils": [items[place].until for place in put.values()], "source": caller.source, "now": now,
            },
        ).all() if put else []  # fmt: skip
        _tell(conn, changes.Kind.TAGGED, rows, source=caller.source)
        return {(row.oneid, row.tag): "added" if row.fresh else "changed" for row in rows}

    def _take(
        self, conn: Connection, caller: Principal, wanted: Sequence[tuple[int, Tagging]], *, now: datetime
    ) -> dict[tuple[int, str], list[Any]]:
        """Take tags away from people; the rows that ended, by person and tag."""
        if not wanted:
            return {}
        rows = conn.execute(
            queries.TAKE,
            {
                "roots": [root for root, _ in wanted], "tags": [item.tag for _, item in wanted],
                "whys": [item.why for _, item in wanted], "source": caller.source, "now": now,
                "everybodys": not caller.scope.own_only,
            },
        ).all()  # fmt: skip
        _tell(conn, changes.Kind.UNTAGGED, rows)
        found: dict[tuple[int, str], list[Any]] = {}
        for row in rows:
            found.setdefault((row.root, row.tag), []).append(row)
        return found


def _state(conn: Connection, stated: Iterable[tuple[int, str, str | None, str]], *, source: str, now: datetime) -> None:
    """Say the traits of tags: account, tag, value or None, message id."""
    at = to_ms(now)
    events = [
        Event(
            message_id=message, type="identify", name=NAME, ts=at, received=at, source=source, channel="api",
            identifiers=(), oneid=account, traits={TRAIT + tag: value},
        )
        for account, tag, value, message in stated
    ]  # fmt: skip
    if events:
        append(conn, events, source=source, kind="tags", now=now)


def _tell(conn: Connection, kind: changes.Kind, rows: Sequence[sa.Row[Any]], *, source: str = "") -> None:
    """Tell the log of changes of tags, those of one name and source together."""
    alike: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for row in rows:
        alike.setdefault((row.tag, source or row.source), []).append((row.oneid, row.id))
    for (tag, said_by), some in alike.items():
        accounts, ids = zip(*some, strict=True)
        changes.note(conn, kind, accounts, refs=ids, detail={"tag": tag, "source": said_by})


def _rejected(error: Error) -> Verdict:
    return Verdict(
        status="rejected", code=error.code, message=error.message, field=error.field, got=error.got,
        allowed=error.allowed,
    )  # fmt: skip
