"""The verbs of OneID: resolve a batch, find people, say how they were linked, block and link by hand.

Every verb works in the caller's transaction and leaves the commit to it. Writers queue up behind one lock; readers
never wait.
"""

import os
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, Literal, Self

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.base import invalid, missing, to_ms
from ninefold.store import find_definition

from . import ledger, outbox
from .arrival.resolve import resolve
from .arrival.reveal import reveal
from .changes import IdentifierSpan
from .model import (
    Action,
    Identifier,
    IdentifierBatch,
    IdentityCounts,
    IdentityRules,
    Link,
    Person,
    Reason,
    Refused,
    Resolution,
    Review,
    ReviewKind,
    State,
)
from .operators import verbs
from .person import WholePerson, read_whole
from .queries import packed
from .queries import people as sql
from .rules.document import DEFAULT_RULES, KIND, parse_rules
from .rules.normalise import clean_namespace, normalise
from .tables import identifiers, identity_assertions, identity_reviews, persons

_MANUAL = verbs.MANUAL_SOURCE
_PRESENT = np.iinfo(np.int64).max  # the span of an identifier that goes on
_BEGAN: Final[tuple[Literal["first", "unbind", "silence"], ...]] = ("first", "unbind", "silence")
_EXPORT = pa.schema([("namespace", pa.string()), ("value", pa.string()), ("oneid", pa.uint32())])


class Identity:
    """OneID under one version of the rules.

    Attributes:
        rules: the rules in force.
    """

    def __init__(self, rules: IdentityRules = DEFAULT_RULES) -> None:
        self.rules = rules

    @classmethod
    def load(cls, conn: Connection, key: str = "default") -> Self:
        """OneID under the stored rules of kind `identity-rules`, or under the default ones when none are stored.

        Salts that the rules name are read from the environment.

        Raises:
            Error: invalid, when the stored document is not valid.
        """
        found = find_definition(conn, KIND, key)
        return cls(parse_rules(found.document, version=found.version, secrets=os.environ) if found else DEFAULT_RULES)

    @classmethod
    def writing(cls, conn: Connection) -> Self:
        """The same as the only writer of identities until the transaction ends: nobody changes the rules meanwhile."""
        ledger.lock(conn)
        return cls.load(conn)

    def resolve(self, conn: Connection, batch: IdentifierBatch, *, now: datetime) -> Resolution:
        """Give every event of a batch its person; new identifiers, links and merges are stored on the way.

        Doing it again with the same batch gives the same people and stores nothing. The order of the rows does not
        matter. An event without a usable identifier gets person 0 and a reason.

        Args:
            conn: the caller's transaction.
            batch: the identifiers, as columns; up to about 50,000 events at once work best.
            now: time of recording.
        """
        return resolve(conn, batch, self.rules, now=now)

    def find(self, conn: Connection, namespace: str, raw: str, *, region: str = "") -> int | None:
        """The person who holds an identifier now, None when nobody does or the identifier is blocked.

        Args:
            conn: a transaction.
            namespace: kind of identifier, e.g. ``phone``.
            raw: the value in any form the normaliser reads.
            region: country of telephone numbers without country code; the rules' own when empty.
        """
        value = normalise(namespace, raw, rules=self.rules, region=region)
        if isinstance(value, Refused):
            return None
        oneid: int | None = conn.scalar(sql.HOLDER, {"namespace": clean_namespace(namespace), "value": value})
        return oneid

    def spans(self, conn: Connection, namespace: str, raw: str) -> tuple[IdentifierSpan, ...]:
        """When an identifier was whose, the oldest time first; nothing when it was never seen.

        Args:
            conn: a transaction.
            namespace: kind of identifier, e.g. ``phone``.
            raw: the value in any form the normaliser reads.
        """
        value = normalise(namespace, raw, rules=self.rules)
        if isinstance(value, Refused):
            return ()
        i = identifiers.c
        rows = conn.execute(
            sa.select(i.since_ms, i.until_ms, i.first_seen_ms, i.last_seen_ms, i.oneid, i.state, i.cut)
            .where(i.namespace == clean_namespace(namespace), i.value == value, i.since_ms < i.until_ms)
            .order_by(i.since_ms)
        )
        return tuple(
            IdentifierSpan(since_ms=None if since == -int(_PRESENT) - 1 else since,
                           until_ms=None if until == int(_PRESENT) else until, first_seen_ms=first, last_seen_ms=last,
                           oneid=oneid, active=state == State.ACTIVE, began=_BEGAN[cut])
            for since, until, first, last, oneid, state, cut in rows
        )  # fmt: skip

    def find_many(self, conn: Connection, references: Sequence[tuple[str, str]]) -> tuple[int | None, ...]:
        """Who holds each of many identifiers now, or has a public id, in two statements; None where nobody does.

        Args:
            conn: a transaction.
            references: (namespace, raw value) pairs; without a namespace the value is a public id.
        """
        found: list[int | None] = [None] * len(references)
        named: list[tuple[int, str, str]] = []
        for place, (namespace, raw) in enumerate(references):
            value = normalise(namespace, raw, rules=self.rules) if namespace else Refused.EMPTY
            if not isinstance(value, Refused):
                named.append((place, clean_namespace(namespace) or "", value))
        keys = {"names": [name for _, name, _ in named], "values": [value for _, _, value in named]}
        for row in conn.execute(sql.FIND_MANY, keys):
            found[named[row.n][0]] = row.oneid
        public = [(place, raw) for place, (namespace, raw) in enumerate(references) if not namespace]
        for row in conn.execute(sql.FIND_NAMED, {"values": [raw for _, raw in public]}):
            found[public[row.n][0]] = row.oneid
        return tuple(found)

    def find_anywhere(self, conn: Connection, raw: str) -> tuple[tuple[str, int], ...]:
        """Whoever holds a value in any namespace that reads it so: namespace and person, strongest namespace first.

        One probe of the index per namespace in use, since PostgreSQL skips from one namespace to the next.
        """
        names = (*self.rules.namespaces, self.rules.custom.name)
        values = {normalise(name, raw, rules=self.rules) for name in names}
        i = identifiers.c
        rows = conn.execute(
            sa.select(i.namespace, i.value, i.oneid).where(
                i.value.in_([value for value in values if not isinstance(value, Refused)]),
                i.oneid.is_not(None),
                i.state == int(State.ACTIVE),
                i.until_ms == int(_PRESENT),
            )
        )
        found = [(name, oneid) for name, value, oneid in rows if normalise(name, raw, rules=self.rules) == value]
        attached = {name: value for name in names if not self.rules.of(name).takes_part
                    and isinstance(value := normalise(name, raw, rules=self.rules), str)}  # fmt: skip
        if attached:
            keys = {"names": packed(attached), "values": packed(attached.values())}
            found += [(name, oneid) for name, _, oneid in conn.execute(sql.ATTACHED_TO, keys)]
        return tuple(sorted(found, key=lambda one: (self.rules.of(one[0]).priority, one[0])))

    def person(self, conn: Connection, oneid: int) -> Person:
        """The person a number stands for now, after all merges.

        Raises:
            Error: missing.
        """
        return _person(conn, persons.c.oneid == oneid, str(oneid))

    def by_public_id(self, conn: Connection, public_id: str) -> Person:
        """The person a public id stands for now, after all merges.

        Raises:
            Error: missing.
        """
        return _person(conn, persons.c.public_id == public_id, public_id)

    def public_ids(self, conn: Connection, oneids: Sequence[int]) -> dict[int, str]:
        """Public ids of many people, by number; numbers that nobody has are left out."""
        rows = conn.execute(sql.PUBLIC_IDS, {"people": packed(oneids)})
        return {int(row.oneid): str(row.public_id) for row in rows}

    def roots(self, conn: Connection, oneids: Sequence[int] | NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Who these people are now, in the same order; unknown numbers stay as they are."""
        distinct, places = np.unique(np.asarray(oneids, dtype=np.uint32), return_inverse=True)
        moved = {row.oneid: row.root for row in conn.execute(sql.ROOTS, {"people": distinct.tolist()})}
        now = np.asarray([moved.get(one, one) for one in distinct.tolist()], np.uint32)
        found: NDArray[np.uint32] = now[places]
        return found

    def merged_into(self, conn: Connection, roots: Sequence[int]) -> dict[int, int]:
        """The numbers that were merged into these people, with whom they are now."""
        rows = conn.execute(sql.MERGED_INTO, {"people": [int(root) for root in roots]})
        return {row.oneid: row.root for row in rows}

    def addresses(self, conn: Connection, roots: Sequence[int], namespace: str) -> dict[int, str]:
        """The identifier of a namespace last seen of each person; blocked ones, and those that are over, are none."""
        rows = conn.execute(sql.ADDRESSES, {"people": [int(root) for root in roots], "namespace": namespace})
        return {row.oneid: row.value for row in rows}

    def accounts(self, conn: Connection, oneid: int) -> dict[int, str]:
        """The numbers a person has or had, with their public ids: the root first, then whoever was merged into it.

        Args:
            conn: a transaction.
            oneid: the person, also one that has been merged since.
        """
        return {int(row.oneid): str(row.public_id) for row in conn.execute(sql.ACCOUNTS, {"oneid": oneid})}

    @staticmethod
    def all_accounts(conn: Connection, oneids: Collection[int]) -> frozenset[int]:
        """The numbers that the people of some numbers have or had."""
        p = persons.c
        root = sa.func.coalesce(p.merged_into, p.oneid)
        people = sa.select(root).where(p.oneid.in_(oneids))
        return frozenset(conn.scalars(sa.select(p.oneid).where(p.oneid.in_(people) | p.merged_into.in_(people))))

    def whole(self, conn: Connection, asked: int | str) -> WholePerson:
        """A person by number or public id, all their numbers, and their identifiers, strongest first.

        Raises:
            Error: missing.
        """
        return read_whole(conn, asked, lambda one: (self.rules.of(one.namespace).priority, one.namespace, one.value))

    def identifiers_of(self, conn: Connection, oneid: int) -> tuple[Identifier, ...]:
        """All identifiers of a person and of everybody merged with them, strongest first.

        Args:
            conn: a transaction.
            oneid: the person, also one that has been merged since.
        """
        return self.whole(conn, oneid).identifiers

    def all_identifiers(self, conn: Connection) -> pa.Table:
        """Every active identifier and whose it is now: columns namespace, value, oneid; one row per identifier.

        For exports and checks: a million people take some hundred MB.
        """
        i = identifiers.c
        wanted = sa.select(i.namespace, i.value, i.oneid).where(
            i.oneid.isnot(None), i.state == int(State.ACTIVE), i.until_ms == int(_PRESENT)
        )
        parts = conn.execution_options(yield_per=50_000).execute(wanted).partitions()
        names = ("namespace", "value", "oneid")
        tables = [
            pa.table(dict(zip(names, map(list, zip(*part, strict=True)), strict=True)), schema=_EXPORT)
            for part in parts
        ]
        return pa.concat_tables([_EXPORT.empty_table(), *tables])

    def how_linked(self, conn: Connection, oneid: int, *, limit: int = 1000) -> tuple[Link, ...]:
        """The ledger rows about a person's identifiers, oldest first: what joined them, and what was kept apart."""
        rows = conn.execute(sql.HOW_LINKED, {"oneid": verbs.root_of(conn, oneid), "limit": limit}).mappings()
        return tuple(
            Link(
                a=(row["a_namespace"], row["a_value"]),
                b=(row["b_namespace"], row["b_value"]),
                action=Action(row["action"]),
                reason=Reason(row["reason"]),
                source=row["source"],
                seen_ms=row["seen_ms"],
                recorded_at=row["recorded_at"],
                rule_version=row["rule_version"],
                evidence=row["evidence"],
                batch_id=row["batch_id"],
            )
            for row in rows
        )

    def reviews(self, conn: Connection, *, limit: int = 100) -> tuple[Review, ...]:
        """Open reviews, newest first."""
        r = identity_reviews.c
        rows = conn.execute(
            sa.select(identity_reviews).where(r.closed_at.is_(None)).order_by(r.id.desc()).limit(limit)
        ).mappings()
        return tuple(
            Review(
                id=row["id"],
                kind=ReviewKind(row["kind"]),
                namespace=row["namespace"],
                value=row["value"],
                people=tuple(row["people"]),
                detail=row["detail"],
                opened_at=row["opened_at"],
                closed_at=row["closed_at"],
            )
            for row in rows
        )

    def counts(self, conn: Connection) -> IdentityCounts:
        """Sizes of the identity tables."""
        i, p = identifiers.c, persons.c
        by_name = conn.execute(
            sa.select(i.namespace, sa.func.count(), sa.func.count().filter(i.state == int(State.BLOCKED))).group_by(
                i.namespace
            )
        ).all()
        people, merged = conn.execute(sa.select(sa.func.count(), sa.func.count(p.merged_into))).one()
        return IdentityCounts(
            people=people - merged,
            merged=merged,
            identifiers={name: count for name, count, _ in sorted(by_name)},
            blocked=sum(int(blocked) for _, _, blocked in by_name),
            links=conn.scalar(sa.select(sa.func.count()).select_from(identity_assertions)) or 0,
            reviews=conn.scalar(
                sa.select(sa.func.count()).select_from(identity_reviews).where(identity_reviews.c.closed_at.is_(None))
            )
            or 0,
        )

    def block(self, conn: Connection, namespace: str, raw: str, *, author: str, now: datetime) -> bool:
        """Let an identifier take no further part in resolution; people it joined come apart again.

        Returns:
            True when it was active or unknown until now.

        Raises:
            Error: invalid, when the value is not an identifier.
        """
        return self._set_state(conn, (namespace, raw), State.BLOCKED, author=author, now=now)

    def unblock(self, conn: Connection, namespace: str, raw: str, *, author: str, now: datetime) -> bool:
        """Let a blocked identifier take part again, with everything it was ever seen with.

        Returns:
            True when it was blocked until now.

        Raises:
            Error: invalid, when the value is not an identifier.
        """
        return self._set_state(conn, (namespace, raw), State.ACTIVE, author=author, now=now)

    def link(
        self, conn: Connection, a: tuple[str, str], b: tuple[str, str], *, author: str, now: datetime
    ) -> Resolution:
        """Link two identifiers by hand, under the same rules as an event that carries both.

        Args:
            conn: the caller's transaction.
            a: namespace and raw value.
            b: namespace and raw value.
            author: who says so.
            now: time of recording.

        Returns:
            The resolution of one event; its count `demoted` is 1 when the rules refused the link.

        Raises:
            Error: invalid, when one of the values is not an identifier.
        """
        for namespace, raw in (a, b):
            self._value(namespace, raw)
        batch = IdentifierBatch(
            row=np.zeros(2, dtype=np.int64),
            namespace=[a[0], b[0]],
            value=[a[1], b[1]],
            ts_ms=np.array([to_ms(now)], dtype=np.int64),
            source=[_MANUAL],
            message_id=[author],
        )
        return self.resolve_now(conn, batch, now=now)

    def resolve_now(self, conn: Connection, batch: IdentifierBatch, *, now: datetime) -> Resolution:
        """As :meth:`resolve`, for whoever is not the pipeline: what the events store must know is published later."""
        found = self.resolve(conn, batch, now=now)
        outbox.put(conn, redirects=found.redirects.rows, people=found.new_people.rows)
        return found

    def part(
        self, conn: Connection, oneid: int, identifier: tuple[str, str], *, author: str, reason: str, now: datetime
    ) -> None:
        """Take back every meeting of an identifier with others of its person until now; later ones count again.

        Raises:
            Error: invalid, when the value is not an identifier; missing, when the person does not hold it.
        """
        name, value = self._value(*identifier)
        i = identifiers.c
        wanted = sa.select(i.id).where(i.namespace == name, i.value == value, i.until_ms == int(_PRESENT))
        number = conn.scalar(wanted)
        if number is None:
            raise missing("unknown_identifier", "no such identifier was ever seen", field=name, got=identifier[1])
        word = verbs.Word(author=author, reason=reason, now=now, rules=self.rules)
        verbs.part(conn, oneid, int(number), word)

    def _value(self, namespace: str, raw: str) -> tuple[str, str]:
        name, value = clean_namespace(namespace), normalise(namespace, raw, rules=self.rules)
        if name is None or isinstance(value, Refused):
            why = value.value if isinstance(value, Refused) else "malformed"
            raise invalid(
                "not_an_identifier", f"the value does not identify anybody: {why}", field=namespace, got=raw,
                allowed="a value the namespace's normaliser reads and no rule blocks",
            )  # fmt: skip
        return name, value

    def settle(
        self, conn: Connection, identifier: tuple[str, str], state: State, *, author: str, now: datetime
    ) -> bool:
        """Block or release an identifier for good: the word stands against every limit.

        Returns:
            True when the state changed.

        Raises:
            Error: invalid, when the value is not an identifier.
        """
        return self._set_state(conn, identifier, state, author=author, now=now, firm=True)

    def _set_state(
        self,
        conn: Connection,
        identifier: tuple[str, str],
        state: State,
        *,
        author: str,
        now: datetime,
        firm: bool = False,
    ) -> bool:
        name, value = self._value(*identifier)
        ledger.lock(conn)
        parameters = {"namespace": name, "value": value, "now_ms": to_ms(now), "state": int(state)}
        if state is State.BLOCKED:
            conn.execute(sql.KNOW, parameters)
        changed = conn.execute(sql.SET_STATE, parameters).one_or_none()
        known = changed or (conn.execute(sql.STATE_OF, parameters).one_or_none() if firm else None)
        if known is None:
            return False
        number, owner = known
        conn.execute(
            sa.insert(identity_assertions).values(
                a=number,
                b=number,
                action=int(Action.BLOCK if state is State.BLOCKED else Action.UNBLOCK),
                reason=int(Reason.MANUAL),
                source=_MANUAL,
                seen_ms=to_ms(now),
                recorded_at=now,
                rule_version=self.rules.version,
                evidence=author,
                batch_id=0,
            )
        )
        word = verbs.Word(author=author, reason="", now=now, rules=self.rules)
        people = [] if owner is None else [owner]
        if changed is not None:
            blocked = np.array([number] if state is State.BLOCKED else [], dtype=np.int64)
            met = reveal(conn, blocked, self.rules, now=now).ids
            verbs.redo(conn, word, people=people, ids=[number, *met.tolist()])
        return changed is not None


def _person(conn: Connection, condition: sa.ColumnElement[bool], asked: str) -> Person:
    row = conn.execute(sa.select(persons).where(condition)).mappings().one_or_none()
    if row is None:
        raise missing("unknown_person", "there is no such person", field="person", got=asked)
    root = row
    if row["merged_into"]:
        root = conn.execute(sa.select(persons).where(persons.c.oneid == row["merged_into"])).mappings().one()
    return Person(oneid=root["oneid"], public_id=root["public_id"], created_at=root["created_at"], was=row["oneid"])
