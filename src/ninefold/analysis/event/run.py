"""An event analysis, carried out: one scan for each window, rows of each measure, and what is taken of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ninefold.analysis.amounts import CURRENCY, added, amount_notes, currency_notes, per_order
from ninefold.analysis.counting import Floats, Ran, headcount, number, people_of
from ninefold.analysis.frame import Columns, Frame, coded, numbers_of
from ninefold.analysis.groups import GROUP_FIELDS, Groups, listed_as, ranked, told
from ninefold.analysis.model import Crowd, Ints, People
from ninefold.analysis.times import Period, periods
from ninefold.base import Fields, to_ms, zone_of

from .formula import Formula, evaluate
from .model import (
    Against,
    EventAnalysis,
    EventMeasure,
    EventNumber,
    EventPoint,
    EventResult,
    EventSeries,
    Measure,
    Per,
    Take,
)
from .rules import Rows, figures

CROWD = ("measure", "period", "compared", *GROUP_FIELDS)
Window: TypeAlias = tuple[datetime, datetime]
_LETTERS = "abcdefgh"
_ORDER = "order"


@dataclass(frozen=True, slots=True)
class Table:
    """A measure in every cell: row 0 is everybody, then the groups; column 0 is the whole window, then the periods."""

    values: Floats
    people: Ints


@dataclass(frozen=True, slots=True)
class Book:
    """One window's events, by measure."""

    periods: tuple[Period, ...]
    groups: Groups | None
    rows: tuple[Rows, ...]
    currencies: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a table."""
        return 1 + (len(self.groups.keys()) if self.groups else 0), 1 + len(self.periods)

    def of(self, analysis: EventAnalysis, place: int) -> tuple[Rows, ...]:
        """The rows behind a measure, or behind all measures of a formula."""
        if place < len(self.rows):
            return (self.rows[place],)
        return tuple(self.rows[_LETTERS.index(one)] for one in analysis.formulas[place - len(self.rows)].letters)


def run(analysis: EventAnalysis, frame: Frame) -> Ran[EventResult]:
    """Carry an event analysis out on a frame."""
    now = _book(analysis, frame, (frame.start, frame.end), None)
    earlier = _earlier((frame.start, frame.end), analysis.compare, frame.zone)
    then = _book(analysis, frame, earlier, now.groups) if earlier else None
    books = [now] if then is None else [now, then]
    tables = [_tables(analysis, book) for book in books]
    measures = [
        *((one.label, one.word, letter) for one, letter in zip(analysis.measures, _LETTERS, strict=False)),
        *((one.label, one.text, "") for one in analysis.formulas),
    ]
    return Ran(
        result=EventResult(
            measures=tuple(
                EventMeasure(measure=place + 1, letter=letter, label=label, take=take)
                for place, (label, take, letter) in enumerate(measures)
            ),
            compared_from=earlier[0].isoformat() if earlier else None,
            compared_to=earlier[1].isoformat() if earlier else None,
            series=tuple(
                one
                for place in range(len(measures))
                for one in _series(place, now, [table[place] for table in tables], frame)
            ),
        ),
        notes=_notes(analysis, books),
        complete_at=frame.end,
        find=partial(_crowd, analysis, books),
    )


def _crowd(analysis: EventAnalysis, books: Sequence[Book], wanted: Fields) -> People:
    """The people of ``{measure}``, of one period, of one group, or of the window ``compared`` with."""
    place = wanted.integer("measure", None, low=1, high=len(analysis.measures) + len(analysis.formulas)) - 1
    book = books[-1] if wanted.flag("compared", default=False) else books[0]
    labels = [one.label for one in books[0].periods]
    period = labels.index(wanted.choice("period", labels)) if wanted.has("period") else None
    grouped = {name: wanted.raw(name) for name in GROUP_FIELDS if wanted.has(name)}
    group = book.groups.place(grouped) if grouped and book.groups else None
    found = []
    for rows in book.of(analysis, place):
        inside = np.ones(len(rows.person), np.bool_)
        inside &= rows.period == period if period is not None else True
        inside &= rows.group == group if group is not None else True
        found.append(rows.person[inside])
    return people_of(np.concatenate(found))


def _book(analysis: EventAnalysis, frame: Frame, window: Window, like: Groups | None) -> Book:
    """Read one window; with ``like``, its groups are those of another one."""
    picks = [pick for one in analysis.measures for pick in one.amount.picks]
    numeric = sorted({one.amount.measured for one in analysis.measures if one.amount.measured and not _text(one)})
    values = frame.group_columns(analysis.by)
    values |= {f"text_{one.amount.measured}": one.amount.measured for one in analysis.measures if _text(one)}
    if any(one.per is Per.ORDER for one in analysis.measures):
        values[_ORDER] = "order_id"
    if "revenue" in numeric:
        values[CURRENCY] = "currency"
    columns = frame.scan(
        picks, since=window[0], until=window[1], values=values, numbers={f"number_{one}": one for one in numeric}
    )
    spans = periods(*window, analysis.split, frame.zone) if analysis.split else ()
    period = np.searchsorted([one.start_ms for one in spans], columns.at, side="right").astype(np.int64) - 1
    groups = None
    if analysis.by:
        codes, names = frame.row_codes(analysis.by, columns)
        most = analysis.by[0].most
        groups = ranked(codes, names, most) if like is None else listed_as(codes, names, like)
    group = groups.places() if groups else np.zeros(len(columns), np.int64)
    rows, first = [], 0
    for measure in analysis.measures:
        rows.append(_rows(measure, columns, first, (period, group)))
        first += len(measure.amount.picks)
    return Book(spans, groups, tuple(rows), currency_notes(columns))


def _text(measure: Measure) -> bool:
    return measure.take is Take.DISTINCT


def _rows(measure: Measure, columns: Columns, first: int, cells: tuple[Ints, Ints]) -> Rows:
    """The rows of a measure whose picks stand at the bits from ``first`` on."""
    own = measure.amount.measured
    if measure.take in {Take.COUNT, Take.PEOPLE}:
        numbers: Floats | None = None
    elif _text(measure):
        codes, _ = coded(columns.more[f"text_{own}"])
        numbers = np.where(codes >= 0, codes, np.nan)
    else:
        numbers = numbers_of(columns.more[f"number_{own}"]) if own else None
    found = added(measure.amount, columns, first, numbers)
    unit: Ints = np.zeros(0, np.int64)
    start = found.row
    if measure.per is Per.ORDER:
        order, _ = coded(columns.more[_ORDER])
        found, origin, unit = per_order(found, order[found.row], columns.at[found.row])
        start = start[origin]
    person: NDArray[np.uint32] = columns.person[start]
    if measure.per is Per.PERSON:
        unit = person.astype(np.int64)
    return Rows(person, found.value, unit, cells[0][start], cells[1][start])


def _tables(analysis: EventAnalysis, book: Book) -> list[Table]:
    """Every measure and formula in every cell."""
    found = [_table(measure, rows, book.shape) for measure, rows in zip(analysis.measures, book.rows, strict=True)]
    values = dict(zip(_LETTERS, (one.values.ravel() for one in found), strict=False))
    for place, formula in enumerate(analysis.formulas, start=len(found)):
        person, period, group = (
            np.concatenate([getattr(one, name) for one in book.of(analysis, place)] or [np.zeros(0, np.int64)])
            for name in ("person", "period", "group")
        )
        people = _filled(book.shape, (period, group), partial(headcount, person))
        found.append(Table(_formula(formula, values).reshape(book.shape), people.astype(np.int64)))
    return found


def _formula(formula: Formula, values: Mapping[str, Floats]) -> Floats:
    return np.round(evaluate(formula.tree, values), 9)


def _table(measure: Measure, rows: Rows, shape: tuple[int, int]) -> Table:
    cells = (rows.period, rows.group)
    people = _filled(shape, cells, partial(headcount, rows.person)).astype(np.int64)
    return Table(_filled(shape, cells, partial(figures, measure, rows)), people)


def _filled(shape: tuple[int, int], cells: tuple[Ints, Ints], taken: partial[Floats] | partial[Ints]) -> Floats:
    """A table of what is taken of the rows: of all, of each period, of each group, of each period of a group."""
    period, group = cells
    groups, spans = shape[0] - 1, shape[1] - 1
    found = np.zeros(shape)
    found[0, 0] = taken(np.zeros(len(period), np.int64), 1)[0]
    if spans:
        found[0, 1:] = taken(period, spans)
    if groups:
        found[1:, 0] = taken(group, groups)
    if groups and spans:
        found[1:, 1:] = taken(group * spans + period, groups * spans).reshape(groups, spans)
    return found


def _series(place: int, book: Book, tables: Sequence[Table], frame: Frame) -> list[EventSeries]:
    """One measure of everybody, then of each group that somebody is in."""
    keys: list[Crowd] = [{}, *(book.groups.keys() if book.groups else ())]
    found = []
    for row, key in enumerate(keys):
        if row and not any(table.people[row, 0] for table in tables):
            continue
        crowd = {"measure": place + 1, **key}
        value, others = told(key)
        points = tuple(
            EventPoint(
                period=span.label,
                whole=span.whole,
                complete=span.end_ms < to_ms(frame.limit),
                number=_number(tables, (row, column), {**crowd, "period": span.label}),
            )
            for column, span in enumerate(book.periods, start=1)
        )
        total = _number(tables, (row, 0), crowd)
        found.append(
            EventSeries(measure=place + 1, grouped=row > 0, value=value, others=others, total=total, points=points)
        )
    return found


def _number(tables: Sequence[Table], cell: tuple[int, int], crowd: Crowd) -> EventNumber:
    now, then = tables[0], tables[1] if len(tables) > 1 else None
    value = number(now.values[cell])
    known = then is not None and cell[1] < then.values.shape[1]
    before = number(then.values[cell]) if then is not None and known else None
    change = (value - before) / abs(before) if value is not None and before else None
    return EventNumber(
        value=value,
        people=int(now.people[cell]),
        crowd=crowd,
        before=before,
        before_people=int(then.people[cell]) if then is not None and known else 0,
        before_crowd={**crowd, "compared": True} if known else {},
        change=change,
    )


def _earlier(window: Window, compare: Against | timedelta | None, zone: str) -> Window | None:
    """The window compared with; days are those of the wall, so that a change of the clock shifts nothing."""
    start, end = (one.astimezone(zone_of(zone)).replace(tzinfo=None) for one in window)
    match compare:
        case None:
            return None
        case Against.PREVIOUS:
            found = start - (end - start), start
        case Against.YEAR:
            found = _year_before(start), _year_before(end)
        case timedelta():
            found = start - compare, end - compare
    first, after = (one.replace(tzinfo=zone_of(zone)).astimezone(UTC) for one in found)
    return first, after


def _year_before(local: datetime) -> datetime:
    last_of_february = local.month == 2 and local.day == 29
    return local.replace(year=local.year - 1, day=28 if last_of_february else local.day)


def _notes(analysis: EventAnalysis, books: Sequence[Book]) -> tuple[str, ...]:
    notes = [note for one in analysis.measures for note in amount_notes(one.amount)]
    if any(one.per is Per.ORDER for one in analysis.measures):
        notes.append(
            "per order: an order counts in the period and group of its first main event, with all that changed of it "
            "in the window; changes of orders from before the window are left out"
        )
    if any(one.take is Take.PEOPLE for one in analysis.measures) and analysis.split:
        notes.append("a person counts in every period with an event, and once in the whole")
    if analysis.by:
        notes.append(
            "groups of a property are of events: a person may be in several; traits, tags and segments are as now"
        )
    notes += [note for book in books for note in book.currencies]
    return tuple(dict.fromkeys(notes))
