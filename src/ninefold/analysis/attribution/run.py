"""Attribution: read from its document, and carried out: conversions, the touches before each, credit by model."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from ninefold.analysis.amounts import (
    CURRENCY,
    added,
    amount_notes,
    currency_notes,
    per_order,
    read_money,
)
from ninefold.analysis.counting import Floats, Ran, headcount, people_of, ranks, sums
from ninefold.analysis.document import read_length, read_pick
from ninefold.analysis.frame import Columns, Frame, coded, numbers_of
from ninefold.analysis.groups import ranked
from ninefold.analysis.model import Crowd, Ints, People
from ninefold.analysis.streams import changes
from ninefold.base import Fields, to_ms

from .model import (
    CHANNELS_MAX,
    DIRECT,
    Attribution,
    AttributionChannel,
    AttributionCredit,
    AttributionResult,
    Model,
)
from .rules import Paths, credited

CROWD = ("channel", "others", "converted", "unconverted")
_FIELDS = ("target", "touches", "channel", "lookback", "half_life", "most")
_LONGEST = timedelta(days=366)
_CHANNEL, _ORDER, _NUMBER = "touch_channel", "order", "number"


@dataclass(frozen=True, slots=True)
class Conversions:
    """Conversions, by person and time: whose, when, what they are worth."""

    person: NDArray[np.uint32]
    at: Ints
    worth: Floats


@dataclass(frozen=True, slots=True)
class Touched:
    """Conversions with the channels before them: for each touch on a path its conversion and channel."""

    done: Conversions
    conversion: Ints
    channel: Ints
    names: tuple[str, ...]
    others: int
    idle: People

    def crowd(self, wanted: Fields) -> People:
        """Who converted; with a ``channel`` (or ``others``) before it; or who was touched and did not."""
        if wanted.flag("unconverted", default=False):
            return self.idle
        if not wanted.has("channel") and not wanted.has("others"):
            return people_of(self.done.person)
        name = "" if wanted.flag("others", default=False) else wanted.text("channel")
        number = self.others if not name else self.names.index(name) if name in self.names else -1
        return people_of(self.done.person[self.conversion[self.channel == number]])


def read_attribution(document: Fields, part: str) -> Attribution:
    """The attribution of a document; raises invalid, naming the first wrong field."""
    fields = document.section(part, _FIELDS)
    lengths = {
        name: read_length(fields.raw(name) if fields.has(name) else default, fields.at(name), most=_LONGEST)
        for name, default in (("lookback", "30d"), ("half_life", "7d"))
    }
    return Attribution(
        target=read_money(fields, "target"),
        touches=read_pick(fields.raw("touches"), fields.at("touches"))[0],
        channel=fields.text("channel", "channel"),
        lookback_ms=lengths["lookback"],
        half_life_ms=lengths["half_life"],
        most=fields.integer("most", 30, low=1, high=CHANNELS_MAX - 2),
    )


def run(attribution: Attribution, frame: Frame) -> Ran[AttributionResult]:
    """Carry an attribution out on a frame."""
    target = attribution.target
    values = {_ORDER: "order_id", _CHANNEL: attribution.channel}
    values |= {CURRENCY: "currency"} if target.measured == "revenue" else {}
    columns = frame.scan(
        [*target.picks, attribution.touches],
        since=frame.start - timedelta(milliseconds=attribution.lookback_ms),
        values=values,
        numbers={_NUMBER: target.measured},
    )
    done = _conversions(attribution, columns, to_ms(frame.start))
    person, at, channel, names = _touches(attribution, columns)
    paths, owner = _paths(attribution, done, (person, at, channel), names)
    alone = _unconverted(done, (person, at, channel), to_ms(frame.start))
    whole = _joined(paths, alone)
    found = Touched(done, owner, paths.channel, names, names.index(""), people_of(alone[0]))
    given, effect = credited(whole, len(names), float(attribution.half_life_ms))
    return Ran(
        result=AttributionResult(
            conversions=len(done.at),
            amount=round(float(done.worth.sum()), 6),
            people=len(people_of(done.person)),
            crowd={"converted": True},
            unconverted=len(found.idle),
            unconverted_crowd={"unconverted": True},
            channels=_channels(found, given, effect),
        ),
        notes=_notes(attribution, columns),
        complete_at=frame.end,
        find=found.crowd,
    )


def _conversions(attribution: Attribution, columns: Columns, start: int) -> Conversions:
    """The conversions of the window, each with what came of it; rows of one order are one conversion."""
    numbers = numbers_of(columns.more[_NUMBER]).copy()
    numbers[columns.has(0) & np.isnan(numbers)] = 0.0  # a conversion without a number is one still
    found = added(attribution.target, columns, 0, np.where(columns.at >= start, numbers, np.nan))
    order, _ = coded(columns.more[_ORDER])
    rows, origin, unit = per_order(found, order[found.row], columns.at[found.row])
    seen, first, place = np.unique(unit, return_index=True, return_inverse=True)
    begins = found.row[origin[first]]
    worth = sums(place, rows.value, len(seen))
    rank = np.lexsort((columns.at[begins], columns.person[begins]))
    return Conversions(columns.person[begins][rank], columns.at[begins][rank], worth[rank])


def _touches(attribution: Attribution, columns: Columns) -> tuple[NDArray[np.uint32], Ints, Ints, tuple[str, ...]]:
    """The touches by person and time with the numbers of their channels; and the channels: listed, others, direct."""
    codes, values = coded(columns.more[_CHANNEL])
    touch = np.flatnonzero(columns.has(len(attribution.target.picks)) & (codes >= 0))
    groups = ranked(codes[touch], values, attribution.most)
    names = (*(values[code] for code in groups.listed), "")
    channel = np.minimum(groups.places(), len(names) - 1)  # the rest stand together, under no name
    if DIRECT not in names:
        names = (*names, DIRECT)
    rank = np.lexsort((columns.at[touch], columns.person[touch]))
    return columns.person[touch][rank], columns.at[touch][rank], channel[rank], names


def _paths(
    attribution: Attribution, done: Conversions, touches: tuple[NDArray[np.uint32], Ints, Ints], names: tuple[str, ...]
) -> tuple[Paths, Ints]:
    """One path for each conversion: the touches in the time before it, or a direct one; and each touch's conversion."""
    person, at, channel = touches
    people = np.union1d(person, done.person)
    owner, own = np.searchsorted(people, person), np.searchsorted(people, done.person)
    low = ranks(owner, at, own, done.at - attribution.lookback_ms)
    high = ranks(owner, at, own, done.at)
    sizes = np.maximum(high - low, 1)
    path = np.repeat(np.arange(len(done.at)), sizes)
    offset = np.arange(len(path)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    place = low[path] + offset
    touched = (high > low)[path]
    if len(at):
        code = np.where(touched, channel[np.minimum(place, len(at) - 1)], names.index(DIRECT))
        age = np.where(touched, done.at[path] - at[np.minimum(place, len(at) - 1)], 0)
    else:
        code, age = np.full(len(path), names.index(DIRECT), np.int64), np.zeros(len(path))
    ones = np.ones(len(done.at))
    return Paths(path, code.astype(np.int64), age.astype(np.float64), ones, done.worth, np.zeros(len(ones))), path


def _unconverted(
    done: Conversions, touches: tuple[NDArray[np.uint32], Ints, Ints], start: int
) -> tuple[NDArray[np.uint32], Ints]:
    """The touches in the window of people without a conversion: whose, and the channels."""
    person, at, channel = touches
    kept = (at >= start) & ~np.isin(person, done.person)
    return person[kept], channel[kept]


def _joined(paths: Paths, alone: tuple[NDArray[np.uint32], Ints]) -> Paths:
    """The paths, and one more for each person who was touched and did not convert."""
    person, channel = alone
    count = len(paths.conversions)
    number = np.cumsum(changes(person)) - 1
    more = int(number[-1]) + 1 if len(number) else 0
    return Paths(
        np.concatenate([paths.path, number + count]).astype(np.int64),
        np.concatenate([paths.channel, channel]).astype(np.int64),
        np.concatenate([paths.age, np.zeros(len(channel))]),
        np.concatenate([paths.conversions, np.zeros(more)]),
        np.concatenate([paths.worth, np.zeros(more)]),
        np.concatenate([paths.lost, np.ones(more)]),
    )


def _channels(
    found: Touched, given: dict[Model, tuple[Floats, Floats]], effect: Floats
) -> tuple[AttributionChannel, ...]:
    count = len(found.names)
    touches = np.bincount(found.channel, minlength=count)
    conversions = headcount(found.conversion, found.channel, count)
    people = headcount(found.done.person[found.conversion], found.channel, count)
    told = []
    for number in np.argsort(-given[Model.LINEAR][0], kind="stable").tolist():
        if not touches[number]:
            continue
        others = number == found.others
        crowd: Crowd = {"others": True} if others else {"channel": found.names[number]}
        told.append(
            AttributionChannel(
                channel=found.names[number],
                others=others,
                touches=0 if found.names[number] == DIRECT else int(touches[number]),
                conversions=int(conversions[number]),
                people=int(people[number]),
                crowd=crowd,
                removal=float(effect[number]),
                credits=tuple(
                    AttributionCredit(
                        model=model.value,
                        conversions=round(float(of[number]), 9),
                        amount=round(float(worth[number]), 6),
                    )
                    for model, (of, worth) in given.items()
                ),
            )
        )
    return tuple(told)


def _notes(attribution: Attribution, columns: Columns) -> tuple[str, ...]:
    return (
        "credit says who was there, not what would have been missing: only a hold-out measures increment",
        f"touches at most {timedelta(milliseconds=attribution.lookback_ms)} before; a touch may lead to several",
        f"conversions without a touch are {DIRECT}; touches without {attribution.channel} are left out",
        "Markov: first order; a person who was touched in the window and did not convert is a path that was lost",
        "rows of one order are one conversion",
        *amount_notes(attribution.target),
        *currency_notes(columns),
    )
