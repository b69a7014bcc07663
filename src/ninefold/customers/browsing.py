"""Reading customers one by one and page by page, as a key sees them."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.base import Error, Kind, did_you_mean, from_ms, invalid, refused, stable_key
from ninefold.governance import Principal, calls
from ninefold.identity import Identity
from ninefold.predicate import Condition, members, parse, to_document
from ninefold.profiles import (
    ByPublicId,
    IdentitySeen,
    Profiles,
    Trait,
    TraitScalar,
    masking,
    memberships,
    read_reference,
)
from ninefold.store import Events, Records, Statement

from . import queries
from .model import PARTS, Customer, Limits, Page, Tagged, Wanted
from .sight import Account, OwnSources, Sight, unknown
from .tagging.reading import held_tags

_PRESENT = np.iinfo(np.int64).max
_CHUNK = 5_000  # candidates looked at together
_KEPT_SECONDS = 10.0  # a node's members are counted anew after this; every page is checked for itself anyway
_STATES = ("active", "blocked", "attached")
Numbers = NDArray[np.uint32]


class Browsing:
    """Customers as keys see them."""

    def __init__(
        self,
        records: Records,
        events: Events,
        profiles: Profiles,
        sight: Sight,
        desk: memberships.Memberships,
        *,
        zone: str = "UTC",
    ) -> None:
        self._records = records
        self._events = events
        self._profiles = profiles
        self._sight = sight
        self._desk = desk
        self._zone = zone
        self._marks = calls.Marks.open(records)
        self._members: dict[str, tuple[float, Numbers]] = {}
        self._guard = threading.Lock()

    def find(self, conn: Connection, caller: Principal, reference: str, *, now: datetime) -> tuple[Account, ...]:
        """The accounts of a visible person, the root first.

        Args:
            conn: a transaction.
            caller: the key.
            reference: a public id, or ``namespace:value``.
            now: the instant.

        Raises:
            Error: missing ``unknown_customer``, the same for strangers as for nobody.
        """
        oneid = _number(conn, reference)
        seen = self._sight.of(conn, caller, [oneid], now=now).people
        if oneid not in seen:
            raise unknown(reference)
        return seen[oneid]

    def read(
        self, caller: Principal, reference: str, *, now: datetime, parts: frozenset[str] = frozenset(PARTS),
        traits: frozenset[str] = frozenset(),
    ) -> Customer:  # fmt: skip
        """One customer, by public id or by any identifier.

        Raises:
            Error: missing ``unknown_customer``; invalid (parts).
        """
        check_parts(parts)
        with self._records.begin() as conn:
            accounts = self.find(conn, caller, reference, now=now)
            [customer] = self._shown(conn, caller, {accounts[0].oneid: accounts}, (parts, traits), now=now)
        return customer

    def page(self, caller: Principal, wanted: Wanted, *, now: datetime) -> Page:
        """A page of customers in a stable order: people who come, go or merge meanwhile shift nobody.

        Raises:
            Error: invalid (parts, limit, cursor); refused (a node or a filter that is not the key's).
        """
        self._check(caller, wanted)
        purpose = f"customers/{caller.key}/{_fingerprint(wanted)}"
        after = self._marks.read(purpose, wanted.after, 1)[0] if wanted.after else 0
        found: dict[int, tuple[Account, ...]] = {}
        withheld = 0
        with self._records.begin() as conn:
            for chunk in self._candidates(conn, caller, wanted, after=after, now=now):
                seen = self._sight.of(conn, caller, chunk.tolist(), now=now)
                withheld += seen.withheld
                found |= seen.people
                if len(found) > wanted.limit:
                    break
            roots = sorted(found)
            shown = {root: found[root] for root in roots[: wanted.limit]}
            customers = self._shown(conn, caller, shown, (wanted.parts, wanted.traits), now=now)
        more = self._marks.seal(purpose, roots[wanted.limit - 1]) if len(roots) > wanted.limit else None
        return Page(customers=customers, next=more, withheld=withheld)

    def _check(self, caller: Principal, wanted: Wanted) -> None:
        check_parts(wanted.parts)
        most = Limits().page
        if not 1 <= wanted.limit <= most:
            raise invalid("bad_limit", "not a page of customers", field="limit", got=wanted.limit,
                          allowed=f"1 to {most}")  # fmt: skip
        if len(wanted.identifiers) > most:
            raise invalid("bad_filter", "too many identifiers at once", field="identifiers",
                          got=len(wanted.identifiers), allowed=f"at most {most}")  # fmt: skip
        if caller.scope.own_only and (wanted.segment or wanted.condition is not None or wanted.tag):
            raise refused(
                "out_of_scope", "this key sees what its own sources said; segments, tags and conditions know more",
                hint="filter by identifiers or node, or ask for a key that sees all",
            )  # fmt: skip

    def _candidates(
        self, conn: Connection, caller: Principal, wanted: Wanted, *, after: int, now: datetime
    ) -> Iterator[Numbers]:
        """People who may be on the page, by number, a part at a time."""
        condition = _condition(wanted)
        some = self._narrow(conn, caller, wanted)
        size = max(wanted.limit + 1, min(_CHUNK, 4 * wanted.limit))
        if some is None:
            while True:
                if condition is None:
                    rows = conn.execute(queries.ROOTS, {"after": after, "limit": size}).scalars().all()
                else:
                    people = members(condition, now=now, zone=self._zone)
                    rows = self._column(queries.people_after(people, after=after, limit=size))
                if not len(rows):
                    return
                after = int(rows[-1])
                yield np.asarray(rows, np.uint32)
        some = some[np.searchsorted(some, after, side="right") :]
        for start in range(0, len(some), size):
            part = some[start : start + size]
            if condition is not None:
                people = members(condition, now=now, zone=self._zone, only=part.tolist())
                part = np.intersect1d(part, np.asarray(self._column(people), np.uint32))
            yield part

    def _narrow(self, conn: Connection, caller: Principal, wanted: Wanted) -> Numbers | None:
        """People by number, ascending, when something but a condition says who may be meant."""
        sets: list[Numbers] = []
        if wanted.identifiers:
            who = Identity.load(conn)
            found = {_of(conn, who, one) for one in wanted.identifiers} - {0}
            sets.append(np.array(sorted(found), np.uint32))
        if wanted.node:
            self._sight.within(conn, caller, wanted.node)
        if node := wanted.node or caller.scope.node:
            sets.append(self._members_of(conn, node))
        if not sets:
            return None
        some = sets[0]
        for other in sets[1:]:
            some = np.intersect1d(some, other, assume_unique=True)
        return some

    def _members_of(self, conn: Connection, node: str) -> Numbers:
        kept = self._members.get(node)
        if kept is None or time.monotonic() - kept[0] > _KEPT_SECONDS:
            kept = (time.monotonic(), self._desk.members(conn, node))
            with self._guard:
                if len(self._members) > 100:
                    self._members.clear()
                self._members[node] = kept
        return kept[1]

    def _column(self, statement: Statement) -> Sequence[int]:
        table = self._events.query(statement)
        return [int(one) for one in table.column(0).to_pylist()]

    def _shown(
        self,
        conn: Connection,
        caller: Principal,
        people: Mapping[int, tuple[Account, ...]],
        what: tuple[frozenset[str], frozenset[str]],
        *,
        now: datetime,
    ) -> tuple[Customer, ...]:
        """Some visible people, each part of them read for all at once."""
        parts, keys = what
        own = self._sight.own_source(conn, caller)
        accounts = {root: {one.oneid: one.public_id for one in each} for root, each in people.items()}
        every = [oneid for each in accounts.values() for oneid in each]
        identifiers = self._identifiers(conn, caller, list(people), own) if "identifiers" in parts else {}
        belonging = self._memberships(conn, caller, every) if "memberships" in parts else {}
        standings = self._sight.standings(conn, caller, accounts, now=now) if "consents" in parts else {}
        traits = self._profiles.traits_of(accounts, now=now) if "traits" in parts else {}
        held = self._tags(conn, accounts, own, now=now) if "tags" in parts else {}
        inside = self._profiles.segments_of(accounts) if "segments" in parts and own is None else {}
        return tuple(
            Customer(
                id=each[0].public_id,
                created_at=each[0].created_at,
                identifiers=identifiers.get(root, ()),
                traits=_traits(traits.get(root, ()), own, keys, caller.scope.clear),
                tags=held.get(root, ()),
                segments=inside.get(root, ()),
                memberships=belonging.get(root, ()),
                consents=standings.get(root, {}),
            )
            for root, each in people.items()
        )

    def _tags(
        self, conn: Connection, people: Mapping[int, Mapping[int, str]], own: OwnSources | None, *, now: datetime
    ) -> dict[int, tuple[Tagged, ...]]:
        """Computed tags, for keys that see what all say; and those set by hand, by sources the key sees."""
        computed = self._profiles.tags_of(people) if own is None else {}
        by_hand = held_tags(conn, [one for each in people.values() for one in each], now=now)
        found: dict[int, tuple[Tagged, ...]] = {}
        for root, accounts in people.items():
            said = [Tagged(tag=tag, value=value) for tag, value in computed.get(root, {}).items()]
            said += [
                Tagged(tag=one.tag, value=one.value, source=one.source, until=one.until)
                for account in accounts
                for one in by_hand.get(account, ())
                if own is None or one.source in own
            ]
            found[root] = tuple(sorted(said, key=lambda one: (one.tag, one.source)))
        return found

    @staticmethod
    def _identifiers(
        conn: Connection, caller: Principal, people: Sequence[int], own: OwnSources | None
    ) -> dict[int, tuple[IdentitySeen, ...]]:
        """Identifiers, strongest first; for a key that sees its own sources, not those that only others named."""
        clear = "identifiers" in caller.scope.clear
        rules = Identity.load(conn).rules
        found: dict[int, list[IdentitySeen]] = {}
        asked = {"people": list(people), "present": int(_PRESENT), "sources": own is not None}
        rows = conn.execute(queries.IDENTIFIERS, asked).all()
        for row in sorted(rows, key=lambda one: (rules.of(one.namespace).priority, one.namespace, one.value)):
            if own is not None and row.sources and not any(source in own for source in row.sources):
                continue
            value = row.value if clear else masking.hidden_identifier(row.namespace, row.value)
            found.setdefault(row.root, []).append(
                IdentitySeen(namespace=row.namespace, value=value, state=_STATES[row.state],
                             first_seen=from_ms(row.first_seen_ms), last_seen=from_ms(row.last_seen_ms))
            )  # fmt: skip
        return {root: tuple(each) for root, each in found.items()}

    def _memberships(
        self, conn: Connection, caller: Principal, accounts: Sequence[int]
    ) -> dict[int, tuple[memberships.Membership, ...]]:
        nodes = self._sight.nodes(conn, caller)
        asked = {"accounts": list(accounts), "nodes": None if nodes is None else list(nodes)}
        found: dict[int, list[memberships.Membership]] = {}
        for row in conn.execute(queries.MEMBERSHIPS, asked):
            held = row.number or row.issued
            clear = "identifiers" in caller.scope.clear or not held
            number = held if clear else masking.hidden_identifier("card", held)
            found.setdefault(row.root, []).append(
                memberships.Membership(
                    id=row.id, home=row.home, node=row.node, number=number, status=row.status, tier=row.tier,
                    owner=row.owner, joined_at=from_ms(row.joined_ms), changed_at=row.changed_at, source=row.source,
                )
            )  # fmt: skip
        return {root: tuple(each) for root, each in found.items()}


def check_parts(parts: frozenset[str]) -> None:
    """Raise invalid for a part that a customer does not have."""
    for part in sorted(parts - frozenset(PARTS)):
        raise invalid("unknown_part", "a customer has no such part", field="fields", got=part,
                      allowed=", ".join(PARTS), hint=did_you_mean(part, PARTS))  # fmt: skip


def _number(conn: Connection, reference: str) -> int:
    """The present number of whoever is meant; 0 for nobody."""
    return _of(conn, Identity.load(conn), reference)


def _of(conn: Connection, who: Identity, reference: str) -> int:
    meant = read_reference(reference)
    if not isinstance(meant, ByPublicId):
        return who.find(conn, meant.namespace, meant.value) or 0
    try:
        return who.by_public_id(conn, meant.public_id).oneid
    except Error as error:
        if error.kind is not Kind.MISSING:
            raise
        return 0


def _condition(wanted: Wanted) -> Condition | None:
    tests: list[object] = []
    if wanted.segment:
        tests.append({"segment": wanted.segment})
    if wanted.tag:
        value = {"op": "eq", "value": wanted.tag_value} if wanted.tag_value else {"op": "exists"}
        tests.append({"tag": wanted.tag, **value})
    found = parse({"all": tests}) if tests else None
    if wanted.condition is None or found is None:
        return wanted.condition or found
    return parse({"all": [*tests, to_document(wanted.condition)]})


def _fingerprint(wanted: Wanted) -> str:
    """The same for all pages of a list, whatever is shown of it."""
    condition = _condition(wanted)
    return stable_key(*wanted.identifiers, "", wanted.node, repr(condition))


def _traits(
    traits: Sequence[Trait], own: OwnSources | None, keys: frozenset[str], clear: frozenset[str]
) -> dict[str, TraitScalar]:
    """The traits a key sees, masked; of its own sources the one that holds among them."""
    shown: dict[str, TraitScalar] = {}
    for trait in traits:
        if keys and trait.key not in keys:
            continue
        said = next((one for one in (trait.chosen, *trait.others) if own is None or one.source in own), None)
        if said is not None and said.value is not None:
            shown[trait.key] = masking.shown(trait.key, said.value, clear)
    return shown
