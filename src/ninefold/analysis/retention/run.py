"""Retention, carried out: scan, find beginnings, look for returns, count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from ninefold.analysis.counting import share
from ninefold.analysis.frame import Frame
from ninefold.analysis.model import Grain, Ints, People
from ninefold.analysis.streams import Flags
from ninefold.analysis.times import Period, borders, periods
from ninefold.base import Fields, from_ms, to_ms

from .model import Birth, Clock, Cohort, Retention, RetentionCell, RetentionColumn, RetentionResult
from .rules import Begun, begun, returned

CROWD = ("cohort", "column", "retained")
_DAWN = datetime(1970, 1, 2, tzinfo=UTC)
_UNITS = {
    Grain.HOUR: timedelta(hours=1),
    Grain.DAY: timedelta(days=1),
    Grain.WEEK: timedelta(weeks=1),
    Grain.MONTH: timedelta(days=30),
}


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """A retention's result, and the people behind each of its numbers."""

    result: RetentionResult
    notes: tuple[str, ...]
    complete_at: datetime
    starts: Begun
    back: tuple[Flags, ...]

    def crowd(self, wanted: Fields) -> People:
        """The people of ``{cohort}``, or those of it who came back, or did not, in a ``column``."""
        labels = [one.period for one in self.result.cohorts]
        inside = self.starts.cohort == labels.index(wanted.choice("cohort", labels))
        if wanted.has("column"):
            came = self.back[wanted.integer("column", None, low=0, high=len(self.back) - 1)]
            inside &= came if wanted.flag("retained", default=True) else ~came
        return np.unique(self.starts.person[inside])


def run(retention: Retention, frame: Frame) -> RetentionRun:
    """Carry a retention out on a frame."""
    cohorts = periods(frame.start, frame.end, retention.grain, frame.zone)
    far = max(last for _, last in retention.brackets)
    border = borders(cohorts, retention.grain, frame.zone, far)
    unit = _UNITS[retention.grain] // timedelta(milliseconds=1)
    until = int(border[-1]) if retention.clock is Clock.CALENDAR else cohorts[-1].end_ms + (far + 1) * unit
    limit = to_ms(frame.limit)
    since = _DAWN if retention.birth is Birth.FIRST_EVER else frame.start
    columns = frame.scan([retention.start, retention.back], since=since, until=from_ms(until))
    starting = columns.has(0)
    inside = np.array([*(one.start_ms for one in cohorts), cohorts[-1].end_ms], np.int64)
    starts = begun(columns.person[starting], columns.at[starting], inside, every=retention.birth is Birth.EVERY)
    backs = columns.has(1)
    returns = (columns.person[backs], columns.at[backs])
    found: list[Flags] = []
    ends: list[Ints] = []
    for first, last in retention.brackets:
        if retention.clock is Clock.CALENDAR:
            low, high = border[starts.cohort + first], border[starts.cohort + last + 1]
            ends.append(border[np.arange(len(cohorts)) + last + 1])
        else:
            low, high = starts.at + first * unit, starts.at + (last + 1) * unit
            ends.append(np.array([one.end_ms + (last + 1) * unit for one in cohorts], np.int64))
        found.append(returned(starts, returns, low, high))
    rows = _cohorts(cohorts, starts, found, [end < limit for end in ends])
    return RetentionRun(
        result=RetentionResult(
            clock=retention.clock.value,
            birth=retention.birth.value,
            columns=tuple(_column(retention, column, rows) for column in range(len(found))),
            cohorts=rows,
        ),
        notes=_notes(retention),
        complete_at=from_ms(until),
        starts=starts,
        back=tuple(found),
    )


def _cohorts(
    cohorts: Sequence[Period], starts: Begun, back: Sequence[Flags], complete: Sequence[Flags]
) -> tuple[Cohort, ...]:
    sizes = np.bincount(starts.cohort, minlength=len(cohorts))
    came = [np.bincount(starts.cohort[one], minlength=len(cohorts)) for one in back]
    return tuple(
        Cohort(
            period=period.label,
            whole=period.whole,
            people=int(sizes[place]),
            crowd={"cohort": period.label},
            cells=tuple(
                RetentionCell(
                    column=column,
                    people=int(came[column][place]),
                    lost=int(sizes[place] - came[column][place]),
                    rate=share(int(came[column][place]), int(sizes[place])) if complete[column][place] else None,
                    complete=bool(complete[column][place]),
                    crowd={"cohort": period.label, "column": column},
                    lost_crowd={"cohort": period.label, "column": column, "retained": False},
                )
                for column in range(len(back))
            ),
        )
        for place, period in enumerate(cohorts)
    )


def _column(retention: Retention, column: int, rows: Sequence[Cohort]) -> RetentionColumn:
    done = [row for row in rows if row.cells[column].complete]
    began, back = sum(row.people for row in done), sum(row.cells[column].people for row in done)
    first, last = retention.brackets[column]
    word = retention.grain.value
    label = f"{word} {first}" if first == last else f"{word} {first} to {last}"
    return RetentionColumn(column=column, label=label, began=began, back=back, rate=share(back, began))


def _notes(retention: Retention) -> tuple[str, ...]:
    clock = {
        Clock.CALENDAR: "periods of the calendar in the zone; period 0 is that of the beginning, what comes after it",
        Clock.ROLLING: f"periods of {_UNITS[retention.grain]} from each person's beginning",
    }[retention.clock]
    birth = {
        Birth.FIRST: "a person begins at the first such event of the window",
        Birth.FIRST_EVER: "a person begins at the first such event ever",
        Birth.EVERY: "a person begins once in every period with such an event",
    }[retention.birth]
    return (clock, birth, "open cells show people so far and no rate; columns are of complete cells only")
