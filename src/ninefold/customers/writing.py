"""Changing customers: people are found, and everything is written, in the transaction of the answer.

What a partner says is resolved at once, under the rules and the lock of the pipeline, so the answer names the person;
the same event goes into the inbox in the same transaction. The pipeline resolves it again, which changes nothing, and
carries the traits to the 360 view.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.base import Error, invalid, refused, to_ms
from ninefold.collect import Event, append, plans
from ninefold.governance import Principal, consent, org, privacy
from ninefold.identity import IdentifierBatch, Identity, Resolution, normalise
from ninefold.profiles import memberships, read_reference

from . import queries, rules
from .browsing import Browsing
from .model import Given, Limits, Outcome, Status
from .sight import Sight, unknown

_WAIT = timedelta(seconds=10)  # for the pipeline's turn at the ledger
_PRESENT = np.iinfo(np.int64).max
KIND = "customers"

Screen = Callable[[Connection, Sequence[Event]], NDArray[np.bool_]]
PlanOf = Callable[[str], plans.Checker | None]
"""The tracking plan of a source, if one covers it."""
Ids = Callable[[int], str]
"""Message ids of the items of a call, by place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What is written to besides the ledger."""

    tree: org.Org
    consents: consent.Consents
    desk: memberships.Memberships
    requests: privacy.Privacy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """An item that may be kept, with its place in the call."""

    place: int
    given: Given
    event: Event


class Writing:
    """What keys say of customers. Every verb works in the caller's transaction."""

    def __init__(self, sight: Sight, browsing: Browsing, books: Books, screen: Screen, plan_of: PlanOf) -> None:
        self._sight = sight
        self._browsing = browsing
        self._books = books
        self._screen = screen
        self._plan_of = plan_of

    def upsert(
        self, conn: Connection, caller: Principal, items: Sequence[Given], *, ids: Ids, now: datetime
    ) -> tuple[Outcome, ...]:
        """Keep what a key says of up to a thousand customers; a verdict for each, in order.

        Every item stands for itself: a wrong one is rejected, the others are kept. Two items, or two partners at once,
        that name the same person mean the same person, whoever comes first.

        Args:
            conn: the caller's transaction; all is kept when it commits.
            caller: the key.
            items: what is said.
            ids: the message id of each item: the same for a repeated call, so that it counts once.
            now: the instant.

        Raises:
            Error: invalid, when there are no items or too many.
        """
        most = Limits().items
        if not 0 < len(items) <= most:
            raise invalid("bad_items", "not a number of customers", field="customers", got=len(items),
                          allowed=f"1 to {most}")  # fmt: skip
        conn.execute(queries.WAIT, {"wait": f"{int(_WAIT.total_seconds())}s"})
        outcomes, ready = self._checked(conn, caller, items, ids=ids, now=now)
        found = self._resolved(conn, [one.event for one in ready], now=now)
        kept = [one for one, root in zip(ready, found.root.tolist(), strict=True) if root]
        roots = [int(root) for root in found.root if root]
        before = self._sight.of(conn, caller, sorted(set(roots)), now=now).people
        self._write(conn, caller, kept, [int(home) for home in found.oneid if home], now=now)
        names = Identity.load(conn).public_ids(conn, sorted(set(roots)))
        for one, root in zip(ready, found.root.tolist(), strict=True):
            outcomes[one.place] = (
                Outcome(status=Status.ACCEPTED, id=names[root], new=root not in before, receipt=one.event.message_id,
                        warnings=rules.warnings_of(one.event))
                if root
                else Outcome(
                    status=Status.REJECTED, code="not_an_identifier", field="identifiers",
                    message="none of the identifiers can name anybody", got=str(len(one.given.identifiers)),
                    allowed="at least one that its namespace's normaliser reads and no rule blocks",
                )
            )  # fmt: skip
        return tuple(one for one in outcomes if one is not None)

    def link(
        self, conn: Connection, caller: Principal, reference: str, identifiers: tuple[tuple[str, str], ...],
        *, message_id: str, now: datetime,
    ) -> Outcome:  # fmt: skip
        """Say that identifiers belong to a visible customer, under the same rules as any event that carries them.

        Raises:
            Error: missing ``unknown_customer``; invalid (an identifier).
        """
        accounts = self._browsing.find(conn, caller, reference, now=now)
        meant = read_reference(reference)
        own = (getattr(meant, "namespace", ""), getattr(meant, "value", ""))
        if not own[0]:
            held = Identity.load(conn).identifiers_of(conn, accounts[0].oneid)
            if not held:
                raise unknown(reference)
            own = (held[0].namespace, held[0].value)
        given = Given(identifiers=(own, *identifiers))
        [outcome] = self.upsert(conn, caller, [given], ids=lambda _: message_id, now=now)
        return outcome

    def unlink(
        self, conn: Connection, caller: Principal, reference: str, identifier: tuple[str, str], *, now: datetime
    ) -> None:
        """Take back that an identifier belongs to a visible customer: no meeting until now counts, a later one does.

        Raises:
            Error: missing (the customer, or an identifier that is not the customer's); refused
                ``said_by_others``, when a key that sees only its own sources takes back what others said.
        """
        conn.execute(queries.WAIT, {"wait": f"{int(_WAIT.total_seconds())}s"})
        accounts = self._browsing.find(conn, caller, reference, now=now)
        who = Identity.load(conn)
        namespace, raw = identifier
        if who.find(conn, namespace, raw) != accounts[0].oneid:
            raise unknown(f"{namespace}:{raw}")
        own = self._sight.own_source(conn, caller)
        if own is not None:
            value = normalise(namespace, raw, rules=who.rules)
            asked = {"namespace": namespace.strip().lower(), "value": value, "present": int(_PRESENT)}
            if any(source not in own for source in conn.execute(queries.LINKED_BY, asked).scalars()):
                raise refused("said_by_others", "others than this key's sources say that it belongs to the customer",
                              hint="ask the operator of the node above")  # fmt: skip
        who.part(conn, accounts[0].oneid, identifier, author=caller.source, reason="open API", now=now)

    def forget(self, conn: Connection, caller: Principal, reference: str, *, now: datetime) -> int:
        """Pass on that a visible customer wants to be forgotten.

        A person who belongs to nodes that are not the key's is not the key's to erase: such a customer leaves the
        key's node and withdraws every consent there.

        Returns:
            The number of the request for erasure; 0 when there is none.
        """
        accounts = self._browsing.find(conn, caller, reference, now=now)
        nodes = self._sight.nodes(conn, caller)
        held = self._books.desk.of(conn, accounts[0].oneid)
        if nodes is None or all(one.node in nodes for one in held if one.status != "left"):
            who = Identity.load(conn)
            subject = privacy.Subject(
                accounts=tuple(one.oneid for one in accounts),
                public_ids=tuple(one.public_id for one in accounts),
                identifiers=tuple((one.namespace, one.value) for one in who.identifiers_of(conn, accounts[0].oneid)),
            )
            kind = privacy.RequestKind.ERASE
            (made,) = self._books.requests.open(conn, kind, [subject], author=caller.source, reason="open API")
            return made.id
        at_ms = to_ms(now)
        homes = {one.public_id: one.oneid for one in accounts}
        self._books.desk.state(
            conn,
            [
                memberships.Statement(
                    oneid=homes[one.home], node=one.node, number=one.number, at_ms=at_ms, status="left",
                    source=caller.source,
                )
                for one in held if one.node in nodes
            ],
            now=now,
        )  # fmt: skip
        purposes = self._books.consents.purposes(conn).purposes
        self._books.consents.add(
            conn,
            [
                consent.Record(oneid=one.oneid, purpose=purpose, said="withdrawn", at_ms=at_ms, node=caller.scope.node,
                               channel="api", source=caller.source)
                for one in accounts for purpose in purposes
            ],
            now=now,
        )  # fmt: skip
        return 0

    def _checked(
        self, conn: Connection, caller: Principal, items: Sequence[Given], *, ids: Ids, now: datetime
    ) -> tuple[list[Outcome | None], list[_Ready]]:
        """Verdicts on what cannot be kept, and the others as events."""
        nodes = frozenset(node.spec.code for node in self._books.tree.nodes(conn) if not node.spec.closed)
        mine = self._sight.nodes(conn, caller)
        nodes = nodes if mine is None else nodes & frozenset(mine)
        purposes = self._books.consents.purposes(conn).purposes
        checker = self._plan_of(caller.source)
        outcomes: list[Outcome | None] = [None] * len(items)
        ready: list[_Ready] = []
        for place, given in enumerate(items):
            try:
                rules.check(given, caller.scope, nodes, purposes)
            except Error as error:
                outcomes[place] = rules.rejected(error)
                continue
            event = rules.event_of(given, message_id=ids(place), source=caller.source, channel="api", now_ms=to_ms(now))
            verdict = rules.judged(event, checker)
            if isinstance(verdict, Outcome):
                outcomes[place] = verdict
            else:
                ready.append(_Ready(place=place, given=given, event=verdict))
        shut = self._screen(conn, [one.event for one in ready])
        for one, closed in zip(ready, shut.tolist(), strict=True):
            if closed:
                outcomes[one.place] = Outcome(
                    status=Status.SUPPRESSED, code="suppressed", message="the person asked not to be processed"
                )
        return outcomes, [one for one, closed in zip(ready, shut.tolist(), strict=True) if not closed]

    @staticmethod
    def _resolved(conn: Connection, events: Sequence[Event], *, now: datetime) -> Resolution:
        pairs = [(row, *one) for row, event in enumerate(events) for one in event.identifiers]
        batch = IdentifierBatch(
            row=np.array([row for row, _, _ in pairs], dtype=np.int64),
            namespace=[namespace for _, namespace, _ in pairs],
            value=[value for _, _, value in pairs],
            ts_ms=np.array([event.ts for event in events], dtype=np.int64),
            source=[event.source for event in events],
            message_id=[event.message_id for event in events],
        )
        return Identity.load(conn).resolve_now(conn, batch, now=now)

    def _write(
        self, conn: Connection, caller: Principal, kept: Sequence[_Ready], homes: Sequence[int], *, now: datetime
    ) -> None:
        """Write down items about people by home number: so a merge that is taken back takes these along."""
        if not kept:
            return
        source, scope = caller.source, caller.scope
        append(conn, [one.event for one in kept], source=source, kind=KIND, now=now)
        said = [
            each
            for one, home in zip(kept, homes, strict=True)
            for each in rules.statements(one.given, home, scope=scope, at_ms=one.event.ts, source=source)
        ]
        self._books.desk.state(conn, said, now=now)
        purposes = self._books.consents.purposes(conn).purposes
        agreed = [
            each
            for one, home in zip(kept, homes, strict=True)
            for each in rules.records(one.given, home, purposes, scope=scope, at_ms=one.event.ts, source=source)
        ]
        self._books.consents.add(conn, agreed, now=now)
