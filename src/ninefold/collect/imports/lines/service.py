"""Stages lines of orders, and makes one event of each order that changed; in the caller's transactions.

An order that grew or changed after its event is told by a further event with the difference, so that sums stay right
to the cent and orders count once.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec
import numpy as np
from sqlalchemy.engine import Connection

from ninefold.base import adjustment_of
from ninefold.collect.event import Event
from ninefold.collect.imports.model import Context, LinesRule, Mapping, Problem, Rejected
from ninefold.collect.imports.readers import Chunk
from ninefold.collect.imports.readers.objects import json_text, table_of
from ninefold.collect.imports.rows import MOST_LINES, Cells, Mapped, filled, folded, judged_rows, map_chunk
from ninefold.collect.plans import Checker
from ninefold.store import copy_rows

from . import queries

_COLUMNS = ("order_hash", "line_hash", "occurrence", "row_number", "content", "cells")
Line = tuple[UUID, UUID, int, int, UUID, dict[str, object]]
"""Hashes of order and line, number among equal lines, row number, hash of the cells, the cells."""

Told = dict[str, tuple[int, float, str]]
"""What the events of an order said: revenue, quantity and a hash of all, by message id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitted:
    """What became of a page of orders.

    Attributes:
        orders: how many there were.
        mapped: events to hand over, and orders that are put aside.
        chunk: the orders as rows.
        rows: of each order the row number of its first line in the run at hand, 0 where it has none there.
    """

    orders: int
    mapped: Mapped
    chunk: Chunk
    rows: tuple[int, ...]


def read_lines(mapping: Mapping, rule: LinesRule, chunk: Chunk) -> tuple[list[Line], Mapped]:
    """The lines of a chunk, yet without events; rows without an order's number are rejected, blank ones skipped."""
    lines, rejected = _lines(mapping, rule, chunk)
    found = tuple(sorted((*rejected, *chunk.broken), key=lambda one: one.problem.row))
    skipped = chunk.records - len(lines) - len(found)
    nothing = np.zeros(0, np.int64)
    return lines, Mapped(events=[], rows=nothing, rejected=found, accepted=len(lines), skipped=skipped, masked=0)


def stage_lines(conn: Connection, mapping: Mapping, lines: Sequence[Line], run_id: int) -> None:
    """Keep lines until their import has read its file, and mark the orders that are new or other than they were."""
    if not lines:
        return
    conn.execute(queries.MAKE_INCOMING)
    conn.execute(queries.CLEAR_INCOMING)
    copy_rows(conn, queries.incoming, _COLUMNS, lines)
    conn.execute(queries.NUMBER, {"mapping": mapping.key, "run": run_id})
    conn.execute(queries.MARK, {"mapping": mapping.key})
    conn.execute(queries.KEEP, {"mapping": mapping.key, "run": run_id})


def grouped(mapping: Mapping, rule: LinesRule, chunk: Chunk, context: Context) -> tuple[Mapped, Chunk]:
    """What the orders of one chunk would become, for a look before an import, and the orders as rows."""
    lines, staged = read_lines(mapping, rule, chunk)
    orders: dict[object, list[Cells]] = {}
    for line in lines:
        orders.setdefault(line[0], []).append(line[5])
    listed = list(orders.values())
    rows = _chunk([folded(rule, one) for one in listed], listed)
    mapped = _mapped(mapping, listed, rows, context)
    return replace(mapped, rejected=(*mapped.rejected, *staged.rejected)), rows


def emit_orders(
    conn: Connection, mapping: Mapping, context: Context, checker: Checker | None, *, run_id: int, limit: int = 1_000
) -> Emitted | None:
    """The events of the next orders that changed, which count as told from then on; nothing when there are none."""
    rule = mapping.lines
    due = conn.execute(queries.CHANGED, {"mapping": mapping.key, "limit": limit}).all()
    if rule is None or not due:
        return None
    orders = [row.order_hash for row in due]
    held: defaultdict[UUID, list[Cells]] = defaultdict(list)
    first: dict[UUID, int] = {}
    for row in conn.execute(queries.LINES, {"mapping": mapping.key, "orders": orders, "most": MOST_LINES + 1}):
        held[row.order_hash].append(row.cells)
        if row.run_id == run_id:
            first.setdefault(row.order_hash, row.row_number)
    lines = [held[order] for order in orders]
    chunk = _chunk([folded(rule, one) for one in lines], lines)
    mapped = judged_rows(_mapped(mapping, lines, chunk, context), chunk, checker)
    told: list[Told] = [msgspec.convert(row.told, Told) for row in due]
    events = _news(mapping, mapped, [row.revision for row in due], told)
    conn.execute(
        queries.TOLD,
        [
            {"mapping": mapping.key, "order_hash": order, "told": json.dumps(said)}
            for order, said in zip(orders, told, strict=True)
        ],
    )
    rows = tuple(first.get(order, 0) for order in orders)
    return Emitted(orders=len(orders), mapped=replace(mapped, events=events), chunk=chunk, rows=rows)


def forget_lines(conn: Connection, older_than: datetime) -> int:
    """Forget lines of imports that ended before a time; an order that comes again later is not made twice."""
    return conn.execute(queries.FORGET, {"older_than": older_than}).rowcount


def _lines(mapping: Mapping, rule: LinesRule, chunk: Chunk) -> tuple[list[Line], list[Rejected]]:
    lines: list[Line] = []
    rejected: list[Rejected] = []
    seen: Counter[tuple[UUID, UUID]] = Counter()
    usual = _usual(mapping, chunk.table.column_names)
    for place, row in enumerate(chunk.table.to_pylist()):
        cells = {usual.get(name, name): v for name, v in row.items() if v is not None and str(v).strip()}
        if not cells:
            continue
        order = [str(cells.get(name, "")).strip() for name in rule.order]
        number = int(chunk.rows[place])
        if not any(order):
            problem = Problem(
                row=number, column=rule.order[0], code="no_order", got="", allowed="the number of the order",
                message="the line belongs to no order",
            )  # fmt: skip
            rejected.append(Rejected(problem=problem, raw=chunk.raw(place)))
            continue
        content = _hash(json_text(dict(sorted(cells.items()))))
        named = [str(cells.get(name, "")).strip() for name in rule.line]
        key = (_hash(*order), _hash(*named) if any(named) else content)
        lines.append((key[0], key[1], seen[key], number, content, json.loads(json_text(cells))))
        seen[key] += 1
    return lines, rejected


def _usual(mapping: Mapping, headers: Sequence[str]) -> dict[str, str]:
    """The usual name of each header that stands for a column under another one."""
    found: dict[str, str] = {}
    for column, others in mapping.aliases:
        if column not in headers:
            found |= {other: column for other in others if other in headers}
    return found


def _mapped(mapping: Mapping, lines: Sequence[Sequence[Cells]], chunk: Chunk, context: Context) -> Mapped:
    """The events of orders as rows, and of their lines where the mapping makes some of each line."""
    whole = replace(mapping, also=tuple(more for more in mapping.also if not more.each_line))
    mapped = map_chunk(whole, chunk, context)
    endless = {i + 1 for i, one in enumerate(lines) if len(one) > MOST_LINES}
    if endless:
        mapped = _without(mapped, chunk, endless)
    bad = {one.problem.row for one in mapped.rejected}
    each = tuple(more for more in mapping.also if more.each_line)
    shared = {column for more in (mapping, *each) for column in _of_order(more)}
    places = [(i + 1, row) for i, one in enumerate(lines) if i + 1 not in bad for row in filled(one, shared)]
    if not each or not places:
        return mapped
    table = _chunk([row for _, row in places], [[row] for _, row in places])
    owner = np.array([place for place, _ in places], dtype=np.int64)
    events, rows = list(mapped.events), [mapped.rows]
    for more in each:
        further = map_chunk(replace(more, also=()), table, context)
        events += further.events
        rows.append(owner[further.rows - 1])
    return replace(mapped, events=events, rows=np.concatenate(rows))


def _of_order(mapping: Mapping) -> list[str]:
    """The columns that are the order's own matter, also where they stand on one of its rows only: who, when, which."""
    columns = [identifier.column for identifier in mapping.identifiers]
    columns += mapping.time.columns if mapping.time else ()
    columns += [mapping.order_id.column] if mapping.order_id else []
    columns += [mapping.amount.currency_column] if mapping.amount else []
    return columns


def _without(mapped: Mapped, chunk: Chunk, endless: set[int]) -> Mapped:
    """Without orders of more lines than are believed."""
    kept = [(event, row) for event, row in zip(mapped.events, mapped.rows.tolist(), strict=True) if row not in endless]
    problems = [
        Problem(row=row, column="", code="too_many_lines", got="", allowed=f"at most {MOST_LINES} lines",
                message="the order has more lines than are believed")
        for row in sorted(endless)
    ]  # fmt: skip
    return replace(
        mapped,
        events=[event for event, _ in kept],
        rows=np.array([row for _, row in kept], dtype=np.int64),
        rejected=tuple(sorted(
            (*(one for one in mapped.rejected if one.problem.row not in endless),
             *(Rejected(problem=one, raw=chunk.raw(one.row - 1)[:100_000]) for one in problems)),
            key=lambda one: one.problem.row,
        )),
    )  # fmt: skip


def _news(mapping: Mapping, mapped: Mapped, revisions: Sequence[int], told: Sequence[Told]) -> list[Event]:
    """What was not told yet of each order: new events, and differences to those told before; notes them as told."""
    lines = tuple(f"{more.key}:" for more in mapping.also if more.each_line)
    news: list[Event] = []
    for event, row in zip(mapped.events, mapped.rows.tolist(), strict=True):
        said = told[row - 1]
        before = said.get(event.message_id)
        now = (event.revenue_minor, event.quantity, _digest(event))
        said[event.message_id] = now
        if before is None:
            news.append(event)
            continue
        if before == now or event.message_id.startswith(lines):
            continue
        main = event.message_id.startswith(f"{mapping.key}:")
        changed = before[:2] != now[:2]
        if main or changed:
            news.append(
                msgspec.structs.replace(
                    event,
                    message_id=f"{event.message_id}~{revisions[row - 1]}",
                    name=adjustment_of(event.name),
                    revenue_minor=event.revenue_minor - before[0],
                    quantity=event.quantity - before[1],
                )
            )
    return news


def _digest(event: Event) -> str:
    said = (event.ts, event.identifiers, sorted(event.props.items()), sorted(event.nums.items()), event.currency)
    return hashlib.blake2b(msgspec.json.encode(said), digest_size=8).hexdigest()


def _chunk(rows: Sequence[Map[str, object]], lines: Sequence[Sequence[Cells]]) -> Chunk:
    return Chunk(
        table=table_of(rows),
        rows=np.arange(1, len(rows) + 1, dtype=np.int64),
        records=len(rows),
        raw=lambda index: json_text({"lines": list(lines[index])}),
    )


def _hash(*parts: str) -> UUID:
    return UUID(bytes=hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest())
