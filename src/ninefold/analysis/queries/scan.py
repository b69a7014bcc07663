"""The scan: events of a window as columns, unsorted, each row with the account it arrived with.

Sorting and folding of merged accounts is done on the columns afterwards: in the engine it costs ten times the scan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlglot.expressions as exp

from ninefold.analysis.model import Pick
from ninefold.base import from_ms, to_ms
from ninefold.predicate import EventValue, event_filter
from ninefold.predicate import writing as w
from ninefold.store import Statement, render

_ROWS = "SELECT e.oneid AS oneid, toUnixTimestamp64Milli(e.ts) AS at FROM events AS e WHERE _rows"
_ACCOUNTS = "SELECT DISTINCT e.oneid AS oneid FROM events AS e WHERE _rows"
_DAYS = "indexHint(toDate(e.ts) BETWEEN _first AND _last)"
_DATES = (datetime(1970, 1, 2, tzinfo=UTC), datetime(2149, 1, 1, tzinfo=UTC))  # what a Date can say
_REDIRECTS = "SELECT oneid, root FROM redirects FINAL WHERE oneid <> root"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What is asked of the events.

    Attributes:
        start: first instant.
        end: first instant after.
        now: the instant of relative dates in filters.
        zone: business zone.
        watermark: the newest batch that counts.
        only: accounts to look at; None for all.
        columns: further columns by name, over ``events AS e``.
        parameters: what those are bound to.
    """

    start: datetime
    end: datetime
    now: datetime
    zone: str
    watermark: int
    only: Sequence[int] | None = None
    columns: Mapping[str, exp.Expr] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)


def scan(wanted: Scan, picks: Sequence[Pick]) -> Statement:
    """Rows (oneid, at, mask, further columns) of the events that one of the picks means.

    ``at`` is in ms since 1970; bit k of ``mask`` says that pick k means the event. An empty list of picks means every
    event; a pick of any event without filters likewise.
    """
    rows, tests, values = _meant(wanted, picks)
    tree = w.select(_ROWS, rows=w.every(rows))
    tree = tree.select(exp.alias_(_mask(tests), "mask"), copy=False)
    for name, column in wanted.columns.items():
        tree = tree.select(exp.alias_(column.copy(), name), copy=False)
    return render(tree, {**values, **wanted.parameters})


def accounts(wanted: Scan, picks: Sequence[Pick]) -> Statement:
    """The accounts with an event that one of the picks means: one column ``oneid``, each once."""
    rows, _, values = _meant(wanted, picks)
    tree = w.select(_ACCOUNTS, rows=w.every(rows))
    used = {each.name for each in tree.find_all(exp.Placeholder)}
    return render(tree, {name: value for name, value in values.items() if name in used})


def test_of(pick: Pick, wanted: Scan, prefix: str) -> tuple[exp.Expr, dict[str, object]]:
    """The test that an event ``e`` is meant by a pick, with its values."""
    bindings = w.Bindings(prefix + "n")
    tests: list[exp.Expr] = []
    if len(pick.events) == 1:
        tests.append(w.sql("e.name = _name", name=bindings.text(pick.events[0])))
    elif pick.events:
        tests.append(w.sql("e.name IN _names", names=bindings.bind(list(pick.events), "Array(String)")))
    filters, used = event_filter(pick.where, now=wanted.now, zone=wanted.zone, prefix=prefix + "w")
    return w.every([*tests, filters]), {**bindings.values, **used}


def number_or_nan(value: EventValue) -> exp.Expr:
    """A property as a number; nan where an event has none."""
    return w.sql("if(_has, _number, nan)", has=value.has_number, number=value.number)


def name_text() -> exp.Expr:
    """The name of an event."""
    return w.sql("e.name")


def tie() -> exp.Expr:
    """A hash of the message id, which puts events of equal time in an order that stays."""
    return w.sql("cityHash64(e.message_id)")


def newest_batch() -> Statement:
    """The number of the newest batch of events: one row; 0 when there is none."""
    return Statement("SELECT max(batch_id) FROM events")


def redirects() -> Statement:
    """Accounts that were merged into somebody: oneid, root."""
    return Statement(_REDIRECTS)


def _meant(wanted: Scan, picks: Sequence[Pick]) -> tuple[list[exp.Expr], list[exp.Expr], dict[str, object]]:
    """The tests that a row is wanted, the test of each pick, and the values of both."""
    bindings = w.Bindings("s")
    parameters: dict[str, object] = {}
    tests = []
    for position, pick in enumerate(picks):
        test, used = test_of(pick, wanted, f"p{position}_")
        tests.append(test)
        parameters |= used
    rows = _bounds(wanted, bindings)
    named = sorted({name for pick in picks for name in pick.events})
    if picks and all(pick.events for pick in picks):
        rows.append(w.sql("e.name IN _names", names=bindings.bind(named, "Array(String)")))
        if any(pick.where for pick in picks):
            rows.append(exp.or_(*(test.copy() for test in tests)))
    elif picks and all(pick.events or pick.where for pick in picks):
        rows.append(exp.or_(*(test.copy() for test in tests)))
    used_rows = bindings.used(w.every([row.copy() for row in rows]))
    return rows, tests, {**used_rows, **parameters}


def _mask(tests: Sequence[exp.Expr]) -> exp.Expr:
    bits = [
        w.sql("if(_test, _bit, 0)", test=test.copy(), bit=exp.Literal.number(1 << position))
        for position, test in enumerate(tests)
    ]
    if not bits:
        return w.sql("toUInt32(0)")
    whole = bits[0]
    for bit in bits[1:]:
        whole = w.sql("bitOr(_left, _right)", left=whole, right=bit)
    return w.sql("toUInt32(_mask)", mask=whole)


def _bounds(wanted: Scan, bindings: w.Bindings) -> list[exp.Expr]:
    start, end = from_ms(to_ms(wanted.start)), from_ms(to_ms(wanted.end))
    tests = [
        w.sql("e.ts >= _start", start=bindings.instant(to_ms(start))),
        w.sql("e.ts < _end", end=bindings.instant(to_ms(end))),
        w.sql("e.batch_id <= _batch", batch=bindings.bind(wanted.watermark, "UInt64")),
    ]
    if _DATES[0] <= start and end <= _DATES[1]:
        days = [bindings.bind(each.astimezone(UTC).date().isoformat(), "Date") for each in (start, end)]
        tests.append(w.sql(_DAYS, first=days[0], last=days[1]))
    if wanted.only is not None:
        only = bindings.bind([int(each) for each in wanted.only], "Array(UInt32)", "only")
        tests.append(w.sql("e.oneid IN (SELECT arrayJoin(_only))", only=only))
    return tests
