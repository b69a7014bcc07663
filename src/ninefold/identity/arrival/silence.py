"""Silences: an identifier that was not seen for longer than its rule allows begins a new span when it is seen again.

Each span is a row of `identifiers` of its own, with its own links and its own number, so that what was bought under the
old one stays with its owner. A sighting that arrives late may show that two spans are one: then the earlier row takes
over what was said of the later one, which only keeps its number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from sqlalchemy.engine import Connection

from ninefold.identity import ledger
from ninefold.identity.model import Action, IdentityRules, Reason, State
from ninefold.identity.queries import packed
from ninefold.identity.queries import spans as sql
from ninefold.identity.rules.encode import Encoded, Ints
from ninefold.identity.rules.plan import Known
from ninefold.identity.rules.spans import Laid, Span, broken, lay
from ninefold.identity.tables import identifiers, identity_assertions

from . import queries
from .reveal import recheck

SOURCE = "ninefold/spans"  # of what spans of one identifier say of each other
_PART = 10_000  # identifiers that are laid out at once

Value = tuple[str, str]
"""A namespace and a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What is written beside every statement."""

    rules: IdentityRules
    now: datetime
    batch_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """The stored spans of an identifier.

    Attributes:
        value: which identifier.
        spans: its spans in order.
        blocked: those of them that are blocked.
        state: the state in which a new one begins.
    """

    value: Value
    spans: list[Span]
    blocked: frozenset[int] = frozenset()
    state: State = State.ACTIVE


def part(conn: Connection, encoded: Encoded, known: Known, ts_ms: Ints, stamp: Stamp) -> tuple[Known, Ints]:
    """Begin new spans where a batch's identifiers come back after a silence, and join those without one between them.

    Args:
        conn: the transaction.
        encoded: the batch.
        known: what is stored of its identifiers.
        ts_ms: time of each event.
        stamp: the rules, and what is written beside.

    Returns:
        What is stored of the identifiers now, and the identifiers whose people must be derived anew.
    """
    chosen = broken(encoded, known, ts_ms)
    if not len(chosen):
        return known, chosen
    names = encoded.names
    seen: dict[int, list[int]] = {ident: [] for ident in chosen.tolist()}
    ours = np.isin(encoded.ident, chosen)
    for ident, at in zip(encoded.ident[ours].tolist(), ts_ms[encoded.row[ours]].tolist(), strict=True):
        seen[ident].append(at)
    changed = lay_out(conn, {(names[one], encoded.value[one]): times for one, times in seen.items()}, stamp)
    return ledger.look_up(conn, encoded), changed


def lay_all(conn: Connection, stamp: Stamp) -> None:
    """Lay out anew, under other rules, all identifiers that a silence ever cut.

    A longer limit makes spans one again, and none makes all of them one. A shorter one cuts what arrives from now on:
    of the past only the first and the last sighting are known.
    """
    values = [(row.namespace, row.value) for row in conn.execute(sql.EVER_SILENT)]
    for start in range(0, len(values), _PART):
        lay_out(conn, dict.fromkeys(values[start : start + _PART], ()), stamp)


def lay_out(conn: Connection, seen: Mapping[Value, Sequence[int]], stamp: Stamp) -> Ints:
    """Lay out the time of some identifiers anew with further sightings, and write what differs.

    Returns:
        The identifiers whose people must be derived anew.
    """
    stored = _stored(conn, list(seen))
    laid = [lay([one.spans], seen[one.value], stamp.rules.of(one.value[0]))[0] for one in stored]
    laid, fresh = _numbered(conn, stored, laid)
    known = {span.id: span for one in stored for span in one.spans}
    changed = [span for one in laid for span in one.spans if span.id in known and known[span.id] != span]
    absorbed = [pair for one in laid for pair in one.absorbed]
    _write_bounds(conn, changed, absorbed)
    _write_fresh(conn, fresh, stamp)
    followers = _follow(conn, stored, laid, stamp)
    _take_over(conn, absorbed, {number: span.first_ms for number, span in known.items()}, stamp)
    ids = {*(span.id for span in changed), *(one for pair in absorbed for one in pair), *followers}
    if absorbed:
        larger = np.array(sorted({into for into, _ in absorbed}), dtype=np.int64)
        shown = recheck(conn, larger, _shut(stored, absorbed), stamp.rules, now=stamp.now, batch_id=stamp.batch_id)
        ids |= {*shown.ids.tolist(), *shown.blocked.tolist()}
    return np.array(sorted(ids), dtype=np.int64)


def _stored(conn: Connection, values: Sequence[Value]) -> list[_Stored]:
    keys = {"names": packed(name for name, _ in values), "values": packed(value for _, value in values)}
    found = [_Stored(value=value, spans=[]) for value in values]
    hidden: dict[int, State] = {}
    for n, number, since, until, first, last, cut, state in conn.execute(sql.SPANS_OF, keys):
        found[n].spans.append(Span(id=number, since_ms=since, until_ms=until, first_ms=first, last_ms=last, cut=cut))
        if state != State.ACTIVE:
            hidden[number] = State(state)
    if not hidden:
        return found
    # What an operator blocked stays so in its next span; a storm is that of one span.
    words = conn.execute(queries.LAST_WORDS, {"ids": packed(hidden)}).all()
    kept = {number for number, action in words if action == Action.BLOCK}
    kept |= {number for number, state in hidden.items() if state is State.ATTACHED}
    return [
        replace(
            one,
            blocked=frozenset(span.id for span in one.spans if hidden.get(span.id) is State.BLOCKED),
            state=next((hidden[span.id] for span in reversed(one.spans) if span.id in kept), State.ACTIVE),
        )
        for one in found
    ]


def _numbered(conn: Connection, stored: Sequence[_Stored], laid: Sequence[Laid]) -> tuple[list[Laid], list[_Stored]]:
    """Give new spans their numbers; these spans, by identifier."""
    count = sum(span.id == 0 for one in laid for span in one.spans)
    if not count:
        return list(laid), []
    number = iter(range(start := ledger.reserve(conn, identifiers.c.id, count), start + count))
    found, fresh = [], []
    for owner, one in zip(stored, laid, strict=True):
        spans = tuple(span if span.id else replace(span, id=next(number)) for span in one.spans)
        found.append(Laid(spans=spans, absorbed=one.absorbed, follows=one.follows))
        new = [span for span in spans if span.id >= start]
        if new:
            fresh.append(_Stored(value=owner.value, spans=new, state=owner.state))
    return found, fresh


def _write_bounds(conn: Connection, changed: Sequence[Span], absorbed: Sequence[tuple[int, int]]) -> None:
    gone = [number for _, number in absorbed]
    if gone:
        conn.execute(sql.ABSORB, {"ids": packed(gone)})
    if changed:
        ids = packed(span.id for span in changed)
        conn.execute(sql.PARK, {"ids": ids})
        columns = {"since": "since_ms", "until": "until_ms", "first": "first_ms", "last": "last_ms", "cut": "cut"}
        bounds = {key: packed(getattr(span, name) for span in changed) for key, name in columns.items()}
        conn.execute(sql.LAY, {"ids": ids, **bounds})


def _write_fresh(conn: Connection, fresh: Sequence[_Stored], stamp: Stamp) -> None:
    rows = [(one, span) for one in fresh for span in one.spans]
    if not rows:
        return
    columns: ledger.Columns = {
        "id": [span.id for _, span in rows],
        "namespace": [one.value[0] for one, _ in rows],
        "value": [one.value[1] for one, _ in rows],
        "first_seen_ms": [span.first_ms for _, span in rows],
        "last_seen_ms": [span.last_ms for _, span in rows],
        "state": [int(one.state) for one, _ in rows],
        "since_ms": [span.since_ms for _, span in rows],
        "until_ms": [span.until_ms for _, span in rows],
        "cut": [span.cut for _, span in rows],
    }
    ledger.add_identifiers(conn, len(rows), columns)
    blocked = [span for one, span in rows if one.state is State.BLOCKED]
    _say(conn, ((span.id, span.id, span.first_ms) for span in blocked), (Action.BLOCK, Reason.MANUAL), stamp)


def _take_over(
    conn: Connection, absorbed: Sequence[tuple[int, int]], first_ms: Mapping[int, int], stamp: Stamp
) -> None:
    """Let one span have what was said of another, and keep the two together."""
    if not absorbed:
        return
    keys = {"ids": packed(one for _, one in absorbed), "into": packed(into for into, _ in absorbed)}
    conn.execute(sql.TAKE_OVER_BESIDE, keys)
    # A pair of two that are both taken over is found once by each of its ends.
    for statement in (sql.TAKE_OVER_SMALLER, sql.TAKE_OVER_LARGER, sql.TAKE_OVER_SMALLER, sql.TAKE_OVER_OWN):
        conn.execute(statement, keys)
    _say(conn, ((into, one, first_ms[one]) for into, one in absorbed), (Action.ASSERT, Reason.SAME), stamp)


def _follow(conn: Connection, stored: Sequence[_Stored], laid: Sequence[Laid], stamp: Stamp) -> set[int]:
    """Say of spans that they follow the one before, and take back what is so no longer; the spans concerned."""
    ids = {span.id for one in stored for span in one.spans} | {span.id for one in laid for span in one.spans}
    wanted = {_in_order(one.spans[k - 1], one.spans[k]) for one in laid for k in one.follows}
    said = {(row.a, row.b, row.seen_ms) for row in conn.execute(sql.FOLLOWING, {"ids": packed(ids)})}
    gone, new = sorted(said - wanted), sorted(wanted - said)
    if gone:
        conn.execute(sql.FORGET, {"a": packed(a for a, _, _ in gone), "b": packed(b for _, b, _ in gone)})
    _say(conn, new, (Action.ASSERT, Reason.FOLLOWS), stamp)
    return {one for a, b, _ in (*gone, *new) for one in (a, b)}


def _in_order(earlier: Span, later: Span) -> tuple[int, int, int]:
    return min(earlier.id, later.id), max(earlier.id, later.id), later.first_ms


def _shut(stored: Sequence[_Stored], absorbed: Sequence[tuple[int, int]]) -> Ints:
    """Spans that take over from another one while one of the two is blocked."""
    blocked = {number for one in stored for number in one.blocked}
    return np.array(sorted({pair[0] for pair in absorbed if blocked & {*pair}}), dtype=np.int64)


def _say(
    conn: Connection, rows: Iterable[tuple[int, int, int]],
    what: tuple[Action, Reason], stamp: Stamp,
) -> None:  # fmt: skip
    """Write statements of the spans of identifiers about each other: two of them each, and a time."""
    said = list(rows)
    if not said:
        return
    columns: ledger.Columns = {
        "id": ledger.reserve(conn, identity_assertions.c.id, len(said)) + np.arange(len(said)),
        "a": [min(a, b) for a, b, _ in said],
        "b": [max(a, b) for a, b, _ in said],
        "action": str(int(what[0])),
        "reason": str(int(what[1])),
        "source": SOURCE,
        "seen_ms": [at for _, _, at in said],
        "recorded_at": stamp.now.isoformat(),
        "rule_version": str(stamp.rules.version),
        "evidence": "",
        "batch_id": str(stamp.batch_id),
    }
    ledger.add_assertions(conn, len(said), columns)
