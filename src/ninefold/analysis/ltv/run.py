"""Lifetime value: read from its document, and carried out: beginnings, amounts since then, sums up to each period."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from ninefold.analysis.amounts import CURRENCY, added, amount_notes, currency_notes, read_money
from ninefold.analysis.counting import Floats, Ran, share, sums
from ninefold.analysis.document import read_pick
from ninefold.analysis.frame import Frame, numbers_of
from ninefold.analysis.model import Grain, Ints, People
from ninefold.analysis.retention.rules import Begun, begun
from ninefold.analysis.streams import changes
from ninefold.analysis.times import Period, borders, periods
from ninefold.base import Fields, from_ms, to_ms

from .model import COLUMNS_MAX, Ltv, LtvCell, LtvCohort, LtvColumn, LtvResult

CROWD = ("cohort", "column")
_FIELDS = ("start", "birth", "amount", "grain", "columns")
_DAWN = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Brought:
    """Who began, and what came of them: for each amount its beginning (place in `starts`), column and value."""

    spans: tuple[Period, ...]
    starts: Begun
    start: Ints
    column: Ints
    value: Floats
    first: Ints

    def crowd(self, wanted: Fields) -> People:
        """The people of ``{cohort}``, or those of it who brought anything up to a ``column``."""
        labels = [one.label for one in self.spans]
        cohort = labels.index(wanted.choice("cohort", labels))
        inside = self.starts.cohort == cohort
        if wanted.has("column"):
            inside &= self.first <= wanted.integer("column", None, low=0, high=COLUMNS_MAX)
        return np.unique(self.starts.person[inside])


def read_ltv(document: Fields, part: str) -> Ltv:
    """The lifetime value of a document; raises invalid, naming the first wrong field."""
    fields = document.section(part, _FIELDS)
    amount = read_money(fields, "amount")
    return Ltv(
        start=read_pick(fields.raw("start"), fields.at("start"))[0] if fields.has("start") else amount.pick,
        amount=amount,
        grain=Grain(fields.choice("grain", ("day", "week", "month"), Grain.MONTH)),
        ever=fields.choice("birth", ("first", "first_ever"), "first") == "first_ever",
        columns=fields.integer("columns", 6, low=1, high=COLUMNS_MAX),
    )


def run(ltv: Ltv, frame: Frame) -> Ran[LtvResult]:
    """Carry a lifetime value out on a frame."""
    spans = periods(frame.start, frame.end, ltv.grain, frame.zone)
    border = borders(spans, ltv.grain, frame.zone, ltv.columns)
    values = {CURRENCY: "currency"} if ltv.amount.measured == "revenue" else {}
    columns = frame.scan(
        [ltv.start, *ltv.amount.picks],
        since=_DAWN if ltv.ever else frame.start,
        until=from_ms(int(border[-1])),
        values=values,
        numbers={"number": ltv.amount.measured},
    )
    own = columns.has(0)
    inside = np.array([*(one.start_ms for one in spans), spans[-1].end_ms], np.int64)
    starts = begun(columns.person[own], columns.at[own], inside, every=False)
    found = added(ltv.amount, columns, 1, numbers_of(columns.more["number"]))
    order = np.argsort(starts.person)
    starts = Begun(starts.person[order], starts.cohort[order], starts.at[order])
    person, at = columns.person[found.row], columns.at[found.row]
    place = np.minimum(np.searchsorted(starts.person, person), max(len(starts.person) - 1, 0))
    known = (starts.person[place] == person) & (at >= starts.at[place]) if len(starts.person) else person < 0
    start = place[known]
    column = np.searchsorted(border, at[known], side="right") - 1 - starts.cohort[start]
    brought = Brought(spans, starts, start, column, found.value[known], _first(start, column, len(starts.person)))
    limit = to_ms(frame.limit)
    rows = _cohorts(ltv, brought, border < limit)
    return Ran(
        result=LtvResult(columns=tuple(_column(one, rows) for one in range(ltv.columns + 1)), cohorts=rows),
        notes=(
            f"{ltv.grain.value}s of the calendar in the zone; column 0 is the period of the beginning, from it on",
            f"a person begins at the first {ltv.start.label} {'ever' if ltv.ever else 'of the window'}",
            "only completed cells have a value; columns are of complete cells only",
            *amount_notes(ltv.amount),
            *currency_notes(columns),
        ),
        complete_at=from_ms(int(border[-1])),
        find=brought.crowd,
    )


def _first(start: Ints, column: Ints, count: int) -> Ints:
    """For each beginning the first column with an amount; beyond all columns when there is none."""
    found = np.full(count, COLUMNS_MAX + 1, np.int64)
    order = np.lexsort((column, start))
    begins = changes(start[order])
    found[start[order][begins]] = column[order][begins]
    return found


def _cohorts(ltv: Ltv, brought: Brought, over: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[LtvCohort, ...]:
    count, width = len(brought.spans), ltv.columns + 1
    inside = brought.column < width
    cell = brought.starts.cohort[brought.start[inside]] * width + brought.column[inside]
    amounts = sums(cell, brought.value[inside], count * width).reshape(count, width).cumsum(axis=1).round(6)
    payers = brought.first < width
    paid = np.bincount(
        brought.starts.cohort[payers] * width + brought.first[payers], minlength=count * width
    ).reshape(count, width).cumsum(axis=1)  # fmt: skip
    sizes = np.bincount(brought.starts.cohort, minlength=count)
    return tuple(
        LtvCohort(
            period=span.label,
            whole=span.whole,
            people=int(sizes[place]),
            crowd={"cohort": span.label},
            cells=tuple(
                LtvCell(
                    column=column,
                    complete=bool(over[place + column + 1]),
                    amount=float(amounts[place, column]) if over[place + column + 1] else None,
                    per_person=share(float(amounts[place, column]), int(sizes[place]))
                    if over[place + column + 1]
                    else None,
                    people=int(paid[place, column]),
                    crowd={"cohort": span.label, "column": column},
                )
                for column in range(width)
            ),
        )
        for place, span in enumerate(brought.spans)
    )


def _column(column: int, rows: tuple[LtvCohort, ...]) -> LtvColumn:
    done = [row for row in rows if row.cells[column].complete]
    began, amount = sum(row.people for row in done), sum(row.cells[column].amount or 0.0 for row in done)
    return LtvColumn(
        column=column, cohorts=len(done), began=began, amount=round(amount, 6), per_person=share(amount, began)
    )
