"""The verbs of member numbers. Each works in the caller's transaction, on as many people as there are at once."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import numpy as np
from sqlalchemy.engine import Connection

from ninefold.base import conflict, missing, to_ms
from ninefold.governance import org
from ninefold.identity import IdentifierBatch, Identity, Refused, normalise
from ninefold.profiles.memberships import tell
from ninefold.store import list_definitions, put_definition

from . import queries
from .model import KIND, Issued, Pattern
from .rules import numbers_from, parse_pattern

AT_ONCE = 10_000
"""Numbers of one transaction: the identity ledger is held as long."""
_SAMPLE = 5
_SOURCE = "numbers"


class Numbers:
    """Member numbers of nodes: made by a pattern, never twice."""

    def __init__(self, tree: org.Org) -> None:
        self._tree = tree

    def save(self, conn: Connection, document: Mapping[str, Any], *, now: datetime, author: str = "") -> None:
        """Check a document of kind ``member-numbers`` and keep it as the next version.

        Raises:
            Error: invalid; missing (the node); conflict, when another document numbers the node.
        """
        pattern = parse_pattern(document)
        self._tree.get(conn, pattern.node)
        other = self.patterns(conn).get(pattern.node)
        if other is not None and other.key != pattern.key:
            raise conflict("node_has_numbers", f"the numbers of {pattern.node} are made by {other.key}",
                           hint="change that document, or retire it")  # fmt: skip
        put_definition(conn, KIND, pattern.key, document, now=now, author=author)

    @staticmethod
    def patterns(conn: Connection) -> dict[str, Pattern]:
        """The patterns in force, by node."""
        found = (parse_pattern(one.document) for one in list_definitions(conn, KIND))
        return {one.node: one for one in found}

    def pattern(self, conn: Connection, node: str) -> Pattern:
        """How numbers of a node are made.

        Raises:
            Error: missing (the node, or its pattern).
        """
        self._tree.get(conn, node)
        found = self.patterns(conn).get(node)
        if found is None:
            raise missing("no_number_pattern", "no document says how numbers of the node are made", field="node",
                          got=node, hint=f"apply a document of kind {KIND} with this node")  # fmt: skip
        return found

    def preview(self, conn: Connection, node: str) -> Issued:
        """How many active members of a node have no number, and the numbers that come next; nothing is written."""
        pattern = self.pattern(conn, node)
        waiting = _without(conn, node, None, most=1)
        series = {"node": node, "series": pattern.series}
        kept = conn.execute(queries.PLACE, series).one_or_none()
        sample: tuple[str, ...] = ()
        if kept is not None or pattern.order == "sequence":
            sample, _ = self._free(conn, pattern, tuple(kept or (0, 0)), most=_SAMPLE)
        return Issued(node=node, issued=0, waiting=waiting[0].waiting if waiting else 0, sample=sample)

    def issue(
        self, conn: Connection, node: str, *, people: Collection[int] | None = None, now: datetime, author: str
    ) -> Issued:
        """Give active members of a node without a number one, at most 10,000; call it again while some wait.

        A number is not given when somebody has it already, as membership or as identifier. When the node has a
        namespace of member numbers, the number is the person's identifier there from now on.

        Args:
            conn: the caller's transaction, which has touched neither memberships nor identities before.
            node: whose members; those of nodes below have numbers of their own.
            people: present numbers of people; only to these, where they are members.
            now: the instant.
            author: who asks for it.

        Raises:
            Error: missing (the node, or its pattern); conflict ``numbers_exhausted``.
        """
        pattern = self.pattern(conn, node)
        conn.execute(queries.LOCK, {"node": node})
        who = Identity.writing(conn)
        chosen = _without(conn, node, people, most=AT_ONCE)
        if not chosen:
            return Issued(node=node, issued=0, waiting=0)
        series = {"node": node, "series": pattern.series}
        conn.execute(queries.BEGIN, series | {"secret": secrets.randbits(63)})
        kept = conn.execute(queries.PLACE, series).one()
        numbers, passed = self._free(conn, pattern, tuple(kept), most=len(chosen))
        if len(numbers) < len(chosen):
            raise conflict("numbers_exhausted", f"{len(numbers)} numbers are left for {len(chosen)} members",
                           hint="more digits, or another prefix")  # fmt: skip
        conn.execute(queries.PASS, series | {"passed": passed})
        homes = [(row.oneid, row.root) for row in chosen]
        unlinked = self.identify(conn, who, [(node, *home) for home in homes], numbers, now=now)
        given = {"ids": [row.id for row in chosen], "numbers": list(numbers), "now": now, "author": author,
                 "reason": "issued"}  # fmt: skip
        changed = conn.execute(queries.GIVE, given).all()
        tell(conn, [(one.oneid, one.node, one.status, one.node) for one in changed])
        return Issued(node=node, issued=len(numbers), waiting=chosen[0].waiting - len(numbers), unlinked=unlinked,
                      sample=numbers[:_SAMPLE])  # fmt: skip

    def on_joining(self, conn: Connection, node: str) -> bool:
        """Whether whoever joins a node gets a number at once."""
        found = self.patterns(conn).get(node)
        return found is not None and found.when == "joining"

    def namespaces(self, conn: Connection) -> dict[str, str]:
        """The namespace of member numbers of each node that has one, in the node's matching scope."""
        scopes = self._tree.matching_scopes(conn)
        named = ((one.spec.code, one.spec.member_namespace) for one in self._tree.nodes(conn))
        return {code: f"{name}:{scopes[code]}" if scopes[code] else name for code, name in named if name}

    def identify(
        self, conn: Connection, who: Identity, homes: Sequence[tuple[str, int, int]], numbers: Sequence[str],
        *, now: datetime, unbind: bool = False,
    ) -> int:  # fmt: skip
        """Make numbers identifiers of their people, or take them from them again; returns how many the rules refuse.

        Args:
            conn: the caller's transaction.
            who: the rules.
            homes: of each number the node, the account and the person.
            numbers: as many; those of nodes without a namespace are passed over.
            now: the instant.
            unbind: from now on they are theirs no more.
        """
        spaces = self.namespaces(conn)
        wanted = [(spaces[node], home, root, number) for (node, home, root), number in zip(homes, numbers, strict=True)
                  if node in spaces]  # fmt: skip
        if not wanted:
            return 0
        ranked = sorted(who.rules.namespaces, key=lambda name: who.rules.of(name).priority)
        asked = {"accounts": [home for _, home, _, _ in wanted], "roots": [root for _, _, root, _ in wanted],
                 "namespaces": [name for name in ranked if who.rules.of(name).takes_part]}  # fmt: skip
        anchors = {row.n: (row.namespace, row.value) for row in conn.execute(queries.ANCHORS, asked)}
        pairs = [
            (anchors[place], (space, number)) for place, (space, _, _, number) in enumerate(wanted) if place in anchors
        ]
        batch = IdentifierBatch(
            row=np.repeat(np.arange(len(pairs), dtype=np.int64), 2),
            namespace=[name for pair in pairs for name, _ in pair],
            value=[value for pair in pairs for _, value in pair],
            ts_ms=np.full(len(pairs), to_ms(now), dtype=np.int64),
            source=[_SOURCE] * len(pairs),
            message_id=[f"member number in {space}" for _, (space, _) in pairs],
            unbind=np.ones(len(pairs), dtype=np.bool_) if unbind else None,
        )
        done = who.resolve_now(conn, batch, now=now).counts
        return len(wanted) - len(pairs) + done.demoted + done.refused

    def _free(
        self, conn: Connection, pattern: Pattern, kept: tuple[int, int], *, most: int
    ) -> tuple[tuple[str, ...], int]:
        """The next numbers of a series, passed so far and with a secret, that nobody has; and how far it is then."""
        place, secret = kept
        coming = numbers_from(pattern, place, secret)
        space = self.namespaces(conn).get(pattern.node, "")
        free: list[str] = []
        span = most
        while len(free) < most and (drawn := list(islice(coming, span))):
            taken = self._taken(conn, pattern.node, space, drawn)
            for number in drawn:
                if len(free) == most:
                    break
                place += 1
                free += [number] if number not in taken else []
            span = min(span * 2, AT_ONCE)
        return tuple(free), place

    @staticmethod
    def _taken(conn: Connection, node: str, space: str, numbers: Sequence[str]) -> set[str]:
        """Which numbers somebody has, or the identity rules do not take."""
        taken = set(conn.scalars(queries.TAKEN, {"node": node, "numbers": list(numbers)}))
        if not space:
            return taken
        who = Identity.load(conn)
        known = who.find_many(conn, [(space, number) for number in numbers])
        return taken | {
            number for number, holder in zip(numbers, known, strict=True)
            if holder is not None or isinstance(normalise(space, number, rules=who.rules), Refused)
        }  # fmt: skip


def _without(conn: Connection, node: str, people: Collection[int] | None, *, most: int) -> Sequence[Any]:
    asked = {"node": node, "people": None if people is None else sorted(people), "most": most}
    return conn.execute(queries.WITHOUT, asked).all()
