"""The watch over identifiers that join too much: crowds, speed, made-up values, people of unbelievable shape.

What it finds is blocked or put to an operator with the evidence; a value that an operator released is left alone.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.identity import ledger
from ninefold.identity.model import Action, IdentityRules, ReviewKind
from ninefold.identity.queries import packed
from ninefold.identity.rules.breaker import Meets, limited, looks_made_up, too_fast
from ninefold.identity.rules.encode import Encoded, Ints, distinct_of, starts
from ninefold.identity.rules.links import Links
from ninefold.identity.rules.plan import Known, Neighbours, Past, Storms, fresh_neighbours, storms
from ninefold.identity.tables import persons

from . import queries

SOURCES_LISTED = 20  # in a review


def find(conn: Connection, encoded: Encoded, links: Links, past: Past, known: Known) -> Storms:
    """Identifiers of a batch that met more strong values of one namespace than their limits allow."""
    fresh = fresh_neighbours(encoded, links, past)
    stored = distinct_of(fresh.ident)
    stored = stored[known.id[stored] > 0]
    found = storms(encoded, fresh, ledger.met_before(conn, known, stored))
    if limited(encoded.rules):
        found = _both(found, _fast(conn, encoded, links, known, fresh))
    asked = found.ident[known.id[found.ident] > 0]
    free = released(conn, known.id[asked])
    return _only(found, ~np.isin(known.id[found.ident], free) | (known.id[found.ident] == 0))


def _only(found: Storms, chosen: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Storms:
    return Storms(ident=found.ident[chosen], space=found.space[chosen], count=found.count[chosen])


def _both(one: Storms, other: Storms) -> Storms:
    """Storms of two kinds, each identifier once."""
    ident = np.concatenate([one.ident, other.ident])
    order = np.argsort(ident, kind="stable")
    first = order[starts(ident[order])]
    return Storms(
        ident=ident[first],
        space=np.concatenate([one.space, other.space])[first],
        count=np.concatenate([one.count, other.count])[first],
    )


def _fast(conn: Connection, encoded: Encoded, links: Links, known: Known, fresh: Neighbours) -> Storms:
    """Those that met strong values too fast, by the times of the events."""
    watched = np.array([limited((rule,)) for rule in encoded.rules], dtype=np.bool_)[encoded.space]
    joins, firm = encoded.takes_part, encoded.strong
    ident, other = np.concatenate([links.lo, links.hi]), np.concatenate([links.hi, links.lo])
    at = np.concatenate([links.first_ms, links.first_ms])
    mine = watched[ident] & firm[other] & joins[other] & joins[ident] & np.isin(ident, fresh.ident)
    ident, other, at = ident[mine], other[mine], at[mine]
    who = np.where(known.id[other] > 0, known.id[other], -1 - other)
    rows = [np.stack([ident, encoded.space[other], who, at], axis=1)]
    stored = distinct_of(ident[known.id[ident] > 0])
    if len(stored):
        names = packed(rule.name for rule in encoded.rules)
        before = ledger.ask(conn, queries.MET_TIMES, {"ids": known.id[stored], "names": names}, 4)
        before[:, 0] = stored[before[:, 0]]
        strong = np.array([rule.strong and rule.takes_part for rule in encoded.rules], dtype=np.bool_)
        rows.append(before[strong[before[:, 1]]])
    table = np.concatenate(rows)
    table = table[np.lexsort((table[:, 3], table[:, 2], table[:, 0]))]
    changes = np.diff(table[:, 0], prepend=-1) != 0
    changes |= np.diff(table[:, 2], prepend=0) != 0
    table = table[changes]
    found = too_fast(
        Meets(ident=table[:, 0], space=table[:, 1], at_ms=table[:, 3]),
        encoded.space,
        tuple(rule.velocity for rule in encoded.rules),
    )
    return _both(Storms(ident=found.ident, space=found.space, count=found.count), _none())


def _none() -> Storms:
    empty = np.empty(0, dtype=np.int64)
    return Storms(ident=empty, space=empty, count=empty)


def released(conn: Connection, ids: Ints) -> Ints:
    """Those identifiers of which an operator's last word was to release them."""
    if not len(ids):
        return ids
    rows = conn.execute(queries.LAST_WORDS, {"ids": packed(ids.tolist())}).all()
    return np.array([number for number, action in rows if action == Action.UNBLOCK], dtype=np.int64)


def proposals(
    conn: Connection, encoded: Encoded, ids: Ints, storm: Storms, rules: IdentityRules
) -> Iterator[ledger.Question]:
    """Values to be blocked for good: storms in several sources, and made-up ones that several people share.

    Args:
        conn: the transaction; the batch is written.
        encoded: the batch.
        ids: number of each identifier.
        storm: what the batch blocked.
        rules: the rules in force.
    """
    appear = np.bincount(encoded.ident, minlength=encoded.size)
    shared = [k for k in np.flatnonzero(appear > 1).tolist() if looks_made_up(encoded.value[k])]
    asked = np.array(sorted({*storm.ident.tolist(), *shared}), dtype=np.int64)
    asked = asked[encoded.takes_part[asked]]
    if not len(asked):
        return
    rows = {row.n: row for row in conn.execute(queries.EVIDENCE, {"ids": packed(ids[asked].tolist())})}
    met = ledger.people_met(conn, ids[asked].tolist())
    names = encoded.names
    crowd = _strong_met(conn, encoded, ids, asked)
    for place, ident in enumerate(asked.tolist()):
        sources: Sequence[str] = rows[place].sources if place in rows else ()
        made_up = looks_made_up(encoded.value[ident])
        many = ident in storm.ident and len(sources) >= rules.breaker.learn_sources
        if many or (made_up and crowd[place] >= rules.breaker.learn_values):
            yield ledger.Question(
                kind=ReviewKind.LEARNED,
                identifier=(names[ident], encoded.value[ident]),
                people=frozenset(met[place]),
                detail={
                    "sources": list(sources)[:SOURCES_LISTED],
                    "values": int(crowd[place]),
                    "made_up": made_up,
                    "storm": ident in storm.ident,
                },
            )


def _strong_met(conn: Connection, encoded: Encoded, ids: Ints, asked: Ints) -> Ints:
    """The most distinct strong values of one namespace that each identifier met."""
    names = packed(rule.name for rule in encoded.rules)
    rows = ledger.ask(conn, queries.MET_TIMES, {"ids": ids[asked], "names": names}, 4)
    strong = np.array([rule.strong and rule.takes_part for rule in encoded.rules], dtype=np.bool_)
    rows = rows[strong[rows[:, 1]]]
    crowd = np.zeros(len(asked), dtype=np.int64)
    keys, count = np.unique(rows[:, 0] * len(encoded.rules) + rows[:, 1], return_counts=True)
    np.maximum.at(crowd, keys // len(encoded.rules), count)
    return crowd


def swollen(conn: Connection, roots: Ints, rules: IdentityRules) -> Iterator[ledger.Question]:
    """A question per person that swallowed more others than is believable."""
    limit = rules.breaker.merges_per_person
    p = persons.c
    merged = sa.func.count()
    for start in range(0, len(roots), 1000):
        rows = conn.execute(
            sa.select(p.merged_into, merged)
            .where(p.merged_into.in_(roots[start : start + 1000].tolist()))
            .group_by(p.merged_into)
            .having(merged > limit)
        )
        for root, count in rows:
            yield ledger.Question(
                kind=ReviewKind.SHAPE,
                identifier=("person", str(root)),
                people=frozenset({int(root)}),
                detail={"merges": int(count), "limit": limit},
            )
