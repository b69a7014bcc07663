"""What operators say about identifiers. Each verb writes statements into the ledger, derives the components concerned
anew and writes the differences, all in the caller's transaction. What was said holds in every later derivation.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import conflict, invalid, missing, refused, to_ms
from ninefold.identity import ledger, outbox, regions, telling
from ninefold.identity.changes import Change, Group
from ninefold.identity.model import Action, IdentityRules, Reason, ReviewKind
from ninefold.identity.queries import regions as sql
from ninefold.identity.rules.encode import Flags, Ints
from ninefold.identity.rules.normalise import state_of
from ninefold.identity.rules.pairs import WIDTH, pairs_of
from ninefold.identity.rules.region import Judged, Region, judge
from ninefold.identity.ruleset import CLEAR
from ninefold.identity.tables import identifiers, identity_assertions, persons

MANUAL_SOURCE = "ninefold/manual"
_NONE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Who says something, why and when, and the rules in force."""

    author: str
    reason: str
    now: datetime
    rules: IdentityRules


def say(conn: Connection, word: Word, action: Action, pairs: Iterable[tuple[int, int]]) -> None:
    """Write a statement about pairs of identifiers; a pair of one and the same is about that one."""
    rows = [
        {
            "a": min(pair),
            "b": max(pair),
            "action": int(action),
            "reason": int(Reason.MANUAL),
            "source": MANUAL_SOURCE,
            "seen_ms": to_ms(word.now),
            "recorded_at": word.now,
            "rule_version": word.rules.version,
            "evidence": word.author,
            "batch_id": 0,
            "note": word.reason or None,
        }
        for pair in pairs
    ]
    if rows:
        conn.execute(sa.insert(identity_assertions), rows)


def redo(conn: Connection, word: Word, *, people: Sequence[int] = (), ids: Sequence[int] = ()) -> Change:
    """Derive the components of some people and identifiers anew, and write what differs.

    Raises:
        Error: refused, when a component is too large to be derived here.
    """
    region = _region(conn, people, ids)
    judged = judge(region, word.rules)
    found = regions.differences(region, judged)
    stamp = {"now": word.now.isoformat(), "rule_version": str(word.rules.version), "batch_id": "0"}
    table = regions.write(conn, region, judged, found, stamp)
    outbox.put(conn, redirects=table)
    named = np.isin(region.id, np.concatenate([found.ids, np.asarray(ids, dtype=np.int64)]))
    concerned = {*people, *found.roots.tolist(), *region.oneid[named].tolist(), *judged.root[named].tolist()}
    return Change(
        people=groups(region, judged, concerned),
        redirects=regions.redirects_of(table),
        merged=int((found.roots != found.homes).sum()),
        split=int((found.roots == found.homes).sum()),
    )


def groups(region: Region, judged: Judged, wanted: set[int]) -> tuple[Group, ...]:
    """Who holds which identifiers after a derivation, of some people and of those they became."""
    after = {int(root) for root, before in zip(judged.root, region.oneid, strict=True) if int(before) in wanted}
    held: dict[int, list[tuple[str, str]]] = {}
    for root, name, value in zip(judged.root.tolist(), region.name, region.value, strict=True):
        if root in after | wanted and root:
            held.setdefault(root, []).append((name, value))
    return tuple(Group(oneid=root, identifiers=tuple(sorted(held[root]))) for root in sorted(held))


def merge(conn: Connection, one: int, other: int, word: Word, *, override: bool = False) -> Change:
    """Make two people one, against caps and veto: a must-link between the strongest identifier of each.

    Raises:
        Error: invalid, when they are one already; refused, when one has no identifier; conflict, when an operator said
            that they are two, unless `override` takes that back.
    """
    ledger.lock(conn)
    roots = [root_of(conn, number) for number in (one, other)]
    if roots[0] == roots[1]:
        raise invalid("one_person", "the two are one person already", field="people", got=str(roots[0]))
    region = _region(conn, roots, ())
    sides = [np.flatnonzero(region.oneid == root) for root in roots]
    apart = _said_apart(region, *sides)
    if len(apart) and not override:
        raise conflict(
            "kept_apart",
            "an operator said that these people are not one",
            hint="take that back first, or merge with override",
        )
    say(conn, word, Action.FREE, _ids(region, apart))
    first, second = (int(region.id[_strongest(region, side, word.rules)]) for side in sides)
    say(conn, word, Action.MUST, [(first, second)])
    change = redo(conn, word, people=roots)
    _answer_for(conn, (first, second), change, word)
    return change


def _answer_for(conn: Connection, pair: tuple[int, int], change: Change, word: Word) -> None:
    """Refuse a must-link that would change what never changes; ask about a person that now is over a cap.

    Nothing leaves a person for a must-link. So a cap it exceeds stays exceeded, and an operator is told.
    """
    i = identifiers.c
    people = set(conn.execute(sa.select(i.oneid).where(i.id.in_(pair))).scalars())
    fixed = [rule.name for rule in word.rules.namespaces.values() if rule.immutable]
    if len(people) > 1 and fixed:
        held = sa.select(i.namespace).where(i.oneid.in_([one for one in people if one]), i.namespace.in_(fixed))
        both = conn.scalar(held.group_by(i.namespace).having(sa.func.count(i.oneid.distinct()) > 1).limit(1))
        if both is not None:
            raise refused("immutable_identifier", f"each of the two people has a {both}, and that never changes",
                          hint="the rules call the namespace immutable")  # fmt: skip
    ledger.review(conn, overfull(change, people, word.rules), now=word.now)


def overfull(change: Change, people: set[int], rules: IdentityRules) -> Iterator[ledger.Question]:
    """What to ask an operator about people who now hold more than a cap allows."""
    for group in change.people:
        if group.oneid not in people:
            continue
        held: dict[str, list[str]] = {}
        for name, value in sorted(set(group.identifiers)):
            held.setdefault(name, []).append(value)
        for name, values in held.items():
            rule = rules.of(name)
            if rule.takes_part and len(values) > rule.most and len([*filter(_is_clear, values)]) > rule.most:
                yield ledger.Question(
                    kind=ReviewKind.CAP_BREACH,
                    identifier=(name, values[-1]),
                    people=frozenset({group.oneid}),
                    detail={"over": name, "values": len(values), "limit": rule.most, "must_link": True},
                )


def _is_clear(value: str) -> bool:
    return state_of(value) == CLEAR


def unmerge(conn: Connection, oneid: int, leaving: Sequence[int], word: Word) -> Change:
    """Take identifiers out of a person: every pair that joins them with those that stay is kept apart from now on.

    The events, traits, tags and segments that belong to the leaving identifiers go with them, since rows carry the home
    number of an identifier and only redirects change.

    Args:
        conn: the transaction.
        oneid: the person.
        leaving: numbers of the identifiers that leave.
        word: who says so.

    Raises:
        Error: invalid, when none or all of the person's identifiers would leave.
    """
    ledger.lock(conn)
    root = root_of(conn, oneid)
    region = _region(conn, [root], ())
    mine = np.flatnonzero(region.oneid == root)
    goes = np.isin(region.id, np.asarray(leaving, dtype=np.int64))
    named = int(goes[mine].sum())
    goes = _with_parts(region, goes)
    out, stay = mine[goes[mine]], mine[~goes[mine]]
    if named != len(set(leaving)) or not len(out) or not len(stay):
        raise invalid(
            "nothing_to_unmerge", "some, but not all identifiers of the person can be taken out",
            field="identifiers", got=str(len(leaving)), allowed=f"1 to {len(mine) - 1} identifiers of the person",
        )  # fmt: skip
    pairs = region.pairs
    across = (np.isin(pairs.a, out) & np.isin(pairs.b, stay)) | (np.isin(pairs.a, stay) & np.isin(pairs.b, out))
    rule = (_strongest(region, out, word.rules), _strongest(region, stay, word.rules))
    said = {*_ids(region, np.flatnonzero(across & pairs.joining)), (int(region.id[rule[0]]), int(region.id[rule[1]]))}
    say(conn, word, Action.CANNOT, sorted({(min(pair), max(pair)) for pair in said}))
    for side in (out, stay):
        if not (region.origin[side] > 0).any():
            give_home(conn, int(region.id[_strongest(region, side, word.rules)]), root, now=word.now)
    return redo(conn, word, people=[root])


def part(conn: Connection, oneid: int, identifier: int, word: Word) -> Change:
    """Retract every pair that joins an identifier with others of its person: meetings until now do not count.

    Raises:
        Error: missing, when the person does not hold the identifier.
    """
    ledger.lock(conn)
    root = root_of(conn, oneid)
    region = _region(conn, [root], ())
    mine = np.flatnonzero((region.oneid == root) & _with_parts(region, region.id == identifier))
    if not len(mine):
        raise missing("unknown_identifier", "the person does not hold this identifier", field="identifier")
    pairs = region.pairs
    said = _ids(region, np.flatnonzero((np.isin(pairs.a, mine) != np.isin(pairs.b, mine)) & pairs.joining))
    say(conn, word, Action.RETRACT, said)
    if not (region.origin[mine] > 0).any():
        give_home(conn, identifier, root, now=word.now)
    return redo(conn, word, people=[root])


def decide_pair(conn: Connection, action: Action, one: int, other: int, word: Word) -> Change:
    """Say that two identifiers are one (MUST), are not one (CANNOT), or take that back (FREE); or that all they were
    seen together until now does not count (RETRACT).
    """
    ledger.lock(conn)
    if one == other:
        raise invalid("same_identifier", "two different identifiers are needed", field="b")
    say(conn, word, action, [(one, other)])
    change = redo(conn, word, ids=[one, other])
    if action is Action.MUST:
        _answer_for(conn, (one, other), change, word)
    return change


def give_home(conn: Connection, identifier: int, root: int | None, *, now: datetime) -> int:
    """Give an identifier that was never the centre of an event its own number; without a root it is a person."""
    home = ledger.reserve(conn, persons.c.oneid, 1)
    number, leads_to = np.array([home], dtype=np.int64), np.array([root or home], dtype=np.int64)
    ledger.add_people(conn, number, leads_to, now=now)
    telling.born(conn, number, leads_to)
    ledger.own(conn, np.array([identifier]), number, leads_to)
    first = conn.scalar(sa.select(identifiers.c.first_seen_ms).where(identifiers.c.id == identifier)) or 0
    outbox.put(conn, people=np.array([[home, first]], dtype=np.int64))
    return home


def root_of(conn: Connection, oneid: int) -> int:
    """The person a number leads to."""
    return int(conn.scalar(sa.select(persons.c.merged_into).where(persons.c.oneid == oneid)) or oneid)


def words_of(conn: Connection) -> Ints:
    """All pairs on which the last word of an operator stands: rows of a, b, action and the statement's number."""
    packed = conn.execute(sql.WORDS).scalar_one()
    rows = np.frombuffer(packed or b"", dtype=">i8").astype(np.int64).reshape(-1, WIDTH)
    pairs = pairs_of(rows)
    last = np.zeros(len(pairs.a), dtype=np.int64)
    size = int(rows[:, :2].max(initial=0)) + 1
    place = np.searchsorted(pairs.a * size + pairs.b, rows[:, 0] * size + rows[:, 1])
    np.maximum.at(last, place, rows[:, 5])
    stands = pairs.must | pairs.cannot
    action = np.where(pairs.must, int(Action.MUST), int(Action.CANNOT))
    return np.stack([pairs.a, pairs.b, action, last], axis=1)[stands]


def _region(conn: Connection, people: Sequence[int], ids: Sequence[int]) -> Region:
    loaded = regions.load(conn, np.array(sorted({*people}), np.int64), np.array(sorted({*ids}), np.int64))
    if len(loaded.oversize):
        raise refused(
            "component_too_large",
            f"more than {regions.REGION_MAX:,} identifiers are connected here; block the one that connects strangers",
        )
    return loaded.region


def _with_parts(region: Region, chosen: Flags) -> Flags:
    """Identifiers, with the spans that turned out to be parts of theirs: these go wherever they go."""
    pairs, part = region.pairs, region.since_ms == region.until_ms
    found = chosen.copy()
    tied = pairs.same & (part[pairs.a] | part[pairs.b])
    while True:
        reached = tied & (found[pairs.a] != found[pairs.b])
        more = np.where(found[pairs.a], pairs.b, pairs.a)[reached]
        more = more[part[more]]
        if not len(more):
            return found
        found[more] = True


def _said_apart(region: Region, one: Ints, other: Ints) -> Ints:
    pairs = region.pairs
    across = (np.isin(pairs.a, one) & np.isin(pairs.b, other)) | (np.isin(pairs.a, other) & np.isin(pairs.b, one))
    return np.flatnonzero(across & pairs.cannot)


def _ids(region: Region, pairs: Ints) -> list[tuple[int, int]]:
    one, other = region.id[region.pairs.a[pairs]], region.id[region.pairs.b[pairs]]
    return list(zip(one.tolist(), other.tolist(), strict=True))


def _strongest(region: Region, places: Ints, rules: IdentityRules) -> int:
    usable = [int(place) for place in places if region.usable[place]]
    if not usable:
        raise refused("no_identifier", "a person without a usable identifier cannot be linked by one")
    strength = {k: (rules.of(region.name[k]).priority, region.name[k], region.value[k]) for k in usable}
    return min(usable, key=strength.__getitem__)
