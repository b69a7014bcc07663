"""Making sheets from the events store: of many accounts in the background, of one person when sheets do not hold."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ninefold.store import Events, Statement

from . import queries
from .model import Part, Published, Sheets
from .reading import entries_of, facts_of, tags_of

Spread = Callable[[Callable[[Statement], dict[int, str]], Iterable[Statement]], Iterable[dict[int, str]]]
"""How several questions are asked: ``map``, or that of an executor."""


class SheetBuilder:
    """The one way in which a sheet comes about."""

    def __init__(self, events: Events, order_events: Sequence[str], spread: Spread = map) -> None:
        """Args: the store; the events whose amounts are a person's revenue; how several questions are asked."""
        self._events = events
        self._order_events = tuple(order_events)
        self._spread = spread

    def build(self, part: Part, accounts: Sequence[int], tags: Mapping[str, Published]) -> dict[int, str]:
        """A part of the sheets of accounts, from the events store as it is now: account -> JSON."""
        match part:
            case Part.FACTS:
                found = list(self._spread(self._bodies, queries.facts(accounts, self._order_events)))
                return {oneid: _facts([one.get(oneid, "[]") for one in found]) for oneid in accounts}
            case Part.TAGS:
                newest = [(key, one.version) for key, one in tags.items()]
                held = self._bodies(queries.tags(accounts, newest)) if newest else {}
                return dict.fromkeys(accounts, "[]") | held
            case Part.ENTRIES:
                return dict.fromkeys(accounts, "[]") | self._bodies(queries.entries(accounts))

    def completed(self, sheets: Sheets, accounts: Sequence[int]) -> Sheets:
        """The same sheets with the parts that did not hold, made on the spot."""

        def now(part: Part) -> list[tuple[int, Any]]:
            made = self.build(part, accounts, sheets.published_tags)
            return [(oneid, json.loads(body)) for oneid, body in made.items()]

        return Sheets(
            facts=facts_of(now(Part.FACTS)) if sheets.facts is None else sheets.facts,
            tags=tags_of(now(Part.TAGS)) if sheets.tags is None else sheets.tags,
            entries=entries_of(now(Part.ENTRIES)) if sheets.entries is None else sheets.entries,
            segments=sheets.segments,
            published_tags=sheets.published_tags,
            missing=sheets.missing,
        )

    def _bodies(self, statement: Statement) -> dict[int, str]:
        rows = self._events.query(statement)
        return dict(zip(rows["oneid"].to_pylist(), rows["body"].to_pylist(), strict=True))


def _facts(bodies: Sequence[str]) -> str:
    return "{" + ",".join(f'"{name}":{body}' for name, body in zip(queries.FACTS, bodies, strict=True)) + "}"
