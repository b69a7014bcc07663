"""Takes relations from events: batch by batch as they come, and again from history when rules change."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.collect import Event, in_scope
from ninefold.governance import org
from ninefold.identity import Identity, Refused, normalise
from ninefold.store import Events, Records, Statement, list_definitions, put_definition

from . import queries
from .document import parse_rules
from .model import RULES_KIND, Derived, RelationRule, Said
from .rules import named, said_of
from .tables import told_relations

Shut = Callable[[Connection, Sequence[Sequence[tuple[str, str]]]], Sequence[bool]]
"""Which of some identifiers belong to people about whom nothing may be kept."""
_PAGE = 50_000


class ToldRelations:
    """Relations that events tell."""

    def __init__(self, records: Records, events: Events, tree: org.Org, shut: Shut) -> None:
        self._records = records
        self._events = events
        self._tree = tree
        self._shut = shut

    def save(self, conn: Connection, document: Mapping[str, Any], *, now: datetime, author: str = "") -> None:
        """Check a document of kind ``relation-rules`` and keep it as the next version; it holds for events to come."""
        parse_rules(document)
        put_definition(conn, RULES_KIND, str(document["key"]), document, now=now, author=author)

    def rules(self, conn: Connection) -> tuple[RelationRule, ...]:
        """The rules in force."""
        kept = list_definitions(conn, RULES_KIND)
        return tuple(rule for one in kept for rule in parse_rules(one.document, version=one.version))

    def observe(self, conn: Connection, events: Sequence[Event], people: Sequence[int]) -> int:
        """Take relations from the events of a batch; doing it again changes nothing. Returns what they named."""
        rules = self.rules(conn)
        return self._tell(conn, said_of(events, people, rules)) if rules else 0

    def derive(self) -> Derived:
        """Read the whole history by the rules in force, and drop what only former rules told.

        May be called again after a crash: what is told twice is there once, and dropping comes last. Events that were
        claimed under former rules must be in the events store by now (``collect.erasing.settle``).
        """
        with self._records.begin() as conn:
            rules = self.rules(conn)
            kept = {one.key: one.version for one in list_definitions(conn, RULES_KIND)}
        events = 0
        for rule in rules:
            for page in self._history(rule):
                with self._records.begin() as conn:
                    events += self._tell(conn, ((rule, one) for one in page))
        with self._records.begin() as conn:
            former = {"documents": list(kept), "versions": list(kept.values())}
            dropped = conn.execute(queries.DROP_FORMER, former).rowcount
            held = conn.scalar(sa.select(sa.func.count()).select_from(told_relations)) or 0
        return Derived(events=events, relations=held, dropped=dropped)

    def _history(self, rule: RelationRule) -> Iterator[list[Said]]:
        after = 0
        while True:
            sought = {"name": rule.event, "property": rule.property, "after": after, "limit": _PAGE}
            rows = self._events.query(Statement(queries.HISTORY, sought)).to_pylist()
            if not rows:
                return
            yield [_said(row, rule) for row in rows]
            after = rows[-1]["oneid"]

    def _tell(self, conn: Connection, said: Iterable[tuple[RelationRule, Said]]) -> int:
        rows = list(self._normal(conn, said))
        if rows:
            conn.execute(
                queries.TELL,
                {
                    "documents": [rule.document for rule, _, _ in rows],
                    "versions": [rule.version for rule, _, _ in rows],
                    "kinds": [rule.relation for rule, _, _ in rows],
                    "oneids": [one.oneid for _, one, _ in rows],
                    "sides": [rule.side for rule, _, _ in rows],
                    "namespaces": [namespace for _, _, (namespace, _) in rows],
                    "values": [value for _, _, (_, value) in rows],
                    "since": [one.ts for _, one, _ in rows],
                    "sources": [one.source for _, one, _ in rows],
                    "messages": [one.message_id for _, one, _ in rows],
                },
            )
        return len(rows)

    def _normal(
        self, conn: Connection, said: Iterable[tuple[RelationRule, Said]]
    ) -> Iterator[tuple[RelationRule, Said, tuple[str, str]]]:
        """Whom each names, as identity writes it; without those who are no identifier, and those who are suppressed."""
        found = list(said)
        if not found:
            return
        rules, scopes = Identity.load(conn).rules, self._tree.source_scopes(conn)
        ends: list[tuple[str, str]] = []
        for rule, one in found:
            if not rule.namespace:
                ends.append(("", one.name))
                continue
            ((namespace, raw),) = in_scope(((rule.namespace, one.name),), scopes.get(one.source, ""))
            value = normalise(namespace, raw, rules=rules)
            ends.append((namespace, "" if isinstance(value, Refused) else value))
        shut = self._shut(conn, [[end] if end[0] else [] for end in ends])
        for (rule, one), end, gone in zip(found, ends, shut, strict=True):
            if end[1] and not gone:
                yield rule, one, end


def _said(row: Mapping[str, Any], rule: RelationRule) -> Said:
    event = Event(
        row["message_id"], "track", row["name"], row["ts"], 0, row["source"], "", (), product_id=row["product_id"],
        props={rule.property: row["said"]}, nums={} if row["number"] is None else {rule.property: row["number"]},
    )  # fmt: skip
    return Said(oneid=row["oneid"], name=named(event, rule.property), ts=event.ts, source=event.source,
                message_id=event.message_id)  # fmt: skip
