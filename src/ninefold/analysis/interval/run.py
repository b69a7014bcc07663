"""An interval: read from its document, and carried out: scan, sort, pair, spread."""

from datetime import timedelta
from functools import partial

from ninefold.analysis.counting import Ran, people_of, share
from ninefold.analysis.document import read_groupings, read_length, read_pick
from ninefold.analysis.frame import Frame, coded
from ninefold.analysis.model import Grain, People
from ninefold.analysis.queries import tie
from ninefold.analysis.slices import (
    SLICE_FIELDS,
    Bounds,
    Level,
    cells_of,
    crowd_of,
    read_bounds,
    row_levels,
    slices,
    tenths,
)
from ninefold.analysis.streams import ordered
from ninefold.base import Fields, to_ms

from .model import WITHIN_MS, Interval, IntervalResult, Pairing
from .rules import paired

CROWD = ("unmatched", *SLICE_FIELDS)
_FIELDS = ("start", "end", "pairing", "within", "hold", "bins", "split", "by")
_YEAR = timedelta(days=366)
_TIE, _HOLD = "tie", "hold"


def read_interval(document: Fields, part: str) -> Interval:
    """The interval of a document; raises invalid, naming the first wrong field."""
    fields = document.section(part, _FIELDS)
    start, _ = read_pick(fields.raw("start"), fields.at("start"))
    end, _ = read_pick(fields.raw("end"), fields.at("end"))
    return Interval(
        start=start,
        end=end,
        pairing=Pairing(fields.choice("pairing", tuple(Pairing), Pairing.NEAREST)),
        within_ms=read_length(fields.raw("within"), fields.at("within"), most=_YEAR)
        if fields.has("within")
        else WITHIN_MS,
        hold=fields.text("hold", ""),
        bounds=read_bounds(fields, "bins"),
        split=Grain(fields.choice("split", tuple(Grain))) if fields.has("split") else None,
        by=read_groupings(fields, "by", most=2),
    )


def run(interval: Interval, frame: Frame) -> Ran[IntervalResult]:
    """Carry an interval out on a frame."""
    until = frame.end + timedelta(milliseconds=interval.within_ms + 1)
    values = frame.group_columns(interval.by) | ({_HOLD: interval.hold} if interval.hold else {})
    columns = frame.scan([interval.start, interval.end], until=until, values=values, columns={_TIE: tie()})
    keys = []
    if interval.hold:
        held, _ = coded(columns.more[_HOLD])
        columns, keys = columns.where(held >= 0), [held[held >= 0]]
    stream = ordered(columns, 2, tie=columns.more[_TIE].to_numpy(), keys=keys)
    starts, ends = paired(stream, interval, (to_ms(frame.start), to_ms(frame.end)))
    done = ends >= 0
    rows = stream.row[starts[done]]
    seconds = (stream.at[ends[done]] - stream.at[starts[done]]) / 1000
    cells = cells_of(frame, columns, interval.split, interval.by, rows)
    levels = row_levels(columns.person[rows], seconds, cells)
    bounds = interval.bounds or tenths(seconds)
    unmatched = people_of(stream.person[starts[~done]])
    return Ran(
        result=IntervalResult(
            pairing=interval.pairing.value,
            starts=len(starts),
            unmatched=int((~done).sum()),
            unmatched_share=share(int((~done).sum()), len(starts)),
            unmatched_people=len(unmatched),
            unmatched_crowd={"unmatched": True},
            slices=slices(levels, bounds, cells.periods, frame, open_ms=interval.within_ms),
        ),
        notes=_notes(interval),
        complete_at=until,
        find=partial(_crowd, levels, bounds, unmatched),
    )


def _crowd(levels: tuple[Level, ...], bounds: Bounds, unmatched: People, wanted: Fields) -> People:
    """The people of a slice or bin, or those with an ``unmatched`` beginning."""
    return unmatched if wanted.flag("unmatched", default=False) else crowd_of(levels, bounds, wanted)


def _notes(interval: Interval) -> tuple[str, ...]:
    pairing = {
        Pairing.NEAREST: "an end makes a pair with the last beginning before it; earlier beginnings stay unmatched",
        Pairing.FIRST: "a person's first beginning of the window, with the first end after it",
        Pairing.EVERY: "each beginning with the first end after it; an end may close several",
    }[interval.pairing]
    span = f"at most {timedelta(milliseconds=interval.within_ms)} apart; longer ones are unmatched"
    notes = [pairing, span, "beginnings lie in the window, ends may follow it; an event of both ends and then begins"]
    if interval.hold:
        notes.append(f"the same {interval.hold} at both ends; events without one do not count")
    return tuple(notes)
