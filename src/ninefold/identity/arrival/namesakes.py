"""Lets a hashed value meet the clear one it stands for, whichever arrives first.

Digests of clear values are kept only in states in which some value of their namespace ever arrived: the first hashed
value of a state costs one pass over the namespace, and who never receives hashed values pays nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.identity import ledger
from ninefold.identity.model import IdentityRules, NamespaceRule
from ninefold.identity.queries import packed
from ninefold.identity.rules.encode import Encoded, widened
from ninefold.identity.rules.normalise import digests, state_of
from ninefold.identity.rules.plan import Known
from ninefold.identity.ruleset import CLEAR
from ninefold.identity.tables import identity_hash_states

from . import queries

_PART = 20_000  # values that are hashed and written at once

States = Mapping[str, frozenset[str]]
"""Hash states in use by namespace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Value:
    """A stored value: namespace code, namespace, value."""

    space: int
    name: str
    text: str


def meet(conn: Connection, encoded: Encoded, known: Known, rules: IdentityRules) -> tuple[Encoded, Known]:
    """Add to a batch the stored values that mean the same as its new ones.

    Returns:
        The batch with these identifiers and pairs, and what is stored of its identifiers.
    """
    hashing = {code: rule for code, rule in enumerate(encoded.rules) if rule.hashing.accept and rule.takes_part}
    new = [
        _Value(space=code, name=hashing[code].name, text=encoded.value[k])
        for k in np.flatnonzero((known.id == 0) & np.isin(encoded.space, list(hashing))).tolist()
        for code in (int(encoded.space[k]),)
    ]
    if not new:
        return encoded, known
    hashed = [one for one in new if ":" in one.text and state_of(one.text) != CLEAR]
    states = _in_use(conn, hashed, rules)
    pairs = {*_clear_of(conn, hashed)} if hashed else set()
    named: dict[tuple[str, str], list[str]] = {
        (encoded.rules[encoded.space[one]].name, encoded.value[one]): [] for one, _ in encoded.digests
    }
    for one, digest in encoded.digests:
        named[encoded.rules[encoded.space[one]].name, encoded.value[one]].append(digest)
    others = {
        one: named.get((one.name, one.text), [])
        if hashing[one.space].hashing.store != CLEAR
        else _digests(one, hashing[one.space], rules, states)
        for one in new
    }
    pairs |= {*_met(conn, {one: found for one, found in others.items() if found}, new)}
    _remember(conn, ((one.name, digest, one.text) for one, found in others.items() for digest in found))
    if not pairs:
        return encoded, known
    return _with_pairs(conn, encoded, pairs)


def _digests(one: _Value, rule: NamespaceRule, rules: IdentityRules, states: States) -> list[str]:
    """Digests of a clear value in the states in use; none of a hashed one."""
    used = states.get(one.name, frozenset())
    if not used or (":" in one.text and state_of(one.text) != CLEAR):
        return []
    only = replace(rule, hashing=replace(rule.hashing, accept=tuple(s for s in rule.hashing.accept if s in used)))
    return list(dict.fromkeys(digests(one.text, only, rules)))


def _in_use(conn: Connection, hashed: Iterable[_Value], rules: IdentityRules) -> States:
    """The states in use; those that the batch brings for the first time are prepared."""
    states: dict[str, frozenset[str]] = {}
    for name, state in conn.execute(queries.HASH_STATES):
        states[name] = states.get(name, frozenset()) | {state}
    for name, state in sorted({(one.name, state_of(one.text)) for one in hashed}):
        if state not in states.get(name, ()):
            states[name] = states.get(name, frozenset()) | {state}
            conn.execute(sa.insert(identity_hash_states).values(namespace=name, state=state))
            if rules.of(name).hashing.store == CLEAR:
                _prepare(conn, rules.of(name), state, rules)
    return states


def _prepare(conn: Connection, rule: NamespaceRule, state: str, rules: IdentityRules) -> None:
    """Keep the digests of all stored clear values of a namespace in one more state."""
    only: States = {rule.name: frozenset({state})}
    after = ""
    while (
        values := conn.execute(queries.VALUES_OF, {"namespace": rule.name, "after": after, "limit": _PART})
        .scalars()
        .all()
    ):
        after = values[-1]
        ours = (_Value(space=0, name=rule.name, text=text) for text in values)
        _remember(conn, ((rule.name, digest, one.text) for one in ours for digest in _digests(one, rule, rules, only)))


def _remember(conn: Connection, rows: Iterable[tuple[str, str, str]]) -> None:
    """Keep digests: rows of namespace, digest and stored value."""
    columns = [*zip(*rows, strict=True)]
    if columns:
        names, found, values = columns
        conn.execute(
            queries.REMEMBER_DIGESTS, {"namespaces": packed(names), "digests": packed(found), "values": packed(values)}
        )


Pair = tuple[tuple[int, str], tuple[int, str]]
"""Namespace code and value of a hashed identifier, and of the stored one that means the same."""


def _clear_of(conn: Connection, hashed: list[_Value]) -> Iterator[Pair]:
    """The stored values that hashed ones stand for."""
    space = {one.name: one.space for one in hashed}
    keys = {"namespaces": packed(one.name for one in hashed), "digests": packed(one.text for one in hashed)}
    for name, digest, value in conn.execute(queries.STANDS_FOR, keys):
        yield (space[name], digest), (space[name], value)


def _met(conn: Connection, others: Mapping[_Value, list[str]], new: Iterable[_Value]) -> Iterator[Pair]:
    """The hashed values, stored or of this batch, that new ones mean too."""
    if not others:
        return
    owner = {(one.name, digest): one for one, found in others.items() for digest in found}
    keys = {"namespaces": packed(name for name, _ in owner), "digests": packed(digest for _, digest in owner)}
    stored = {(name, digest) for name, digest in conn.execute(queries.STORED, keys)}
    for name, digest in sorted(stored | (owner.keys() & {(one.name, one.text) for one in new})):
        one = owner[name, digest]
        yield (one.space, digest), (one.space, one.text)


def _with_pairs(conn: Connection, encoded: Encoded, pairs: set[Pair]) -> tuple[Encoded, Known]:
    """The batch with pairs of namesakes; each is shown by the first event that names either."""
    wide = widened(encoded, [one for pair in pairs for one in pair])
    place = {(int(code), value): k for k, (code, value) in enumerate(zip(wide.space, wide.value, strict=True))}
    first = np.full(wide.size, np.iinfo(np.int64).max)
    np.minimum.at(first, wide.ident, wide.row)
    same = sorted((place[a], place[b], int(min(first[place[a]], first[place[b]]))) for a, b in pairs)
    wide = replace(wide, same=np.array(same, dtype=np.int64).reshape(-1, 3))
    return wide, ledger.look_up(conn, wide)
