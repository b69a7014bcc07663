"""The verbs of tracking plans: which plan covers a source, what it would have done, what traffic suggests.

Plans are read from the definitions and compiled once per change; the collector asks for every request.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy.engine import Connection

from ninefold.base import Clock, from_ms, missing
from ninefold.collect.event import Event
from ninefold.store import Definition, Document, Events, Records, definitions_mark, list_definitions, put_definition

from . import queries
from .document import EVENT_KIND, PLAN_KIND, event_document, parse_event, parse_plan
from .draft import Seen, draft
from .model import Checked, Plan, PlannedEvent, Reply, Simulation, Tally
from .rules import OMITTED, VIOLATIONS, Checker, covering, with_events

_FRESH_SECONDS = 1.0  # a saved plan holds for events that arrive so much later
_VALUES = 12
_MOST_TALLIES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """The compiled plans: by the sources they name, and the one for all others."""

    mark: str = ""
    named: Mapping[str, Checker] = field(default_factory=dict)
    rest: Checker | None = None


class Plans:
    """Tracking plans."""

    def __init__(self, records: Records, events: Events, clock: Clock) -> None:
        self._records = records
        self._events = events
        self._clock = clock
        self._book = _Book()
        self._looked = -_FRESH_SECONDS
        self._guard = threading.Lock()

    @staticmethod
    def save_plan(conn: Connection, document: Document, *, now: datetime, author: str = "") -> Definition:
        """Check a plan and store it as its next version.

        Raises:
            Error: invalid ``bad_plan``.
        """
        plan = parse_plan(document)
        return put_definition(conn, PLAN_KIND, plan.key, document, now=now, author=author)

    @staticmethod
    def save_event(conn: Connection, document: Document, *, now: datetime, author: str = "") -> Definition:
        """Check a planned event, also against the others of its plans, and store it as its next version.

        Raises:
            Error: invalid ``bad_plan``.
        """
        planned = parse_event(document)
        others = [one for one in _planned(conn) if one.key != planned.key]
        for key in planned.plans:
            with_events(parse_plan({"key": key}), [*others, planned])
        return put_definition(conn, EVENT_KIND, planned.key, document, now=now, author=author)

    def list(self) -> tuple[Plan, ...]:
        """All plans with their events."""
        with self._records.begin() as conn:
            return _plans(conn)

    def get(self, key: str) -> Plan:
        """A plan with its events; ``default`` without rules of its own while nobody has saved one of that key.

        Raises:
            Error: missing.
        """
        with self._records.begin() as conn:
            found = next((plan for plan in _plans(conn) if plan.key == key), None)
        if found is None:
            raise missing("unknown_plan", f'there is no tracking plan "{key}"', field="plan", got=key)
        return found

    @property
    def stale(self) -> bool:
        """Whether :meth:`refresh` should be called, off the event loop, before the next :meth:`checker`."""
        return time.monotonic() - self._looked >= _FRESH_SECONDS

    def refresh(self) -> None:
        """Look for changed plans and compile them; several callers at once do it once."""
        if not self._guard.acquire(blocking=not self._book.mark):
            return
        try:
            if not self.stale:
                return
            with self._records.begin() as conn:
                mark = definitions_mark(conn, (PLAN_KIND, EVENT_KIND))
                if mark != self._book.mark:
                    self._book = _book(mark, _plans(conn))
            self._looked = time.monotonic()
        finally:
            self._guard.release()

    def checker(self, source: str) -> Checker | None:
        """The plan of a source as of the last :meth:`refresh`, ready to judge; None when none covers it."""
        book = self._book
        return book.named.get(source, book.rest)

    def checker_now(self, source: str) -> Checker | None:
        """The same after a :meth:`refresh` where it is due; not for the event loop."""
        if self.stale:
            self.refresh()
        return self.checker(source)

    def simulate(
        self, plan: str | Document, events: Iterable[Document] = (), *, days: int = 7, most: int = 200_000
    ) -> Simulation:
        """What a plan would have done to the track events that were kept during the last days; nothing is changed.

        Args:
            plan: key of a stored plan, or the document of one.
            events: documents of planned events that are added to the stored ones, or replace those of their key.
            days: how far back.
            most: events to judge; of more, an even sample by message id is taken, which the answer says.

        Raises:
            Error: missing or invalid, as for the documents.
        """
        with self._records.begin() as conn:
            stored = {one.key: one for one in _planned(conn)}
        for document in events:
            planned = parse_event(document)
            stored[planned.key] = planned
        base = self.get(plan) if isinstance(plan, str) else parse_plan(plan)
        checker = Checker(with_events(base, stored.values()))
        since = self._clock.now() - timedelta(days=days)
        total = self._events.count(queries.recent_count(since, base.sources))
        one_in = max(1, -(-total // most))
        judged = _Judged()
        for batch in self._events.stream(queries.recent_events(since, base.sources, one_in=one_in)):
            for row in batch.to_pylist():
                judged.add(checker.check(_event(row)), row)
        return judged.simulation(days=days, total=total)

    def draft(self, *, plan: str = "default", sources: Iterable[str] = (), days: int = 7) -> tuple[dict[str, Any], ...]:
        """Documents of planned events as the track events of the last days suggest them, the most frequent first.

        A property on nearly all events is drafted as required, few different values as a list of values, by counts
        over all events. Meant to be read and corrected.
        """
        since, wanted = self._clock.now() - timedelta(days=days), tuple(sources)
        counts = self._events.query(queries.event_counts(since, wanted)).to_pylist()
        seen: dict[tuple[str, str], dict[str, Any]] = {}
        for row in self._events.query(queries.text_properties(since, wanted, values=_VALUES)).to_pylist():
            seen[row["event"], row["property"]] = {"texts": row["events"], **row, "values": tuple(row["values"])}
        for row in self._events.query(queries.number_properties(since, wanted)).to_pylist():
            known = seen.setdefault((row["event"], row["property"]), {**row, "events": 0})
            known |= {"numbers": row["events"], "whole": row["whole"], "least": row["least"]}
            known["events"] += row["events"]
        planned = draft(
            {row["name"]: row["events"] for row in counts}, [Seen(**one) for one in seen.values()], plan=plan
        )
        return tuple(event_document(one) for one in planned)

    def violations(self, *, days: int = 7, limit: int = 500) -> tuple[Tally, ...]:
        """Faults of the events that were kept during the last days, the most frequent first; exact."""
        since = self._clock.now() - timedelta(days=days)
        rows = self._events.query(queries.violations(since, limit=limit)).to_pylist()
        return tuple(
            Tally(
                event=row["event"],
                fault=row["fault"],
                path=row["path"],
                events=row["events"],
                sources=tuple(row["sources"]),
                sample=row["sample"],
                message=row["message"],
                latest=from_ms(row["latest_ms"]),
            )
            for row in rows
        )


def _book(mark: str, plans: tuple[Plan, ...]) -> _Book:
    """Plans ordered and compiled once."""
    checkers = {plan.key: Checker(plan) for plan in plans}
    named, rest = covering(plans)
    return _Book(
        mark=mark,
        named={source: checkers[plan.key] for source, plan in named.items()},
        rest=None if rest is None else checkers[rest.key],
    )


class _Judged:
    """Counts what a plan says of many events."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.faults: dict[tuple[str, str, str], dict[str, Any]] = {}

    def add(self, checked: Checked, row: Mapping[str, Any]) -> None:
        replies = {one.reply for one in checked.violations}
        hardest = next((reply for reply in (Reply.BLOCK, Reply.OMIT, Reply.ALLOW) if reply in replies), None)
        self.outcomes[hardest.value if hardest else "pass"] += 1
        for one in checked.violations:
            known = self.faults.setdefault(
                (row["name"], one.fault.value, one.path),
                {"events": 0, "sources": set(), "sample": row["message_id"], "message": one.message, "at": 0},
            )
            known["events"] += 1
            known["sources"].add(row["source"])
            if row["at_ms"] >= known["at"]:
                known |= {"at": row["at_ms"], "sample": row["message_id"], "message": one.message}

    def simulation(self, *, days: int, total: int) -> Simulation:
        ordered = sorted(self.faults.items(), key=lambda one: (-one[1]["events"], one[0]))
        return Simulation(
            days=days,
            events=self.outcomes.total(),
            total=total,
            passed=self.outcomes["pass"],
            allowed=self.outcomes[Reply.ALLOW],
            reduced=self.outcomes[Reply.OMIT],
            blocked=self.outcomes[Reply.BLOCK],
            tallies=tuple(
                Tally(
                    event=event,
                    fault=fault,
                    path=path,
                    events=known["events"],
                    sources=tuple(sorted(known["sources"])[:10]),
                    sample=known["sample"],
                    message=known["message"],
                    latest=from_ms(known["at"]),
                )
                for (event, fault, path), known in ordered[:_MOST_TALLIES]
            ),
        )


def _event(row: Mapping[str, Any]) -> Event:
    """A stored event as it arrived, before any plan took something out of it."""
    props, nums = dict(row["props"]), dict(row["nums"])
    for name, value in _omitted(props).items():
        if isinstance(value, str):
            props.setdefault(name, value)
        else:
            nums.setdefault(name, float(value))
    return Event(row["message_id"], "track", row["name"], row["at_ms"], 0, row["source"], "", (), 0, {}, props, nums)


def _omitted(props: dict[str, str]) -> dict[str, str | float]:
    props.pop(VIOLATIONS, None)
    kept = props.pop(OMITTED, "")
    return msgspec.json.decode(kept, type=dict[str, str | float]) if kept else {}


def _planned(conn: Connection) -> list[PlannedEvent]:
    return [parse_event(one.document, version=one.version) for one in list_definitions(conn, EVENT_KIND)]


def _plans(conn: Connection) -> tuple[Plan, ...]:
    planned = _planned(conn)
    plans = [parse_plan(one.document, version=one.version) for one in list_definitions(conn, PLAN_KIND)]
    return tuple(with_events(plan, planned) for plan in plans)
