"""What a method works with: the window, the crowd, who was merged into whom, and a way to ask the events store.

Everything of one answer goes through one frame, so its numbers and its people rest on the same accounts and events.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import sqlglot.expressions as exp
from numpy.typing import NDArray

from ninefold.predicate import Condition, Reading, event_value, members, tag_values, trait_values, tree
from ninefold.store import Events, Statement

from .groups import crossed
from .model import By, Grouping, Ints, People, Pick, Pin, Shown
from .queries import Scan, accounts, number_or_nan, redirects, scan

_DAWN = datetime(1970, 1, 2, tzinfo=UTC)
_N = TypeVar("_N", np.uint32, np.int64, np.float64)
_PUSHED_MAX = 5_000  # a crowd so small is looked up in the store, a larger one in the columns
_TABLE_MAX = 1 << 27  # numbers up to here are folded by a table, larger ones by search


@dataclass(frozen=True, slots=True)
class Moves:
    """Who was merged into whom: accounts, ascending, and the people they belong to now."""

    account: NDArray[np.uint32]
    root: NDArray[np.uint32]

    @property
    def print(self) -> str:
        """A text that tells whether anybody was merged or parted."""
        whole = self.account.tobytes() + b"|" + self.root.tobytes()
        return hashlib.blake2b(whole, digest_size=8).hexdigest()

    def fold(self, accounts: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """The people that accounts belong to now."""
        if not len(self.account) or not len(accounts):
            return accounts
        most = int(accounts.max())
        if most < _TABLE_MAX:
            table = np.arange(most + 1, dtype=np.uint32)
            known = self.account <= most
            table[self.account[known]] = self.root[known]
            return table[accounts]
        place = np.minimum(np.searchsorted(self.account, accounts), len(self.account) - 1)
        return np.where(self.account[place] == accounts, self.root[place], accounts)


@dataclass(frozen=True, slots=True)
class Columns:
    """Events of a scan, unsorted: person, time in ms since 1970, which picks mean it, further columns by name."""

    person: NDArray[np.uint32]
    at: Ints
    mask: NDArray[np.uint32]
    more: Mapping[str, pa.ChunkedArray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.person)

    def has(self, pick: int) -> NDArray[np.bool_]:
        """Which rows a pick means."""
        return (self.mask >> np.uint32(pick) & np.uint32(1)).astype(np.bool_)

    def where(self, kept: NDArray[np.bool_] | Ints) -> "Columns":
        """Some of the rows."""
        more = {name: _taken(column, kept) for name, column in self.more.items()}
        return Columns(self.person[kept], self.at[kept], self.mask[kept], more)


class Frame:
    """One answer's view of the data."""

    def __init__(
        self,
        events: Events,
        pin: Pin,
        window: tuple[datetime, datetime],
        zone: str,
        reading: Reading,
        *,
        resolve: Callable[[Condition], Condition] = lambda condition: condition,
    ) -> None:
        """Args: the store; up to what it is read; the window's first instant and the first after it; business zone;
        how traits are read; what a condition means when the segments in it are looked up.
        """
        self._resolve = resolve
        self._events = events
        self._reading = reading
        self.moves = self._moves()
        self.pin = replace(pin, identities=self.moves.print)
        self.start, self.end = window
        self.zone = zone
        self.crowd: People | None = None
        self._shown: list[Shown] = []

    @property
    def limit(self) -> datetime:
        """The first instant that counts no more."""
        return self.pin.as_of + timedelta(milliseconds=1)

    @property
    def shown(self) -> tuple[Shown, ...]:
        """The statements asked so far."""
        return tuple(self._shown)

    def other(self, who: Condition) -> "Frame":
        """The same frame for another crowd."""
        found = copy(self)
        found.restrict(who)
        return found

    def restrict(self, who: Condition) -> None:
        """Look only at the people of a condition, as they are known now."""
        statement = members(self._resolve(who), now=self.pin.as_of, zone=self.zone, reading=self._reading)
        self.crowd = np.sort(_numbers(self.ask(statement).column(0), np.uint32))

    def ask(self, statement: Statement) -> pa.Table:
        """Rows of a statement, which is then shown with the answer."""
        parameters = {name: value for name, value in statement.parameters.items() if name != "only"}
        shown = Shown(text=statement.text, parameters=parameters)
        if shown not in self._shown:
            self._shown.append(shown)
        return self._events.query(statement)

    def scan(
        self,
        picks: Sequence[Pick],
        *,
        until: datetime | None = None,
        since: datetime | None = None,
        values: Mapping[str, str] | None = None,
        numbers: Mapping[str, str] | None = None,
        columns: Mapping[str, exp.Expr] | None = None,
    ) -> Columns:
        """The events that picks mean, of the crowd's people, in the window or a longer one; nothing after as-of.

        Args:
            picks: bit k of a row's mask says that pick k means it; none means every event.
            until: another end.
            since: another start.
            values: properties by column name, read as text.
            numbers: properties by column name, read as numbers; nan where there is none.
            columns: further expressions over ``events AS e`` without values to be bound.
        """
        wanted = self._wanted(since or self.start, min(until or self.end, self.limit))
        more: dict[str, exp.Expr] = dict(columns or {})
        parameters: dict[str, object] = {}
        asked = [(name, value, True) for name, value in (values or {}).items()]
        asked += [(name, value, False) for name, value in (numbers or {}).items()]
        for position, (name, value, as_text) in enumerate(asked):
            found = event_value(value, now=self.pin.as_of, zone=self.zone, prefix=f"c{position}_")
            more[name] = found.text if as_text else number_or_nan(found)
            parameters |= found.parameters
        return self.read(Scan(**{**wanted, "columns": more, "parameters": parameters}), picks)

    def ever(self, picks: Sequence[Pick], until: datetime) -> People:
        """The crowd's people with an event that a pick means, at any time before ``until``."""
        wanted = Scan(**{**self._wanted(_DAWN, min(until, self.limit)), "columns": {}, "parameters": {}})
        found = np.unique(self.moves.fold(_numbers(self.ask(accounts(wanted, picks)).column("oneid"), np.uint32)))
        return found[self.inside(found)]

    def read(self, wanted: Scan, picks: Sequence[Pick]) -> Columns:
        """The rows of a scan, folded and restricted."""
        rows = self.ask(scan(wanted, picks))
        found = Columns(
            self.moves.fold(_numbers(rows.column("oneid"), np.uint32)),
            _numbers(rows.column("at"), np.int64),
            _numbers(rows.column("mask"), np.uint32),
            {name: rows.column(name) for name in wanted.columns},
        )
        return found if self.crowd is None else found.where(self.inside(found.person))

    def _wanted(self, start: datetime, end: datetime) -> dict[str, Any]:
        return {
            "start": start,
            "end": end,
            "now": self.pin.as_of,
            "zone": self.zone,
            "watermark": self.pin.watermark,
            "only": self._accounts(),
        }

    def inside(self, people: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Which of the people are in the crowd."""
        if self.crowd is None:
            return np.ones(len(people), np.bool_)
        return np.isin(people, self.crowd)

    @staticmethod
    def group_columns(groupings: Sequence[Grouping]) -> dict[str, str]:
        """The properties that groupings read, by column name, to be scanned."""
        return {f"group{place}": one.name for place, one in enumerate(groupings) if one.by is By.PROPERTY}

    def row_codes(self, groupings: Sequence[Grouping], columns: Columns) -> tuple[Ints, tuple[str, ...]]:
        """The value of each row under groupings whose `group_columns` were scanned: numbers (-1 for none), values."""
        people, place = np.unique(columns.person, return_inverse=True)
        parts = []
        for position, one in enumerate(groupings):
            if one.by is By.PROPERTY:
                parts.append(coded(columns.more[f"group{position}"]))
            else:
                codes, values = self.codes(one, people)
                parts.append((codes[place], values))
        return crossed(parts)

    def codes(self, grouping: Grouping, people: People) -> tuple[Ints, tuple[str, ...]]:
        """The value of each person: numbers of values (-1 for none), and the values."""
        match grouping.by:
            case By.SEGMENT:
                statement = members(tree.SegmentClause(segment=grouping.name), now=self.pin.as_of, zone=self.zone)
                within = np.isin(people, _numbers(self.ask(statement).column(0), np.uint32))
                return np.where(within, 0, 1), (f"in {grouping.name}", f"not in {grouping.name}")
            case By.TRAIT:
                held = trait_values([grouping.name], self._reading.policies, now=self.pin.as_of)
                rows = self.ask(held or tag_values(""))  # there is a statement for every trait
            case By.TAG:
                rows = self.ask(tag_values(grouping.name))
            case _:
                raise AssertionError(grouping)
        owners = _numbers(rows.column("person"), np.uint32)
        numbers, values = coded(rows.column("value"))
        order = np.argsort(owners)
        owners, numbers = owners[order], numbers[order]
        if not len(owners):
            return np.full(len(people), -1, np.int64), ()
        place = np.minimum(np.searchsorted(owners, people), len(owners) - 1)
        return np.where(owners[place] == people, numbers[place], -1), values

    def _accounts(self) -> list[int] | None:
        """The accounts of a small crowd; None where looking them up does not pay."""
        if self.crowd is None or len(self.crowd) > _PUSHED_MAX:
            return None
        return [*self.crowd.tolist(), *self.moves.account[np.isin(self.moves.root, self.crowd)].tolist()]

    def _moves(self) -> Moves:
        rows = self._events.query(redirects())
        account, root = _numbers(rows.column(0), np.uint32), _numbers(rows.column(1), np.uint32)
        order = np.argsort(account)
        return Moves(account[order], root[order])


def coded(column: pa.ChunkedArray) -> tuple[Ints, tuple[str, ...]]:
    """A text column as numbers of its different values, -1 for the empty text; and the values."""
    whole = column.combine_chunks().dictionary_encode() if not pa.types.is_dictionary(column.type) else None
    array = whole if whole is not None else column.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], pa.string()).dictionary_encode()
    values = [_text(one) for one in array.dictionary.to_pylist()]
    numbers = array.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    blank = np.array([index for index, value in enumerate(values) if not value], np.int64)
    return np.where(np.isin(numbers, blank), -1, numbers), tuple(values)


def numbers_of(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """A column of numbers."""
    return _numbers(column, np.float64)


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else "" if value is None else str(value)


def _numbers(column: pa.ChunkedArray, kind: type[_N]) -> NDArray[_N]:
    found: NDArray[_N] = column.to_numpy().astype(kind, copy=False)
    return found


def _taken(column: pa.ChunkedArray, kept: NDArray[np.bool_] | Ints) -> pa.ChunkedArray:
    return column.filter(pa.array(kept)) if kept.dtype == np.bool_ else column.take(pa.array(kept))
