"""Whom a key sees: the people of its node who consent to one of its purposes. The one place where it is decided.

Everybody else does not exist for the key: the same error, by the same path, whether nobody has an identifier or a
stranger has it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from ninefold.base import Error, missing, refused
from ninefold.governance import Principal, consent, org, privacy

from . import queries

_STRICTEST = (consent.Standing.DENIED, consent.Standing.EXPIRED, consent.Standing.GRANTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A number of a person, the root or one that was merged into it."""

    oneid: int
    public_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look found.

    Attributes:
        people: the accounts of each visible person, the root first, by root.
        withheld: people of the node who do not consent to any of the purposes, or are suppressed.
    """

    people: Mapping[int, tuple[Account, ...]]
    withheld: int


class Sight:
    """What keys see."""

    def __init__(self, tree: org.Org, consents: consent.Consents, requests: privacy.Privacy) -> None:
        self._tree = tree
        self._consents = consents
        self._requests = requests

    def nodes(self, conn: Connection, caller: Principal) -> tuple[str, ...] | None:
        """Codes of the nodes of a key; None is all."""
        return self._tree.codes(conn, caller.scope.node) if caller.scope.node else None

    def line(self, conn: Connection, caller: Principal) -> tuple[str, ...]:
        """Codes of the key's node and of all above it."""
        return self._tree.get(conn, caller.scope.node).line if caller.scope.node else ()

    def within(self, conn: Connection, caller: Principal, node: str) -> tuple[str, ...]:
        """Codes of a node and all below it, when the key may name it; raises refused, also for a node that is not."""
        nodes = self.nodes(conn, caller)
        if nodes is not None and node not in nodes:
            raise refused("out_of_scope", f"this key is for {caller.scope.node} and what is below it",
                          hint="field: node; name a node of the key")  # fmt: skip
        return self._tree.codes(conn, node)

    def of(self, conn: Connection, caller: Principal, people: Sequence[int], *, now: datetime) -> Seen:
        """Which of some people (present numbers) a key sees, in a fixed number of statements."""
        accounts: dict[int, list[Account]] = {}
        for row in conn.execute(queries.ACCOUNTS, {"people": list(people)}):
            one = Account(oneid=row.oneid, public_id=row.public_id, created_at=row.created_at)
            accounts.setdefault(int(row.root), []).append(one)
        nodes = self.nodes(conn, caller)
        if nodes is not None:
            every = [one.oneid for own in accounts.values() for one in own]
            mine = set(conn.execute(queries.MEMBERS, {"accounts": every, "nodes": list(nodes)}).scalars())
            accounts = {root: own for root, own in accounts.items() if any(one.oneid in mine for one in own)}
        willing = self._willing(conn, caller, accounts, now=now)
        return Seen(
            people={root: tuple(own) for root, own in accounts.items() if root in willing},
            withheld=len(accounts) - len(willing),
        )

    def standings(
        self, conn: Connection, caller: Principal, people: Mapping[int, Mapping[int, str]], *, now: datetime
    ) -> dict[int, dict[str, consent.Standing]]:
        """What holds for each purpose of a key at its node, for some people (root to accounts)."""
        known = self._consents.purposes(conn).purposes
        asked = sorted(caller.scope.purposes & set(known)) or list(known)
        every = [one for own in people.values() for one in own]
        found: dict[int, dict[str, consent.Standing]] = {root: {} for root in people}
        for purpose in asked:
            said = self._consents.standings(conn, purpose, node=caller.scope.node, accounts=every, now=now)
            for root, own in people.items():
                held = [said[one] for one in own if one in said]
                found[root][purpose] = min(held, key=_STRICTEST.index) if held else consent.Standing.UNKNOWN
        return found

    def own_source(self, conn: Connection, caller: Principal) -> "OwnSources | None":
        """Which sources are the key's own; None when it sees what all sources said."""
        if not caller.scope.own_only:
            return None
        nodes = frozenset(self.nodes(conn, caller) or ())
        sources = self._tree.sources(conn)
        return OwnSources(nodes=nodes, sources=frozenset(name for name, one in sources.items() if one.code in nodes))

    def _willing(
        self, conn: Connection, caller: Principal, accounts: Mapping[int, Sequence[Account]], *, now: datetime
    ) -> frozenset[int]:
        own = {root: {one.oneid for one in each} for root, each in accounts.items()}
        shut = self._requests.suppressed(conn, [one for each in own.values() for one in each])
        own = {root: each for root, each in own.items() if shut.isdisjoint(each)}
        if not caller.scope.purposes:
            return frozenset(own)
        known = self._consents.purposes(conn).purposes
        willing: frozenset[int] = frozenset()
        for purpose in sorted(caller.scope.purposes & set(known)):
            no = self._consents.refused(conn, own, purpose, node=caller.scope.node, now=now)
            willing |= frozenset(own) - no
        return willing


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSources:
    """The sources of a key's node: those the org tree names, and partners whose keys are of the node or below."""

    nodes: frozenset[str]
    sources: frozenset[str]

    def __contains__(self, source: str) -> bool:
        kind, _, rest = source.partition(":")
        node = rest.partition(":")[0]
        return source in self.sources or (kind == "partner" and node in self.nodes)


def unknown(reference: str) -> Error:
    """The error for everybody a key does not see."""
    return missing("unknown_customer", "this key knows no such customer", field="customer", got=reference,
                   hint="a public id, or namespace:value; people of other nodes are not shown")  # fmt: skip
