"""Sessions: read from their document, and carried out: scan, sort, cut, measure."""

from datetime import timedelta
from functools import partial

import numpy as np

from ninefold.analysis.counting import Floats, Ran, people_of, share
from ninefold.analysis.document import ANY, read_groupings, read_length, read_pick
from ninefold.analysis.frame import Columns, Frame, numbers_of
from ninefold.analysis.model import Grain, Ints, People
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
from ninefold.analysis.streams import Stream, ordered
from ninefold.analysis.times import day_numbers
from ninefold.base import Fields, invalid, to_ms

from .model import DAY_MS, GAP_MS, Session, SessionOf, SessionResult
from .rules import begins

CROWD = ("bounced", *SLICE_FIELDS)
_FIELDS = ("event", "gap", "longest", "midnight", "begin", "end", "of", "property", "bins", "split", "by")
_DAY = timedelta(days=1)
_TIE, _NUMBER = "tie", "number"


def read_session(document: Fields, part: str) -> Session:
    """The sessions of a document; raises invalid, naming the first wrong field."""
    fields = document.section(part, _FIELDS)
    measured = fields.text("property", "")
    of = SessionOf(fields.choice("of", tuple(SessionOf), SessionOf.SUM if measured else SessionOf.DURATION))
    if (of is SessionOf.SUM) != bool(measured):
        raise invalid(
            "bad_session", "a sum needs a property, and nothing else does", field=fields.at("property"), got=measured,
            allowed="of: sum, with a property",
        )  # fmt: skip
    lengths = {
        name: read_length(fields.raw(name), fields.at(name), most=_DAY) if fields.has(name) else default
        for name, default in (("gap", GAP_MS), ("longest", DAY_MS))
    }
    begin, end = (
        read_pick(fields.raw(name), fields.at(name))[0] if fields.has(name) else None for name in ("begin", "end")
    )
    return Session(
        pick=read_pick(fields.raw("event") or ANY, fields.at("event"))[0],
        gap_ms=lengths["gap"],
        longest_ms=lengths["longest"],
        midnight=fields.flag("midnight", default=False),
        begin=begin,
        end=end,
        of=of,
        measured=measured,
        bounds=read_bounds(fields, "bins"),
        split=Grain(fields.choice("split", tuple(Grain))) if fields.has("split") else None,
        by=read_groupings(fields, "by", most=2),
    )


def run(session: Session, frame: Frame) -> Ran[SessionResult]:
    """Carry sessions out on a frame."""
    stream, columns = _stream(session, frame)
    day = day_numbers(stream.at, frame.start - _DAY, frame.end + _DAY, frame.zone)
    first = np.flatnonzero(begins(stream, session, day))
    last = np.append(first[1:], len(stream)) - 1
    inside = (stream.at[first] >= to_ms(frame.start)) & (stream.at[first] < to_ms(frame.end))
    value = _measured(session, stream, columns, (first, last))[inside]
    first, last = first[inside], last[inside]
    rows = stream.row[first]
    person = columns.person[rows]
    cells = cells_of(frame, columns, session.split, session.by, rows)
    levels = row_levels(person, value, cells)
    bounds = session.bounds or tenths(value)
    single = people_of(person[first == last])
    bounced = int((first == last).sum())
    return Ran(
        result=SessionResult(
            of=session.of.value,
            sessions=len(first),
            per_person=share(len(first), len(people_of(person))),
            events=int((last - first + 1).sum()),
            bounced=bounced,
            bounced_share=share(bounced, len(first)),
            bounced_people=len(single),
            bounced_crowd={"bounced": True},
            slices=slices(levels, bounds, cells.periods, frame, open_ms=DAY_MS),
        ),
        notes=_notes(session),
        complete_at=frame.end + _DAY,
        find=partial(_crowd, levels, bounds, single),
    )


def _stream(session: Session, frame: Frame) -> tuple[Stream, Columns]:
    """All events of a window wider by the longest session, so that none is cut at its borders."""
    picks = [one for one in (session.pick, session.begin, session.end) if one is not None]
    columns = frame.scan(
        picks,
        since=frame.start - _DAY,
        until=frame.end + _DAY,
        values=frame.group_columns(session.by),
        numbers={_NUMBER: session.measured} if session.measured else None,
        columns={_TIE: tie()},
    )
    return ordered(columns, len(picks), tie=columns.more[_TIE].to_numpy()), columns


def _measured(session: Session, stream: Stream, columns: Columns, borders: tuple[Ints, Ints]) -> Floats:
    """The measure of each session."""
    first, last = borders
    match session.of:
        case SessionOf.DURATION:
            return (stream.at[last] - stream.at[first]) / 1000
        case SessionOf.EVENTS:
            return (last - first + 1).astype(np.float64)
    numbers = np.nan_to_num(numbers_of(columns.more[_NUMBER])[stream.row])
    found: Floats = np.add.reduceat(numbers, first) if len(first) else np.zeros(0)
    return found.round(6)


def _crowd(levels: tuple[Level, ...], bounds: Bounds, single: People, wanted: Fields) -> People:
    """The people of a slice or bin, or those with a session of one event."""
    return single if wanted.flag("bounced", default=False) else crowd_of(levels, bounds, wanted)


def _notes(session: Session) -> tuple[str, ...]:
    notes = [f"a pause of {timedelta(milliseconds=session.gap_ms)} ends a session"]
    notes.append(f"an event more than {timedelta(milliseconds=session.longest_ms)} after the beginning opens another")
    if session.midnight:
        notes.append("a new day of the calendar in the zone opens another")
    notes += [f"{one.label} opens another" for one in (session.begin,) if one]
    notes += [f"{one.label} closes a session" for one in (session.end,) if one]
    notes.append("a session counts in the window and period in which it begins; merged people's devices are one person")
    return tuple(notes)
