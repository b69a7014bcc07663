"""Asking the events store about conditions: why a person is in or out, and which names there are."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeAlias

import pyarrow as pa

from ninefold.base import from_ms, missing, zone_of
from ninefold.store import Events

from . import queries
from .describe import Language, describe
from .forecast import edges, turns, value_turns, values
from .forms import show
from .model import (
    AllOf,
    AnyOf,
    Catalog,
    Condition,
    EventClause,
    Everyone,
    Limited,
    Measure,
    Not,
    SegmentClause,
    SequenceClause,
    TagClause,
    TraitClause,
    lineage,
    parts_of,
    walk,
)
from .reading import AS_STORED, Reading

_Found: TypeAlias = tuple[str | None, int | None, str]
MOMENTS_MAX = 200
HORIZON = timedelta(days=400)
_CLAUSES_AT_ONCE = 40  # the store takes statements of 256 kB


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One node of a condition, for one person.

    Attributes:
        path: its place in the document.
        condition: the node.
        verdict: whether it is true.
        required: what the value had to be, e.g. ``gte 3``; empty for groups.
        actual: the person's value as text; None when there is none, and for groups.
        at: when the value was set, the last such event happened, or the tag or segment was built.
        source: where a trait's value came from.
        parts: the nodes inside.
    """

    path: str
    condition: Condition
    verdict: bool
    required: str = ""
    actual: str | None = None
    at: datetime | None = None
    source: str = ""
    parts: tuple["Explained", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a person is in or out of a condition's people.

    Attributes:
        oneid: the present person asked about (after merges).
        verdict: in or out.
        tree: the condition, node by node.
    """

    oneid: int
    verdict: bool
    tree: Explained

    def lines(self, language: Language = "en", zone: str = "UTC") -> tuple[str, ...]:
        """The explanation as indented lines: verdict, the clause in words, the person's value."""
        return tuple(_lines(self.tree, 0, language, zone))


def explain(
    condition: Condition, oneid: int, events: Events, *, now: datetime, zone: str, reading: Reading = AS_STORED
) -> Explanation:
    """Why a person is in or out, clause by clause, by the very SQL that makes the segment, asked about one person.

    Args:
        condition: the tree.
        oneid: the person; an account merged since is followed.
        events: the events store.
        now: the instant it is asked for.
        zone: business zone, IANA name.
        reading: under which policies of traits.

    Raises:
        Error: missing, when there is no such person; invalid, for a tree whose shape is wrong.
    """
    root = events.count(queries.root_of(oneid))
    row = events.query(queries.verdicts(condition, root, now=now, zone=zone, reading=reading)).to_pylist()[0]
    if not row["known"]:
        raise missing("unknown_person", "there is no such person", field="oneid", got=oneid)
    nodes = list(walk(condition))
    verdicts = dict(zip((path for path, _ in nodes), map(bool, row["verdicts"]), strict=True))
    clauses = [(path, node) for path, node in nodes if not isinstance(node, AllOf | AnyOf | Not | Limited)]
    found: dict[str, _Found] = {}
    for first in range(0, len(clauses), _CLAUSES_AT_ONCE):
        some = clauses[first : first + _CLAUSES_AT_ONCE]
        statement = queries.evidence([node for _, node in some], root, now=now, zone=zone, reading=reading)
        told = events.query(statement).to_pylist()[0]["found"]
        found |= {path: tuple(each.values()) for (path, _), each in zip(some, told, strict=True)}
    tree = _explained(condition, "condition", verdicts, found)
    return Explanation(oneid=root, verdict=tree.verdict, tree=tree)


def read_catalog(events: Events, *, about: Condition | None = None) -> Catalog:
    """The catalog of names in the live data, for `check`.

    Args:
        events: the events store.
        about: look at kinds of values and at properties only for the names this condition uses; much cheaper on
            large data. None looks at all.
    """
    rows: pa.Table = events.query(queries.names_seen(lineage(about) if about is not None else None))
    seen = [
        queries.Seen(what=row["what"], owner=row["owner"], label=row["label"], kinds=tuple(row["kinds"]))
        for row in rows.to_pylist()
    ]
    return queries.catalog_of(seen)


def _explained(node: Condition, path: str, verdicts: dict[str, bool], found: dict[str, _Found]) -> Explained:
    inside = tuple(_explained(part, place, verdicts, found) for place, part in parts_of(node, path))
    if inside:
        return Explained(path=path, condition=node, verdict=verdicts[path], parts=inside)
    actual, at, source = found[path]
    if isinstance(node, SegmentClause):
        actual = "in" if verdicts[path] else "out"
    return Explained(
        path=path,
        condition=node,
        verdict=verdicts[path],
        required=_required(node),
        actual=actual,
        at=from_ms(at) if at else None,
        source=source,
    )


def _required(node: Condition) -> str:
    said = ""
    match node:
        case SegmentClause():
            said = "in"
        case EventClause(measure=Measure.DID):
            said = "gte 1"
        case EventClause(measure=Measure.DID_NOT):
            said = "eq 0"
        case EventClause(measure=Measure.RESUMED, gap=gap):
            said = f"gte {gap}"
        case SequenceClause(steps=steps):
            said = f"gte {len(steps)}"
        case TraitClause(op=op, value=value) | TagClause(op=op, value=value) | EventClause(op=op, value=value):
            said = f"{op or ''} {'' if value is None else show(value)}".strip()
        case _:
            pass
    return said


def _lines(node: Explained, depth: int, language: Language, zone: str) -> Iterator[str]:
    mark = "✓" if node.verdict else "✗"
    match node.condition:
        case AllOf():
            words = "all of" if language == "en" else "全部满足"
        case AnyOf():
            words = "any of" if language == "en" else "任一满足"
        case Not():
            words = "not" if language == "en" else "不满足"
        case Limited():
            words = describe(replace(node.condition, part=Everyone()), language)
        case _:
            value = "-" if node.actual is None else node.actual
            when = f", {node.at.astimezone(zone_of(zone)):%Y-%m-%d %H:%M}" if node.at else ""
            origin = f", {node.source}" if node.source else ""
            words = f"{describe(node.condition, language)}: {value}{origin}{when}"
    yield f"{'  ' * depth}{mark} {words}"
    for part in node.parts:
        yield from _lines(part, depth + 1, language, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """When a person comes in or goes out if nothing else happens.

    Attributes:
        verdict: in or out now.
        at: the first instant at which it is the other way round; None where there is none up to `until`.
        until: how far was looked.
        because: the clauses that turn at that instant.
        others: it also depends on other people (a limit) or on the next refresh of a segment, which nobody foresees.
    """

    verdict: bool
    at: datetime | None
    until: datetime
    because: tuple[Condition, ...] = ()
    others: bool = False


def when_next(
    condition: Condition, oneid: int, events: Events, *, now: datetime, zone: str, reading: Reading = AS_STORED
) -> Turn:
    """When a person will come in or go out by themselves, if no event, value or merge comes in between.

    The very SQL that makes the segment is asked, about one person, at every instant at which a window, span or calendar
    day can turn it, within 400 days; at most 200 of them, after which `until` says how far it was looked.

    Raises:
        Error: missing, when there is no such person; invalid, for a tree whose shape is wrong.
    """
    asked = _Asked(
        condition=condition, root=events.count(queries.root_of(oneid)), events=events, zone=zone, reading=reading
    )
    return asked.turn(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A condition and a person."""

    condition: Condition
    root: int
    events: Events
    zone: str
    reading: Reading

    def turn(self, now: datetime) -> Turn:
        """The first instant after now at which the answer is another."""
        present = self._verdicts(now)
        moments = self._moments(now, now + HORIZON)
        others = any(isinstance(node, Limited | SegmentClause) for _, node in walk(self.condition))
        for moment in islice(moments, MOMENTS_MAX):
            later = self._verdicts(moment)
            if later["condition"] is not present["condition"]:
                because = tuple(
                    node
                    for path, node in walk(self.condition)
                    if not isinstance(node, AllOf | AnyOf | Not) and later[path] is not present[path]
                )
                return Turn(verdict=present["condition"], at=moment, until=moment, because=because, others=others)
        until = moments[MOMENTS_MAX - 1] if len(moments) > MOMENTS_MAX else now + HORIZON
        return Turn(verdict=present["condition"], at=None, until=until, others=others)

    def _verdicts(self, now: datetime) -> dict[str, bool]:
        statement = queries.verdicts(self.condition, self.root, now=now, zone=self.zone, reading=self.reading)
        row = self.events.query(statement).to_pylist()[0]
        if not row["known"]:
            raise missing("unknown_person", "there is no such person", field="oneid", got=self.root)
        return dict(zip((path for path, _ in walk(self.condition)), map(bool, row["verdicts"]), strict=True))

    def _moments(self, now: datetime, horizon: datetime) -> list[datetime]:
        """All instants at which it may turn, in order."""
        found: set[datetime] = set()
        wanted = edges(self.condition)
        if wanted:
            statement = queries.moments([edge.timed for edge in wanted], self.root, now=now, zone=self.zone)
            [row] = self.events.query(statement).to_pylist()
            for edge, times in zip(wanted, row["found"], strict=True):
                found.update(turns(edge, times, self.zone))
        timed = values(self.condition)
        if timed:
            statement = queries.evidence(timed, self.root, now=now, zone=self.zone, reading=self.reading)
            [row] = self.events.query(statement).to_pylist()
            for clause, said in zip(timed, row["found"], strict=True):
                value = next(iter(said.values()))
                for one in [] if value is None else str(value).split(", "):
                    found.update(value_turns(clause, one, now=now, until=horizon, zone=self.zone))
        return sorted(moment for moment in found if now < moment <= horizon)
