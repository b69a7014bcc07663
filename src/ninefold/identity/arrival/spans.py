"""Unbinding: as of a time identifiers no longer belong to their person. What was before stays with the old span.

An identifier that is taken away is two rows from then on: the old span, closed, keeps its number, its links and its
place; the new one begins with nobody. Events are resolved by the span in which they happened.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.identity import ledger, outbox, regions, telling
from ninefold.identity.model import Action, IdentifierBatch, IdentityRules, Reason
from ninefold.identity.queries import packed
from ninefold.identity.queries import spans as sql
from ninefold.identity.rules.encode import Encoded, Ints, respanned
from ninefold.identity.rules.normalise import clean_namespace, reading
from ninefold.identity.rules.plan import Known
from ninefold.identity.rules.region import judge
from ninefold.identity.tables import identifiers, identity_assertions

from .silence import Stamp, lay_out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """An identifier and the event that takes it from its person."""

    name: str
    value: str
    event: int


def unbind(conn: Connection, batch: IdentifierBatch, rules: IdentityRules, *, now: datetime) -> IdentifierBatch:
    """Carry out the batch's unbinds; doing it again changes nothing.

    Of an unbind the first identifier stays, and the event is its person's. The others, or the single one it names,
    begin anew as of its time, and with each those of the namespaces whose `parent` it is, as far as they belong to the
    same person.

    Returns:
        The batch without the identifiers that were taken away.
    """
    if batch.unbind is None or not batch.unbind.any():
        return batch
    first = np.zeros(len(batch.row), dtype=np.bool_)
    first[np.unique(batch.row, return_index=True)[1]] = True
    alone = np.bincount(batch.row, minlength=batch.events)[batch.row] == 1
    leaves = batch.unbind[batch.row] & (~first | alone)
    cuts = sorted(_cuts(batch, rules, np.flatnonzero(leaves).tolist()), key=lambda cut: int(batch.ts_ms[cut.event]))
    while cuts:  # cuts of one identifier are made one after the other
        turn = list({(cut.name, cut.value): cut for cut in reversed(cuts)}.values())
        _make(conn, turn, batch, rules, now=now)
        made = {id(cut) for cut in turn}
        cuts = [cut for cut in cuts if id(cut) not in made]
    kept = np.flatnonzero(~leaves | alone)
    names, values = batch.namespace, batch.value
    return replace(
        batch,
        row=batch.row[kept],
        namespace=[names[k] for k in kept.tolist()],
        value=[values[k] for k in kept.tolist()],
    )


def _cuts(batch: IdentifierBatch, rules: IdentityRules, places: list[int]) -> Iterator[_Cut]:
    for k in places:
        name = clean_namespace(batch.namespace[k])
        value = reading(rules, name)(batch.value[k]) if name else None
        if name and isinstance(value, str):
            yield _Cut(name=name, value=value, event=int(batch.row[k]))


def _make(conn: Connection, cuts: list[_Cut], batch: IdentifierBatch, rules: IdentityRules, *, now: datetime) -> None:
    """Close the spans in which the cuts fall, and those of their children, and begin new ones."""
    times = [int(batch.ts_ms[cut.event]) for cut in cuts]
    keys = {"names": packed(cut.name for cut in cuts), "values": packed(cut.value for cut in cuts)}
    conn.execute(sql.KNOW_ALL, {**keys, "times": packed(times)})
    children = [(rule.parent, rule.name) for rule in rules.namespaces.values() if rule.parent]
    nested = {"parents": packed(one for one, _ in children), "children": packed(one for _, one in children)}
    found = conn.execute(sql.SPANS_CUT, {**keys, "times": packed(times), **nested}).all()
    if not found:
        return
    ids, until = [row.id for row in found], [row.until_ms for row in found]
    at = [times[row.n] for row in found]
    fresh = ledger.reserve(conn, identifiers.c.id, len(ids)) + np.arange(len(ids))
    seen = {"first": packed(row.first_seen_ms for row in found), "last": packed(row.last_seen_ms for row in found)}
    moved = {"ids": packed(ids), "times": packed(at), "fresh": packed(fresh.tolist()), "until": packed(until), **seen}
    conn.execute(sql.TO_MOVE, moved)
    conn.execute(sql.CLOSE, moved)
    telling.unlinked(conn, np.array([row.oneid or 0 for row in found]), np.array(ids))
    conn.execute(sql.REOPEN, moved)
    # A pair of two that are both cut is found once by each of its ends.
    for shift in (sql.SHIFT_SMALLER, sql.SHIFT_LARGER, sql.SHIFT_SMALLER, sql.SHIFT_OWN):
        conn.execute(shift, moved)
    conn.execute(
        sa.insert(identity_assertions),
        [
            {
                "a": row.id,
                "b": row.id,
                "action": int(Action.UNBIND),
                "reason": int(Reason.NONE),
                "source": batch.source[cuts[row.n].event],
                "seen_ms": times[row.n],
                "recorded_at": now,
                "rule_version": rules.version,
                "evidence": batch.message_id[cuts[row.n].event],
                "batch_id": batch.batch_id,
            }
            for row in found
        ],
    )
    cut = [(row.namespace, row.value) for row in found if rules.of(row.namespace).silence_days]
    stamp = Stamp(rules=rules, now=now, batch_id=batch.batch_id)
    further = lay_out(conn, dict.fromkeys(cut, ()), stamp) if cut else np.empty(0, dtype=np.int64)
    _settle_anew(conn, np.concatenate([np.array(ids, dtype=np.int64), fresh, further]), rules, now=now)


def _settle_anew(conn: Connection, ids: Ints, rules: IdentityRules, *, now: datetime) -> None:
    """Derive those concerned anew: what they met later was another's, and what is over counts no longer."""
    loaded = regions.load(conn, np.empty(0, dtype=np.int64), np.unique(ids))
    ledger.mark(conn, loaded.oversize, np.full(len(loaded.oversize), 2))
    judged = judge(loaded.region, rules)
    stamp = {"now": now.isoformat(), "rule_version": str(rules.version), "batch_id": "0"}
    found = regions.differences(loaded.region, judged)
    outbox.put(conn, redirects=regions.write(conn, loaded.region, judged, found, stamp))


def by_span(conn: Connection, encoded: Encoded, known: Known, ts_ms: Ints) -> tuple[Encoded, Known]:
    """Give appearances that happened before an identifier's present span the identifier of their own span."""
    late = np.flatnonzero(ts_ms[encoded.row] < known.since_ms[encoded.ident])
    if not len(late):
        return encoded, known
    names, ident = encoded.names, encoded.ident[late].tolist()
    columns: ledger.Columns = {
        "namespaces": [names[k] for k in ident],
        "values": [encoded.value[k] for k in ident],
        "times": ts_ms[encoded.row[late]],
    }
    rows = ledger.ask(conn, sql.LOOK_UP_AT, columns, 8)
    spans, first, number = np.unique(rows[:, 1], return_index=True, return_inverse=True)
    appearance = late[rows[:, 0]]
    larger, place = respanned(encoded, appearance, number, encoded.ident[appearance[first]])
    each = np.column_stack([np.arange(len(spans)), rows[first, 1:]])
    return larger, known.spread(place, ledger.known_of(each, len(spans)))
