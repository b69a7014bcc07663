"""The moments that a person's events bring with them: their own times, and times in their properties. SQL."""

from dataclasses import dataclass

import sqlglot.expressions as exp

from ninefold.base import money_events
from ninefold.predicate.model import TIME_FIELD, EventPick

from .comparisons import Context, event_property, filter_tests
from .text import every, select, sql

TIMES_MAX = 1_000
_TIMES = """
SELECT arraySlice(arrayReverseSort(groupUniqArray(toUnixTimestamp64Milli(_instant))), 1, 1000)
FROM events AS e
WHERE e.name IN (_name, _adjusted) AND _rows
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """Events whose moments are wanted: of a property, by default their own time."""

    pick: EventPick
    of: str = TIME_FIELD


def times(wanted: Timed, context: Context, reach: list[exp.Expr]) -> exp.Select:
    """The newest thousand moments, ms since 1970, future ones included: one row with an array."""
    name, adjusted = (context.bindings.text(each) for each in money_events(wanted.pick.event))
    instant = event_property(wanted.of, context).instant
    there = sql("_instant IS NOT NULL", instant=instant.copy())
    rows = every([there, *filter_tests(wanted.pick.where, context), *reach])
    return select(
        _TIMES, instant=sql("assumeNotNull(_instant)", instant=instant), name=name, adjusted=adjusted, rows=rows
    )
