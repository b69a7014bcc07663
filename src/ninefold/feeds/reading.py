"""Reading the log of changes with the right of a key: what it may know of, by cursor.

What a key may know is decided as of now, by the same rules as its other reads: whoever came to its node later is seen
with what is kept of before, and of whoever left it only that they left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.engine import Connection

from ninefold.base import Error, Kind, did_you_mean, invalid
from ninefold.customers import Sight
from ninefold.governance import Principal, calls
from ninefold.profiles import masking
from ninefold.store import Records, changes

from . import queries
from .model import MOST, Change, Page
from .view import Item, Named, Person, View

_CHUNK = 5_000  # changes looked at together
_LOOKED_AT = 50_000  # changes of others that one call passes over before it answers with a cursor
_ABOUT_PEOPLE = frozenset({changes.Kind.MERGED, changes.Kind.SPLIT})
_ABOUT_IDENTIFIERS = frozenset({changes.Kind.LINKED, changes.Kind.UNLINKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """The next changes of the log, and the place behind them."""

    items: Sequence[Item]
    following: changes.Position


class Feed:
    """The log of changes as keys see it."""

    def __init__(self, records: Records, sight: Sight) -> None:
        self._records = records
        self._sight = sight
        self._marks = calls.Marks.open(records)

    def page(
        self, caller: Principal, *, after: str = "", kinds: Sequence[str] = (), limit: int = 100, now: datetime
    ) -> tuple[Page, str]:
        """Changes after a cursor, and the cursor that goes on from there.

        Args:
            caller: the key.
            after: a cursor; ``now`` begins with what is to come, empty with the oldest that is kept.
            kinds: only these; empty is all.
            limit: at most so many, 1 to 1,000.
            now: the instant.

        Raises:
            Error: invalid (kinds, limit, cursor); missing ``cursor_expired``, when it stands before what is kept.
        """
        wanted = read_kinds(kinds)
        if not 1 <= limit <= MOST:
            raise invalid("bad_limit", "not a page of changes", field="limit", got=limit, allowed=f"1 to {MOST}")
        changes.assign(self._records, now=now)
        page = self.after(caller, self.place(caller, after), kinds=wanted, limit=limit, now=now)
        return page, self._marks.seal(_purpose(caller), *page.place)

    def place(self, caller: Principal, cursor: str) -> changes.Position:
        """The place in the log that a cursor of a key stands for; raises as :meth:`page` does."""
        with self._records.begin() as conn:
            head = changes.head(conn)
        if cursor in {"", "now"}:
            return changes.Position((head.floor if not cursor else head.seq) + 1)
        found = changes.Position(*self._marks.read(_purpose(caller), cursor, 2))
        if found.seq <= head.floor:
            raise expired()
        return found

    def after(
        self, caller: Principal, place: changes.Position, *, kinds: Sequence[changes.Kind] = (), limit: int,
        now: datetime, upto: changes.Position | None = None,
    ) -> Page:  # fmt: skip
        """Changes from a place on, at most to another: what the key may know, and where that ended."""
        found: list[Change] = []
        looked = 0
        with self._records.begin() as conn:
            last = upto or changes.Position(changes.head(conn).seq + 1)
            while place < last and looked < _LOOKED_AT:
                chunk = _chunk(conn, place, last, kinds)
                view = self._view(conn, caller, chunk.items, now=now)
                for item in chunk.items:
                    if len(found) == limit:
                        return Page(changes=tuple(found), place=item.position, more=True)
                    change = view.of(item)
                    found += [change] if change is not None else []
                looked += len(chunk.items)
                place = chunk.following
        return Page(changes=tuple(found), place=place, more=place < last)

    def _view(self, conn: Connection, caller: Principal, items: Sequence[Item], *, now: datetime) -> View:
        """What is known of some changes, in a fixed number of statements."""
        nodes = self._sight.nodes(conn, caller)
        return View(
            caller=caller,
            nodes=None if nodes is None else frozenset(nodes),
            line=frozenset(self._sight.line(conn, caller)),
            own=self._sight.own_source(conn, caller),
            people=self._people(conn, caller, items, now=now),
            identifiers=_identifiers(conn, caller, items),
            marks=self._marks,
        )

    def _people(
        self, conn: Connection, caller: Principal, items: Sequence[Item], *, now: datetime
    ) -> Mapping[int, Person]:
        asked = {one.account for one in items} | {one.ref for one in items if one.entry.kind in _ABOUT_PEOPLE}
        rows = conn.execute(queries.PEOPLE, {"people": sorted(asked)}).all()
        roots = sorted({row.root for row in rows})
        visible = self._sight.of(conn, caller, roots, now=now).people
        anyhow = replace(caller, scope=replace(caller.scope, purposes=frozenset()))
        members = self._sight.of(conn, anyhow, roots, now=now).people if caller.scope.purposes else visible
        return {
            row.oneid: Person(
                public_id=row.public_id, root_id=row.root_id, visible=row.root in visible, member=row.root in members
            )
            for row in rows
        }


def read_kinds(kinds: Sequence[str]) -> tuple[changes.Kind, ...]:
    """Kinds of changes by name; raises invalid for one that there is not."""
    known = {one.value: one for one in changes.Kind}
    for name in kinds:
        if name not in known:
            raise invalid("unknown_change_kind", "there is no such kind of change", field="kinds", got=name,
                          allowed=", ".join(known), hint=did_you_mean(name, known))  # fmt: skip
    return tuple(known[name] for name in dict.fromkeys(kinds))


def expired() -> Error:
    """The error for a cursor that stands before what is kept."""
    return Error(
        Kind.MISSING, "cursor_expired", "changes after this cursor are not kept any more", field="after",
        hint="ask with after=now and keep `next`, list all customers, then go on from the `next` you kept",
    )  # fmt: skip


def _chunk(conn: Connection, place: changes.Position, last: changes.Position, kinds: Sequence[changes.Kind]) -> _Chunk:
    """The next few thousand changes before a place."""
    items: list[Item] = []
    entries = changes.entries(conn, place, upto=last.seq, most=_CHUNK, kinds=kinds)
    for entry in entries:
        start = place.offset if entry.seq == place.seq else 0
        stop = min(len(entry.accounts), last.offset if entry.seq == last.seq else len(entry.accounts))
        cut = max(start, min(stop, start + _CHUNK - len(items)))
        refs = entry.refs[start:cut].tolist() if len(entry.refs) else [0] * (cut - start)
        for offset, account, ref in zip(range(start, cut), entry.accounts[start:cut].tolist(), refs, strict=True):
            items.append(Item(position=changes.Position(entry.seq, offset), entry=entry, account=account, ref=ref))
        if cut < stop:
            return _Chunk(items=items, following=changes.Position(entry.seq, cut))
    following = changes.Position(entries[-1].seq + 1) if entries else last
    return _Chunk(items=items, following=min(following, last))


def _identifiers(conn: Connection, caller: Principal, items: Sequence[Item]) -> Mapping[int, Named]:
    """The identifiers that changes name, as they are kept now."""
    asked = sorted({one.ref for one in items if one.entry.kind in _ABOUT_IDENTIFIERS})
    if not asked:
        return {}
    clear = "identifiers" in caller.scope.clear
    return {
        row.id: Named(
            namespace=row.namespace,
            value=row.value if clear else masking.hidden_identifier(row.namespace, row.value),
            sources=tuple(row.sources),
        )
        for row in conn.execute(queries.IDENTIFIERS, {"ids": asked})
    }


def _purpose(caller: Principal) -> str:
    return f"changes/{caller.key}/{caller.name}"
