"""Values for whoever groups and measures: of a property per event, of a tag per person - as conditions read them."""

from dataclasses import dataclass
from datetime import datetime

import sqlglot.expressions as exp

from ninefold.base import from_ms, to_ms
from ninefold.store import Statement, render

from .comparisons import Context, event_property
from .text import Bindings, select, sql

# The surviving account's value; else that of the account with the highest number. Several values count as one text.
_TAG = """
WITH merged AS (SELECT oneid, root FROM redirects FINAL WHERE oneid <> root)
SELECT
  toUInt32(if(r.root > 0, r.root, t.oneid)) AS person,
  argMax(t.mine, if(r.root > 0, toUInt64(t.oneid), 4294967296)) AS value
FROM (
  SELECT t.oneid AS oneid, arrayStringConcat(arraySort(groupUniqArray(t.value)), ', ') AS mine
  FROM tags AS t
  WHERE t.tag = _name AND t.version = (SELECT max(version) FROM tag_runs WHERE tag = _name)
  GROUP BY t.oneid
) AS t
LEFT ANY JOIN merged AS r ON r.oneid = t.oneid
GROUP BY person
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventValue:
    """A property of ``events AS e`` as expressions.

    Attributes:
        text: the value as text; '' where there is none.
        number: the value as Float64; 0 where there is none. Money in the major unit.
        has_number: whether there is a number.
        parameters: the values that the three are bound to.
    """

    text: exp.Expr
    number: exp.Expr
    has_number: exp.Expr
    parameters: dict[str, object]


def event_value(name: str, *, now: datetime, zone: str, prefix: str = "value_") -> EventValue:
    """A property by name, as conditions read it: a built-in field, or the event's own property."""
    bindings = Bindings(prefix)
    subject = event_property(name, Context(now=from_ms(to_ms(now)), zone=zone, bindings=bindings))
    text = sql(
        "multiIf(_has_text, toString(_text), _has_number, toString(_number), '')",
        has_text=subject.has_text,
        text=subject.text,
        has_number=subject.has_number,
        number=subject.number,
    )
    number = sql("toFloat64(_number)", number=subject.number)
    has_number = subject.has_number
    used = bindings.used(exp.array(text.copy(), number.copy(), has_number.copy()))
    return EventValue(text=text, number=number, has_number=has_number, parameters=used)


def tag_values(tag: str) -> Statement:
    """The value of a tag's current version of every present person who has one: person, value."""
    bindings = Bindings()
    return render(select(_TAG, name=bindings.text(tag)), bindings.values)
