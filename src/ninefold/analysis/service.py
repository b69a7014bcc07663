"""Analyses: kept as documents, asked at any moment, and turned into the people behind a number."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from threading import Lock
from typing import TypeVar

import numpy as np
from sqlalchemy.engine import Connection

from ninefold.base import Fields, invalid
from ninefold.collect import backlog
from ninefold.identity import Identity
from ninefold.predicate import Condition, Problem, Reading, bounds, check, survivorship, tree
from ninefold.segments import Refresh, Segments
from ninefold.store import (
    Definition,
    Document,
    Events,
    Records,
    content_hash,
    get_definition,
    list_definitions,
    put_definition,
)

from .document import KIND, read_analysis
from .frame import Frame
from .methods import METHODS, READERS, Outcome, Result
from .model import Analysis, By, Chosen, Crowd, Grouping, People, Pick, Pin, Stamp
from .queries import newest_batch

_T = TypeVar("_T")
PAGE_MAX = 10_000
_UNSEEN = frozenset(("unknown_event", "unknown_trait", "unknown_property"))
_KEPT = 8  # answers whose people are at hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A result and what it says about itself."""

    stamp: Stamp
    result: Result


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdPage:
    """Some of the people behind a number.

    Attributes:
        size: how many they are, in all.
        people: public ids, in order of arrival.
        next: leads on; None at the end.
        restated: whether people were merged or parted since the number was computed. Then `size` is what the number
            is by now; else it is the number.
    """

    size: int
    people: tuple[str, ...]
    next: str | None
    restated: bool


class Analyses:
    """The analyses of one brand."""

    def __init__(
        self, records: Records, events: Events, identity: Identity, segments: Segments, *, zone: str = "UTC"
    ) -> None:
        """Args: the stores; OneID; segments; the business zone of days, weeks and months."""
        self._records = records
        self._events = events
        self._identity = identity
        self._segments = segments
        self._zone = zone
        self._lock = Lock()
        self._outcomes: OrderedDict[tuple[str, Pin], Outcome] = OrderedDict()

    def save(self, conn: Connection, document: Document, *, now: datetime, author: str = "") -> tuple[str, ...]:
        """Check an analysis document and keep it as the next version; unchanged content makes no new version.

        Returns:
            Advice: names in it that nobody has been seen with.

        Raises:
            Error: invalid, naming the first wrong field.
        """
        analysis = read_analysis(document, READERS, saved=True)
        found = self._problems(conn, analysis)
        for problem in found:
            if problem.code not in _UNSEEN:
                raise problem.error()
        put_definition(conn, KIND, analysis.key, document, now=now, author=author)
        return tuple(_told(problem) for problem in found)

    def get(self, key: str, version: int | None = None) -> Definition:
        """A saved analysis; raises missing with the nearest key."""
        with self._records.begin() as conn:
            return get_definition(conn, KIND, key, version)

    def list(self) -> tuple[Definition, ...]:
        """All saved analyses that are not retired, by key."""
        with self._records.begin() as conn:
            return tuple(list_definitions(conn, KIND))

    def run(self, document: Document, *, now: datetime) -> Answer:
        """The numbers of an analysis at this moment.

        Args:
            document: as it is saved, or without key, name and owner.
            now: events after it do not count.

        Raises:
            Error: invalid, naming the first wrong field; unavailable, when the store cannot answer.
        """
        analysis = read_analysis(document, READERS, saved=False)
        with self._records.begin() as conn:
            problems = self._problems(conn, analysis)
            waiting = backlog(conn).events
        for problem in problems:
            if problem.code not in _UNSEEN:
                raise problem.error()
        frame = self._frame(analysis, Pin(as_of=now, watermark=self._events.count(newest_batch()), identities=""))
        outcome = METHODS[analysis.method].run(analysis.matter, frame)
        self._keep(document, frame.pin, outcome)
        stamp = Stamp(
            pin=frame.pin,
            zone=self._zone,
            start=frame.start,
            end=frame.end,
            asked=None if frame.crowd is None else len(frame.crowd),
            waiting=waiting,
            complete=outcome.complete_at <= now,
            complete_at=outcome.complete_at,
            notes=(*outcome.notes, *(_told(problem) for problem in problems)),
            sql=frame.shown,
        )
        return Answer(stamp=stamp, result=outcome.result)

    def audience(self, document: Document, pin: Pin, crowd: Crowd) -> tuple[People, bool]:
        """All people behind a number, and whether people were merged or parted since it was computed.

        Later events and later batches stay out of it: only who is who is as it is now, so that nobody is listed
        twice. Traits, tags and segments are read as they are now, unless this process still has the answer.

        Args:
            document: the analysis, as it was asked.
            pin: from the answer's stamp.
            crowd: from beside the number.
        """
        analysis = read_analysis(document, READERS, saved=False)
        wanted = Fields(crowd, path="crowd", allowed=METHODS[analysis.method].crowd)
        frame = self._frame(analysis, replace(pin, identities=""), restricted=False)
        restated = frame.pin.identities != pin.identities
        with self._lock:
            outcome = None if restated else self._outcomes.get((content_hash(document), pin))
        if outcome is None:
            if analysis.who is not None:
                frame.restrict(analysis.who)
            outcome = METHODS[analysis.method].run(analysis.matter, frame)
            self._keep(document, frame.pin, outcome)
        return outcome.crowd(wanted), restated

    def people(
        self, document: Document, pin: Pin, crowd: Crowd, *, after: str | None = None, limit: int = 100
    ) -> CrowdPage:
        """A page of the people behind a number, by public id in order of arrival; see :meth:`audience`.

        Args:
            document: the analysis, as it was asked.
            pin: from the answer's stamp.
            crowd: from beside the number.
            after: go on after this person.
            limit: 1 to 10,000.
        """
        if not 1 <= limit <= PAGE_MAX:
            raise invalid("bad_limit", "not a number of people", field="limit", got=limit, allowed=f"1 to {PAGE_MAX}")
        everyone, restated = self.audience(document, pin, crowd)
        with self._records.begin() as conn:
            start = self._identity.by_public_id(conn, after).was if after else 0
            place = int(np.searchsorted(everyone, start, side="right"))
            shown = [int(one) for one in everyone[place : place + limit]]
            names = self._identity.public_ids(conn, shown)
        more = place + limit < len(everyone)
        return CrowdPage(
            size=len(everyone),
            people=tuple(names[one] for one in shown if one in names),
            next=names.get(shown[-1]) if more else None,
            restated=restated,
        )

    def to_segment(
        self, document: Document, pin: Pin, crowd: Crowd, *, header: Document, now: datetime, author: str = ""
    ) -> Refresh:
        """Save the people behind a number as a segment: a list that stays as it is, merges followed.

        Args:
            document: the analysis, as it was asked.
            pin: from the answer's stamp.
            crowd: from beside the number.
            header: key, name, owner and purpose of the segment.
            now: when.
            author: who.
        """
        people, _ = self.audience(document, pin, crowd)
        origin = str(document.get("key") or document.get("method"))
        listed = {
            **header,
            "list": {"from": f"analysis {origin}", "as_of": pin.as_of.isoformat(), "people": len(people)},
        }
        return self._segments.keep(listed, people, now=now, author=author)

    def _frame(self, analysis: Analysis, pin: Pin, *, restricted: bool = True) -> Frame:
        window = bounds(analysis.over, now=pin.as_of, zone=self._zone)
        if window.start is None or window.end is None:
            raise invalid(
                "open_window", "an analysis needs a window with a beginning", field="over", got="before",
                allowed='"30d", "this_month", {"from": ..., "to": ...} or {"since": ...}',
            )  # fmt: skip
        if window.start >= window.end:
            raise invalid(
                "empty_window", "the window has not begun yet", field="over", got=window.start.isoformat(),
                allowed="a window that begins before now",
            )  # fmt: skip
        with self._records.begin() as conn:
            reading = Reading(policies=survivorship.load(conn))
        frame = Frame(
            self._events, pin, (window.start, window.end), self._zone, reading, resolve=self._segments.resolved
        )
        if restricted and analysis.who is not None:
            frame.restrict(analysis.who)
        return frame

    def _keep(self, document: Document, pin: Pin, outcome: Outcome) -> None:
        with self._lock:
            self._outcomes[content_hash(document), pin] = outcome
            while len(self._outcomes) > _KEPT:
                self._outcomes.popitem(last=False)

    def _problems(self, conn: Connection, analysis: Analysis) -> tuple[Problem, ...]:
        """What is wrong with names and values in the crowd's condition and in filters."""
        asked: list[tuple[str, Condition]] = [] if analysis.who is None else [("who", analysis.who)]
        for path, pick in _found(analysis.matter, analysis.method, Pick):
            asked += [(path, tree.EventClause(event=name, where=pick.where)) for name in pick.events]
        asked += [(path, one.condition) for path, one in _found(analysis.matter, analysis.method, Chosen)]
        for _, one in _found(analysis.matter, analysis.method, Grouping):
            asked += [("breakdown", clause) for clause in _clause(one)]
        if not asked:
            return ()
        catalog = self._segments.catalog(conn, tree.AnyOf(parts=tuple(condition for _, condition in asked)))
        return tuple(problem for path, condition in asked for problem in check(condition, catalog, path=path))


def _clause(grouping: Grouping) -> tuple[Condition, ...]:
    """The clause by which the name of a grouping is checked."""
    match grouping.by:
        case By.TRAIT:
            return (tree.TraitClause(key=grouping.name),)
        case By.TAG:
            return (tree.TagClause(tag=grouping.name),)
        case By.SEGMENT:
            return (tree.SegmentClause(segment=grouping.name),)
        case By.PROPERTY:
            return ()


def _told(problem: Problem) -> str:
    return f"{problem.field}: {problem.message} {problem.got!r}. {problem.hint}".strip()


def _found(value: object, path: str, kind: type[_T]) -> Iterator[tuple[str, _T]]:
    """The values of a type inside a definition, with their places."""
    if isinstance(value, kind):
        yield path, value
    elif isinstance(value, tuple):
        for place, one in enumerate(value):
            yield from _found(one, f"{path}[{place}]", kind)
    elif is_dataclass(value):
        for each in fields(value):
            yield from _found(getattr(value, each.name), f"{path}.{each.name}", kind)
