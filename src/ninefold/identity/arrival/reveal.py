"""What a block reveals: the others of an identifier's events met each other, and may be too many in turn.

Meetings beside a stronger identifier are kept apart from the ledger until that one is blocked. So a late block gives
the people that an early one would have given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy.engine import Connection

from ninefold.identity import ledger
from ninefold.identity.model import Action, IdentityRules, NamespaceRule, Reason, ReviewKind
from ninefold.identity.queries import packed
from ninefold.identity.queries import regions as region_sql
from ninefold.identity.queries import writing as sql
from ninefold.identity.rules.breaker import Meets, too_fast
from ninefold.identity.rules.encode import Ints, distinct_of
from ninefold.identity.tables import identity_assertions

from . import queries, watch

STORM_SOURCE = "ninefold/storm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """What became known.

    Attributes:
        ids: identifiers that met, as is known now; their people must be derived anew.
        blocked: those of them that turned out to be storms and were blocked.
    """

    ids: Ints
    blocked: Ints


def reveal(conn: Connection, blocked: Ints, rules: IdentityRules, *, now: datetime, batch_id: int = 0) -> Revealed:
    """Let count what was kept beside identifiers that are blocked now, and block what that shows to be a storm too."""
    met, storms = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    stamp = {"now": now.isoformat(), "rule_version": str(rules.version), "batch_id": str(batch_id)}
    while len(blocked):
        rows = conn.execute(sql.REVEAL, {"ids": packed(blocked.tolist()), **stamp}).all()
        ends = distinct_of(np.array([tuple(row) for row in rows], dtype=np.int64).reshape(-1))
        met.append(ends)
        blocked = _storms(conn, ends, rules, now=now, stamp=stamp)
        storms.append(blocked)
    return Revealed(ids=distinct_of(np.concatenate(met)), blocked=distinct_of(np.concatenate(storms)))


def recheck(
    conn: Connection, ids: Ints, shut: Ints, rules: IdentityRules, *, now: datetime, batch_id: int = 0
) -> Revealed:
    """Block those identifiers of which more is known now than before, where that is too much.

    Args:
        conn: the transaction.
        ids: the identifiers.
        shut: those of them of which a part was blocked; they are, unless an operator released them.
        rules: the rules in force.
        now: time of recording.
        batch_id: the batch that shows it.
    """
    shut = np.setdiff1d(shut, watch.released(conn, shut))
    ledger.block(conn, shut)
    stamp = {"now": now.isoformat(), "rule_version": str(rules.version), "batch_id": str(batch_id)}
    storms = _storms(conn, ids, rules, now=now, stamp=stamp)
    blocked = np.union1d(shut, storms)
    shown = reveal(conn, blocked, rules, now=now, batch_id=batch_id)
    return Revealed(ids=shown.ids, blocked=np.union1d(blocked, shown.blocked))


def _storms(conn: Connection, ids: Ints, rules: IdentityRules, *, now: datetime, stamp: dict[str, str]) -> Ints:
    """Block those identifiers that met more than is believable, and ask about them."""
    if not len(ids):
        return ids
    known = {row[0]: (row[1], row[2]) for row in conn.execute(region_sql.IDENTIFIERS, {"ids": packed(ids.tolist())})
             if row[6]}  # fmt: skip
    over, space, count, names = _over(conn, ids, [known.get(one, ("", ""))[0] for one in ids.tolist()], rules)
    chosen = np.isin(over, np.array(sorted(known), dtype=np.int64)) & ~np.isin(over, watch.released(conn, over))
    over, space, count = over[chosen], space[chosen], count[chosen]
    if not len(over):
        return over
    people = ledger.people_met(conn, over.tolist())
    ledger.block(conn, over)
    columns: ledger.Columns = {
        "id": ledger.reserve(conn, identity_assertions.c.id, len(over)) + np.arange(len(over)),
        "a": over, "b": over, "action": str(int(Action.BLOCK)), "reason": str(int(Reason.STORM)),
        "source": STORM_SOURCE, "seen_ms": "0", "evidence": "", "recorded_at": stamp["now"],
        "rule_version": stamp["rule_version"], "batch_id": stamp["batch_id"],
    }  # fmt: skip
    ledger.add_assertions(conn, len(over), columns)
    asked = [
        ledger.Question(
            kind=ReviewKind.STORM,
            identifier=known[one],
            people=frozenset(who),
            detail={"over": names[over_space], "values": met, "limit": rules.of(known[one][0]).storm_limit,
                    "people": len(who)},
        )
        for one, who, over_space, met in zip(over.tolist(), people, space.tolist(), count.tolist(), strict=True)
    ]  # fmt: skip
    ledger.review(conn, asked, now=now)
    return over


def _over(
    conn: Connection, ids: Ints, own: Sequence[str], rules: IdentityRules
) -> tuple[Ints, Ints, Ints, tuple[str, ...]]:
    """Identifiers over a limit, the namespace of which they met too much, and how much; and all namespaces."""
    names = ledger.namespaces(conn)
    every = [rules.of(name) for name in names]
    rows = ledger.ask(conn, queries.MET_TIMES, {"ids": ids, "names": packed(names)}, 4)
    firm = np.array([rule.strong and rule.takes_part for rule in every], dtype=np.bool_)
    rows = rows[firm[rows[:, 1]]]
    mine: list[NamespaceRule] = [rules.of(name) for name in own]
    limit = np.array([rule.storm_limit for rule in mine], dtype=np.int64)
    width = max(len(names), 1)
    key, met = np.unique(rows[:, 0] * width + rows[:, 1], return_counts=True)
    crowd = met > limit[key // width]
    fast = too_fast(
        Meets(ident=rows[:, 0], space=rows[:, 1], at_ms=rows[:, 3]), np.arange(len(ids)),
        tuple(rule.velocity for rule in mine),
    )  # fmt: skip
    place = np.concatenate([key[crowd] // width, fast.ident])
    space, count = np.concatenate([key[crowd] % width, fast.space]), np.concatenate([met[crowd], fast.count])
    place, first = np.unique(place, return_index=True)
    return ids[place], space[first], count[first], names
