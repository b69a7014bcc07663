"""One clause as SQL: a SELECT of one bitmap of people, and a SELECT of what one person's data say about it.

Rows keep the person they were about when they arrived. Existence is read as a bitmap of these and moved to the
merged people at the end; figures and latest values join ``merged`` first, so that one person has one figure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import sqlglot.expressions as exp

from ninefold.predicate.model import (
    Clause,
    EventClause,
    Everyone,
    Op,
    SegmentClause,
    SequenceClause,
    TagClause,
    TraitClause,
)

from .comparisons import Context, stored, verdict
from .figures import event_rows, figure, ranked
from .held import held
from .sequences import sequence, sequence_evidence
from .text import every, negated, select, sql

# The person of a row of alias x: the one its account was merged into, if any.
_TRAIT = """
SELECT if(r.root > 0, r.root, t.oneid) AS person
FROM traits AS t
LEFT ANY JOIN merged AS r ON r.oneid = t.oneid
WHERE _rows
GROUP BY person
HAVING argMax(_test, _newest)
"""
_VALUED = "SELECT t.person AS person FROM _values WHERE _test"
# Of a merged person's accounts the surviving one's values count; if it has none, those of the highest of the others.
_TAG = """
SELECT if(r.root > 0, r.root, t.oneid) AS person
FROM (
  SELECT t.oneid AS oneid, _verdict AS verdict
  FROM tags AS t
  WHERE t.tag = _name AND t.version = (SELECT max(version) FROM tag_runs WHERE tag = _name) AND _reach
  GROUP BY t.oneid
) AS t
LEFT ANY JOIN merged AS r ON r.oneid = t.oneid
GROUP BY person
HAVING argMax(t.verdict, if(r.root > 0, toUInt64(t.oneid), 4294967296))
"""
_FIGURE = """
SELECT if(r.root > 0, r.root, e.oneid) AS person
FROM events AS e
LEFT ANY JOIN merged AS r ON r.oneid = e.oneid
WHERE _rows
GROUP BY person
HAVING _test
"""
_RANKED = """
SELECT if(r.root > 0, r.root, e.oneid) AS person, toFloat64(_value) AS value
FROM events AS e
LEFT ANY JOIN merged AS r ON r.oneid = e.oneid
WHERE _rows
GROUP BY person
"""
_TRAIT_NUMBER = """
SELECT if(r.root > 0, r.root, t.oneid) AS person, tupleElement(argMax(tuple(t.num), _newest), 1) AS value
FROM traits AS t
LEFT ANY JOIN merged AS r ON r.oneid = t.oneid
WHERE t.key = _name
GROUP BY person
HAVING argMax(t.deleted, _newest) = 0 AND value IS NOT NULL
"""
_VALUED_NUMBER = "SELECT t.person AS person, t.num AS value FROM _values WHERE t.num IS NOT NULL"
_TAG_NUMBER = """
SELECT if(r.root > 0, r.root, t.oneid) AS person,
  tupleElement(argMax(tuple(t.num), if(r.root > 0, toUInt64(t.oneid), 4294967296)), 1) AS value
FROM (
  SELECT t.oneid AS oneid, max(t.num) AS num
  FROM tags AS t
  WHERE t.tag = _name AND t.version = (SELECT max(version) FROM tag_runs WHERE tag = _name)
  GROUP BY t.oneid
) AS t
LEFT ANY JOIN merged AS r ON r.oneid = t.oneid
GROUP BY person
HAVING value IS NOT NULL
"""
_DID = "SELECT groupBitmapState(e.oneid) AS members FROM events AS e WHERE _rows"
_PEOPLE = "SELECT groupBitmapState(person) AS members FROM _grouped"
_SEGMENT = """
SELECT groupBitmapMergeState(members) AS members
FROM (SELECT members FROM segment_versions WHERE segment = _name ORDER BY version DESC LIMIT 1)
"""

# Latest by time, then source, then value: a text whose order is theirs (the time is 6 bytes from 1688 on).
_NEWEST = """
concat(
  reverse(reinterpretAsString(toUnixTimestamp64Milli(t.ts) + 10000000000000)),
  t.source, char(0), t.value, char(0), toString(t.deleted)
)
"""
# What the data say of one person: the value as text (NULL for none), when, from where. A trait stated only where there
# is no other stands under a time mirrored at 2000-01-01, so a time before it is mirrored back.
_TRAIT_EVIDENCE = """
SELECT tuple(
  tupleElement(argMax(tuple(if(t.deleted = 1, NULL, t.value)), _newest), 1),
  if(
    count() = 0, 0,
    greatest(max(toUnixTimestamp64Milli(t.ts)), 1893369600000 - max(toUnixTimestamp64Milli(t.ts)))
  ),
  argMax(toString(t.source), _newest)
)
FROM traits AS t
WHERE t.key = _name
"""
_HELD_EVIDENCE = """
SELECT tuple(
  if(count() = 0, NULL, any(t.value)),
  if(count() = 0, 0, greatest(any(t.ms), 1893369600000 - any(t.ms))),
  any(t.source)
)
FROM _values
"""
_TAG_EVIDENCE = """
SELECT tuple(if(count() = 0, NULL, argMax(mine, rank)), max(built), '')
FROM (
  SELECT
    if(t.oneid = _oneid, 4294967296, toUInt64(t.oneid)) AS rank,
    arrayStringConcat(arraySort(groupUniqArray(t.value)), ', ') AS mine,
    (SELECT toUnixTimestamp64Milli(max(built_at)) FROM tag_runs WHERE tag = _name) AS built
  FROM tags AS t
  WHERE t.tag = _name AND t.version = (SELECT max(version) FROM tag_runs WHERE tag = _name) AND _reach
  GROUP BY rank
)
"""
_SEGMENT_EVIDENCE = """
SELECT tuple(CAST(NULL AS Nullable(String)), max(toUnixTimestamp64Milli(built_at)), '')
FROM segment_versions
WHERE segment = _name
"""
_FIGURE_EVIDENCE = """
SELECT tuple(_value, if(count() = 0, 0, max(toUnixTimestamp64Milli(e.ts))), '')
FROM events AS e
WHERE _rows
"""
_NO_EVIDENCE = "SELECT tuple(CAST(NULL AS Nullable(String)), 0, '')"


Reach: TypeAlias = Callable[[str], list[exp.Expr]]
"""Gives the tests that keep, under a table alias, the rows of the people asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A clause read from the store.

    Attributes:
        members: a SELECT of one row with one bitmap; None for everyone.
        raw: the bitmap holds people as they were when the rows arrived: move them to the merged ones.
        snapshot: it may hold people who are no more: keep those who are.
        negative: the clause is true for everyone not in it.
    """

    members: exp.Select | None
    raw: bool = False
    snapshot: bool = False
    negative: bool = False


def read(clause: Clause, context: Context, reach: Reach) -> Read:
    """The bitmap of the people of a clause."""
    match clause:
        case Everyone():
            return Read(members=None)
        case SegmentClause(segment=segment):
            return Read(members=select(_SEGMENT, name=context.bindings.text(segment)), raw=True, snapshot=True)
        case TraitClause():
            return _trait(clause, context, reach)
        case TagClause():
            return _tag(clause, context, reach)
        case EventClause():
            return _event(clause, context, reach)
        case SequenceClause():
            return Read(members=_people(sequence(clause, context, reach("e"))))


def _people(grouped: exp.Select) -> exp.Select:
    return select(_PEOPLE, grouped=grouped.subquery(copy=False))


def _trait(clause: TraitClause, context: Context, reach: Reach) -> Read:
    found = verdict(stored("t", context), clause.op, clause.value, context)
    absent = clause.op is Op.NOT_EXISTS
    if not context.policies.simple(clause.key):
        values = _held(clause.key, context, reach)
        test = found.holds if absent else found.test()
        return Read(members=_people(select(_VALUED, values=_named(values), test=test)), negative=absent)
    test = every([sql("t.deleted = 0"), found.holds if absent else found.test()])
    rows = every([sql("t.key = _name", name=context.bindings.text(clause.key)), *reach("t")])
    return Read(members=_people(select(_TRAIT, rows=rows, test=test, newest=sql(_NEWEST))), negative=absent)


def _held(key: str, context: Context, reach: Reach) -> exp.Select:
    """The value in force of a trait that is not simply the newest statement."""
    policies = context.policies
    return held(
        [key], policies.of(key), context.bindings, changed=key in policies.changed, now=context.now, reach=reach("t")
    )


def _named(values: exp.Select) -> exp.Subquery:
    return exp.Subquery(this=values, alias=exp.TableAlias(this=exp.to_identifier("t")))


def _tag(clause: TagClause, context: Context, reach: Reach) -> Read:
    found = verdict(stored("t", context), clause.op, clause.value, context)
    absent = clause.op is Op.NOT_EXISTS
    judged = sql("max(_test)", test=found.holds)  # a person may have several values
    if found.negative and not absent:
        judged = sql("max(_known) AND NOT _judged", known=found.known, judged=judged)
    grouped = select(_TAG, name=context.bindings.text(clause.tag), verdict=judged, reach=every(reach("t")))
    return Read(members=_people(grouped), snapshot=True, negative=absent)


def _event(clause: EventClause, context: Context, reach: Reach) -> Read:
    asked = figure(clause, context)
    rows = every([*event_rows(clause, context), *asked.rows, *reach("e")])
    if asked.test is None:
        return Read(members=select(_DID, rows=rows), raw=True, negative=asked.negative)
    test = negated(asked.test) if asked.negative else asked.test
    return Read(members=_people(select(_FIGURE, rows=rows, test=test)), negative=asked.negative)


def ranks(clause: TraitClause | TagClause | EventClause, context: Context) -> exp.Select:
    """The number by which people are ranked: person, value; people without one are left out."""
    text = context.bindings.text
    match clause:
        case EventClause():
            value, rows = ranked(clause, context)
            return select(_RANKED, rows=every([*event_rows(clause, context), *rows]), value=value)
        case TagClause(tag=tag):
            return select(_TAG_NUMBER, name=text(tag))
        case TraitClause(key=key) if context.policies.simple(key):
            return select(_TRAIT_NUMBER, name=text(key), newest=sql(_NEWEST))
        case TraitClause(key=key):
            return select(_VALUED_NUMBER, values=_named(_held(key, context, _everybody)))


def _everybody(_: str) -> list[exp.Expr]:
    return []


def evidence(clause: Clause, oneid: exp.Expr, context: Context, reach: Reach) -> exp.Select:
    """What the data of one person say about a clause: one row with a tuple (value or NULL, ms or 0, source)."""
    text = context.bindings.text
    match clause:
        case Everyone():
            return select(_NO_EVIDENCE)
        case SegmentClause(segment=segment):
            return select(_SEGMENT_EVIDENCE, name=text(segment))
        case TraitClause(key=key):
            return _trait_evidence(key, context, reach)
        case TagClause(tag=tag):
            return select(_TAG_EVIDENCE, name=text(tag), oneid=oneid, reach=every(reach("t")))
        case EventClause():
            asked = figure(clause, context)
            rows = every([*event_rows(clause, context), *asked.rows, *reach("e")])
            return select(_FIGURE_EVIDENCE, value=asked.shown, rows=rows)
        case SequenceClause():
            return sequence_evidence(clause, context, reach("e"))


def _trait_evidence(key: str, context: Context, reach: Reach) -> exp.Select:
    if not context.policies.simple(key):
        return select(_HELD_EVIDENCE, values=_named(_held(key, context, reach)))
    tree = select(_TRAIT_EVIDENCE, name=context.bindings.text(key), newest=sql(_NEWEST))
    return tree.where(*reach("t"), copy=False)
