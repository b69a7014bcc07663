"""A small world of people, and a plain evaluator of conditions over it, written apart from the SQL on purpose."""

import random
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import fsum
from zoneinfo import ZoneInfo

import pyarrow as pa

from ninefold.predicate.model import (
    AllOf,
    AnyOf,
    Before,
    Between,
    Condition,
    Draw,
    During,
    EventClause,
    EventPick,
    Everyone,
    Full,
    Last,
    Limited,
    Measure,
    Not,
    Op,
    Operand,
    PropertyFilter,
    Rank,
    SegmentClause,
    SequenceClause,
    Since,
    TagClause,
    TraitClause,
    Window,
)
from ninefold.store import Events, Statement

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class TraitRow:
    key: str
    oneid: int
    source: str
    value: str
    num: float | None
    ts: datetime
    deleted: bool = False


@dataclass(frozen=True)
class EventRow:
    oneid: int
    name: str
    ts: datetime
    props: dict[str, str] = field(default_factory=dict)
    nums: dict[str, float] = field(default_factory=dict)
    revenue_minor: int = 0
    currency: str = ""
    quantity: float = 0.0
    order_id: str = ""
    product_id: str = ""
    session_id: str = ""
    channel: str = "web"
    source: str = "site"


@dataclass(frozen=True)
class TagRow:
    tag: str
    version: int
    oneid: int
    value: str
    num: float | None = None


@dataclass
class World:
    people: list[int] = field(default_factory=list)
    redirects: dict[int, int] = field(default_factory=dict)
    traits: list[TraitRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    tags: list[TagRow] = field(default_factory=list)
    runs: list[tuple[str, int]] = field(default_factory=list)
    segments: list[tuple[str, int, list[int]]] = field(default_factory=list)

    def root(self, oneid: int) -> int:
        return self.redirects.get(oneid, oneid)

    @property
    def present(self) -> set[int]:
        return {each for each in self.people if self.root(each) == each}

    def load(self, store: Events) -> None:
        at = pa.timestamp("ms", tz="UTC")
        people = {"oneid": pa.array(self.people, pa.uint32()), "first_seen": pa.array([NOW] * len(self.people), at)}
        store.insert("people", pa.table(people))
        gone = list(self.redirects.items())
        store.insert("redirects", pa.table({
            "oneid": pa.array([oneid for oneid, _ in gone], pa.uint32()),
            "root": pa.array([root for _, root in gone], pa.uint32()),
            "version": pa.array([1] * len(gone), pa.uint64()),
        }))  # fmt: skip
        rows = self.traits
        store.insert("traits", pa.table({
            "key": [row.key for row in rows],
            "oneid": pa.array([row.oneid for row in rows], pa.uint32()),
            "source": [row.source for row in rows],
            "value": [row.value for row in rows],
            "num": pa.array([row.num for row in rows], pa.float64()),
            "deleted": pa.array([int(row.deleted) for row in rows], pa.uint8()),
            "ts": pa.array([row.ts for row in rows], at),
            "received_at": pa.array([row.ts for row in rows], at),
        }))  # fmt: skip
        self._load_events(store, at)
        tags = self.tags
        store.insert("tags", pa.table({
            "tag": [row.tag for row in tags],
            "version": pa.array([row.version for row in tags], pa.uint32()),
            "oneid": pa.array([row.oneid for row in tags], pa.uint32()),
            "value": [row.value for row in tags],
            "num": pa.array([row.num for row in tags], pa.float64()),
        }))  # fmt: skip
        store.insert("tag_runs", pa.table({
            "tag": [tag for tag, _ in self.runs],
            "version": pa.array([version for _, version in self.runs], pa.uint32()),
            "built_at": pa.array([NOW] * len(self.runs), at),
            "people": pa.array([0] * len(self.runs), pa.uint64()),
        }))  # fmt: skip
        for name, version, members in self.segments:
            store.command(
                Statement(
                    """
                    INSERT INTO segment_versions (segment, version, definition_version, built_at, size, members)
                    SELECT {s:String}, {v:UInt32}, 1, now64(3), length({m:Array(UInt32)}), groupBitmapState(person)
                    FROM (SELECT arrayJoin({m:Array(UInt32)}) AS person)
                    """,
                    {"s": name, "v": version, "m": members},
                )
            )

    def _load_events(self, store: Events, at: pa.DataType) -> None:
        rows = self.events
        texts, numbers = pa.map_(pa.string(), pa.string()), pa.map_(pa.string(), pa.float64())
        store.insert("events", pa.table({
            "oneid": pa.array([row.oneid for row in rows], pa.uint32()),
            "name": [row.name for row in rows],
            "ts": pa.array([row.ts for row in rows], at),
            "received_at": pa.array([row.ts for row in rows], at),
            "message_id": [str(position) for position in range(len(rows))],
            "revenue_minor": pa.array([row.revenue_minor for row in rows], pa.int64()),
            "currency": [row.currency for row in rows],
            "quantity": pa.array([row.quantity for row in rows], pa.float64()),
            "order_id": [row.order_id for row in rows],
            "product_id": [row.product_id for row in rows],
            "session_id": [row.session_id for row in rows],
            "channel": [row.channel for row in rows],
            "source": [row.source for row in rows],
            "props": pa.array([list(row.props.items()) for row in rows], texts),
            "nums": pa.array([list(row.nums.items()) for row in rows], numbers),
        }))  # fmt: skip


CITIES = ("Shanghai", "shanghai", "Beijing", "北京", "", "5", "10", "O'Hara")
TIMES = ("2026-05-20", "2026-06-01", "2026-05-31T16:00:00Z", "2026-05-02T08:00:00+00:00", "2027-01-01", "1990-02-03")
NAMES = ("order", "order (adjusted)", "view", "it's {x:String}")


def random_world(seed: int, people: int = 24) -> World:
    """People, a third of them merged, with ties, deletions, late and future rows, stale tags and segments."""
    dice = random.Random(seed)
    world = World(people=list(range(1, people + 1)))
    roots = world.people[: people // 2]
    for oneid in world.people[people // 2 :]:
        if dice.random() < 0.7:
            world.redirects[oneid] = dice.choice(roots)
    if dice.random() < 0.5:
        world.redirects[roots[0]] = roots[0]  # merged once, and taken apart again
    keys = {"city": CITIES, "age": (5, 10, 10.5, 0, -3, "5", "old"), "joined": (*TIMES, "5", 20), "vip": (True, False)}
    for oneid in world.people:
        for key, values in keys.items():
            for source in dice.sample(["app", "crm", "cr"], dice.choice([0, 1, 1, 2])):
                world.traits.append(_trait(dice, key, oneid, source, dice.choice(values)))
        world.events += [_event(dice, oneid) for _ in range(dice.choice([0, 0, 1, 3, 8]))]
        world.tags += [
            TagRow(tag, version, oneid, *dice.choice([("gold", None), ("silver", None), ("3", 3.0), ("0", 0.0)]))
            for tag, version in (("level", 1), ("level", 2), ("level", 3), ("unbuilt", 1))
            if dice.random() < 0.5
        ]
    world.runs = [("level", 1), ("level", 2)]  # version 3 was written but never published
    everyone = [*world.people, 999_999]  # the last one is erased since
    world.segments = [
        (name, version, dice.sample(everyone, dice.randint(1, people)))
        for name, version in (("vip", 1), ("vip", 3), ("vip", 2), ("few", 1))
    ]
    return world


def _trait(dice: random.Random, key: str, oneid: int, source: str, value: str | float | bool) -> TraitRow:
    ts = NOW - timedelta(hours=dice.choice([1, 1, 2, 50]))
    number = None if isinstance(value, str) else float(value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return TraitRow(key, oneid, source, text, number, ts, deleted=dice.random() < 0.15)


def _event(dice: random.Random, oneid: int) -> EventRow:
    days = dice.choice([0, 1, 3, 3, 29.999, 30, 30.001, 45, 400, -1])
    props = {"category": dice.choice(["shoes", "hats", "", "5"]), "when": dice.choice(TIMES), "ok": "true"}
    nums = {"price": dice.choice([0, 1, 5, 0.1, 0.2, 99.5, -2]), "category": 5.0}
    revenue = dice.choice([(0, ""), (29900, "CNY"), (300, "JPY"), (10, "CNY"), (-500, "CNY"), (1, "KWD")])
    return EventRow(
        oneid=oneid,
        name=dice.choice(NAMES),
        ts=NOW - timedelta(days=days) + timedelta(milliseconds=dice.choice([0, 0, 1, -1])),
        props={key: value for key, value in props.items() if dice.random() < 0.6},
        nums={key: value for key, value in nums.items() if dice.random() < 0.6},
        revenue_minor=revenue[0],
        currency=revenue[1],
        quantity=dice.choice([0, 1, 2.5]),
        order_id=dice.choice(["", "o1", "o2"]),
        session_id=dice.choice(["", "s1", "s1", "s2"]),
        channel=dice.choice(["web", "app"]),
    )


# The evaluator. A value is (text, number): either may be None.
Value = tuple[str | None, float | None]


def evaluate(condition: Condition, world: World, *, now: datetime = NOW, zone: str = ZONE) -> set[int]:
    """The present people for whom a condition is true."""
    return {oneid for oneid in world.present if holds(condition, oneid, world, now, zone)}


def holds(condition: Condition, person: int, world: World, now: datetime, zone: str) -> bool:
    match condition:
        case Everyone():
            return True
        case AllOf(parts=parts):
            return all(holds(part, person, world, now, zone) for part in parts)
        case AnyOf(parts=parts):
            return any(holds(part, person, world, now, zone) for part in parts)
        case Not(part=part):
            return not holds(part, person, world, now, zone)
        case SegmentClause(segment=segment):
            found = max((each for each in world.segments if each[0] == segment), key=lambda each: each[1], default=None)
            return found is not None and any(world.root(each) == person for each in found[2])
        case TraitClause(key=key):
            return _test(_latest(key, person, world), condition.op, condition.value, now, zone)
        case TagClause():
            return _tag(condition, person, world, now, zone)
        case EventClause():
            return _event_clause(condition, person, world, now, zone)
        case SequenceClause():
            return sequence(condition, person, world, now, zone)
        case Limited():
            return person in limited(condition, world, now, zone)


def _latest(key: str, person: int, world: World) -> Value | None:
    rows = [row for row in world.traits if row.key == key and world.root(row.oneid) == person]
    if not rows:
        return None
    last = max(rows, key=lambda row: (row.ts, row.source.encode(), row.value.encode(), row.deleted))
    return None if last.deleted else (last.value, last.num)


def _tag(clause: TagClause, person: int, world: World, now: datetime, zone: str) -> bool:
    version = max((version for tag, version in world.runs if tag == clause.tag), default=0)
    rows = [row for row in world.tags if (row.tag, row.version) == (clause.tag, version)]
    rows = [row for row in rows if world.root(row.oneid) == person]
    if not rows:
        return clause.op is Op.NOT_EXISTS
    holder = person if any(row.oneid == person for row in rows) else max(row.oneid for row in rows)
    values: list[Value] = [(row.value, row.num) for row in rows if row.oneid == holder]
    return any(_test(value, clause.op, clause.value, now, zone) for value in values)


def _test(value: Value | None, op: Op, wanted: Operand, now: datetime, zone: str) -> bool:
    if op in {Op.EXISTS, Op.NOT_EXISTS}:
        return (value is not None) == (op is Op.EXISTS)
    if value is None:
        return False
    text, number = value
    if op in {Op.BEFORE, Op.AFTER, Op.WITHIN_LAST, Op.NOT_WITHIN_LAST}:
        return _test_time(None if text is None else iso(text, zone), op, str(wanted), now, zone)
    first = wanted[0] if isinstance(wanted, tuple) else wanted
    if isinstance(first, bool):
        return text is not None and {Op.EQ: text == str(first).lower(), Op.NE: text != str(first).lower()}[op]
    if isinstance(first, str):
        return text is not None and _test_text(text, op, wanted)
    return number is not None and test_number(number, op, wanted)


def _test_text(text: str, op: Op, wanted: Operand) -> bool:
    if isinstance(wanted, tuple):
        return (text in wanted) == (op is Op.IN)
    other = str(wanted)
    match op:
        case Op.EQ:
            return text == other
        case Op.NE:
            return text != other
        case Op.CONTAINS:
            return other in text
        case Op.NOT_CONTAINS:
            return other not in text
        case Op.STARTS_WITH:
            return text.startswith(other)
        case Op.ENDS_WITH:
            return text.endswith(other)
        case Op.MATCHES:
            return re.search(other, text) is not None
    raise AssertionError(op)


def test_number(number: float, op: Op, wanted: Operand) -> bool:
    if isinstance(wanted, tuple):
        if op is Op.BETWEEN:
            return float(wanted[0]) <= number <= float(wanted[1])
        return (number in wanted) == (op is Op.IN)
    assert isinstance(wanted, int | float)
    match op:
        case Op.EQ:
            return number == wanted
        case Op.NE:
            return number != wanted
        case Op.GT:
            return number > wanted
        case Op.GTE:
            return number >= wanted
        case Op.LT:
            return number < wanted
        case Op.LTE:
            return number <= wanted
    raise AssertionError(op)


test_number.__test__ = False  # type: ignore[attr-defined]


def iso(text: str, zone: str) -> datetime | None:
    if not re.match(r"\d{4}-\d{2}-\d{2}", text):
        return None
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _after(text: str, zone: str) -> datetime:
    """The first instant after a moment."""
    moment = iso(text, zone)
    assert moment is not None
    if len(text) == 10:
        return datetime.combine(date.fromisoformat(text) + timedelta(1), datetime.min.time(), ZoneInfo(zone))
    return moment + timedelta(milliseconds=1)


def _span(text: str) -> timedelta:
    unit = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}[text[-1]]
    return timedelta(**{unit: int(text[:-1])})


def _test_time(moment: datetime | None, op: Op, wanted: str, now: datetime, zone: str) -> bool:
    if moment is None:
        return False
    if op is Op.BEFORE:
        at = iso(wanted, zone)
        return at is not None and moment < at
    if op is Op.AFTER:
        return moment >= _after(wanted, zone)
    return (now - _span(wanted) <= moment <= now) == (op is Op.WITHIN_LAST)


def _inside(ts: datetime, window: Window | None, now: datetime, zone: str) -> bool:
    if ts > now:
        return False
    match window:
        case None:
            return True
        case Last(span=span):
            return ts >= now - _span(span)
        case Between(start=start, end=end):
            since = iso(start, zone)
            return since is not None and since <= ts < _after(end, zone)
        case Since(start=start):
            since = iso(start, zone)
            return since is not None and ts >= since
        case Before(end=end):
            until = iso(end, zone)
            return until is not None and ts < until
        case Full(unit=unit, count=count):
            day, today = ts.astimezone(ZoneInfo(zone)).date(), now.astimezone(ZoneInfo(zone)).date()
            back = _ordinal(unit.value, today) - _ordinal(unit.value, day)
            return 1 <= back <= count
        case During(calendar=calendar):
            day, today = ts.astimezone(ZoneInfo(zone)).date(), now.astimezone(ZoneInfo(zone)).date()
            return _same(calendar.value, day, today)


def _ordinal(unit: str, day: date) -> int:
    """The number of the day, week or month in which a day lies."""
    return {"days": day.toordinal(), "weeks": (day.toordinal() - 1) // 7, "months": day.year * 12 + day.month}[unit]


def _same(calendar: str, day: date, today: date) -> bool:
    which, _, unit = calendar.rpartition("_")
    if not which:
        return day == (today if unit == "today" else today - timedelta(1))
    week = timedelta(days=today.weekday())

    def number(each: date) -> int:
        match unit:
            case "week":
                return (each - (today - week)).days // 7
            case "month":
                return each.year * 12 + each.month
            case "quarter":
                return each.year * 4 + (each.month - 1) // 3
            case _:
                return each.year

    return number(day) == number(today) - (which == "last")


def _field(row: EventRow, name: str) -> Value | None:
    if name == "revenue":
        digits = {"JPY": 0, "KWD": 3}.get(row.currency, 2)
        return (None, float(Decimal(row.revenue_minor).scaleb(-digits))) if row.currency else None
    if name == "quantity":
        return (None, row.quantity) if row.quantity else None
    if name in {"currency", "order_id", "product_id", "session_id", "channel", "source"}:
        text = str(getattr(row, name))
        return (text, None) if text else None
    name = name.removeprefix("properties.")
    if name not in row.props and name not in row.nums:
        return None
    return row.props.get(name), row.nums.get(name)


def _filter(each: PropertyFilter, row: EventRow, now: datetime, zone: str) -> bool:
    if each.property == "time":
        return _test_time(row.ts, each.op, str(each.value), now, zone)
    return _test(_field(row, each.property), each.op, each.value, now, zone)


def _event_clause(clause: EventClause, person: int, world: World, now: datetime, zone: str) -> bool:
    ever = clause.measure in {Measure.FIRST_TIME, Measure.RESUMED}
    rows = _rows(clause, person, world, now, zone, None if ever else clause.within)
    match clause.measure:
        case Measure.DID:
            return bool(rows)
        case Measure.DID_NOT:
            return not rows
        case Measure.FIRST_TIME:
            return bool(rows) and _inside(min(row.ts for row in rows), clause.within, now, zone)
        case Measure.RESUMED:
            times = sorted(row.ts for row in rows)
            again = [ts for before, ts in pairwise(times) if ts - before >= _span(clause.gap)]
            return any(_inside(ts, clause.within, now, zone) for ts in again)
    assert clause.op is not None
    if clause.measure in {Measure.FIRST, Measure.LAST}:
        return _edge(clause, rows, now, zone)
    number = _figure(clause, rows, zone)
    return number is not None and test_number(number, clause.op, clause.value)


def _rows(
    clause: EventClause, person: int, world: World, now: datetime, zone: str, window: Window | None
) -> list[EventRow]:
    return [
        row
        for row in world.events
        if row.name in _events_of(clause)
        and world.root(row.oneid) == person
        and _inside(row.ts, window, now, zone)
        and all(_filter(each, row, now, zone) for each in clause.where)
    ]


def _figure(clause: EventClause, rows: list[EventRow], zone: str) -> float | None:
    periods = {Measure.DAYS: "days", Measure.WEEKS: "weeks", Measure.MONTHS: "months"}
    if clause.measure is Measure.COUNT:
        return len(rows)
    if clause.measure in periods:
        return len({_ordinal(periods[clause.measure], row.ts.astimezone(ZoneInfo(zone)).date()) for row in rows})
    found = [value for row in rows if (value := _field(row, clause.of))]
    if clause.measure is Measure.DISTINCT:
        return len({(text is not None, number if text is None else text) for text, number in found})
    numbers = [number for _, number in found if number is not None]
    if clause.measure is Measure.SUM:
        return round(fsum(numbers), 6)
    if not numbers:
        return None
    if clause.measure is Measure.AVG:
        orders = sum(row.name == clause.event for row in rows if _field(row, clause.of))
        return round(fsum(numbers) / max(1, orders), 6)
    return min(numbers) if clause.measure is Measure.MIN else max(numbers)


def sequence(clause: SequenceClause, person: int, world: World, now: datetime, zone: str) -> bool:
    """Whether some choice of events, one per step, fulfils everything: all choices are tried."""
    mine = [
        row for row in world.events if world.root(row.oneid) == person and _inside(row.ts, clause.within, now, zone)
    ]
    held = [(_field(row, clause.same) or (None, None))[0] if clause.same else "" for row in mine]
    for group in set(held) - {None}:
        rows = [row for row, own in zip(mine, held, strict=True) if own == group]
        steps = [[row for row in rows if _picked(step.pick, row, now, zone)] for step in clause.steps]
        place = {id(row): _place(row, steps) for row in rows}
        barred = [[row.ts for row in rows if _any(step.without, row, now, zone)] for step in clause.steps]
        ways: list[tuple[EventRow, ...]] = [(row,) for row in steps[0]]
        for number in range(1, len(steps)):
            ways = [
                (*way, row)
                for way in ways
                for row in steps[number]
                if all(row is not taken for taken in way)
                and place[id(way[-1])] <= place[id(row)]
                and _near(clause, number, way, row)
                and not any(way[-1].ts < ts < row.ts for ts in barred[number])
            ]
        if any(_ended(clause, way[-1].ts, rows, now, zone) for way in ways):
            return True
    return False


def _place(row: EventRow, steps: list[list[EventRow]]) -> tuple[datetime, int, int]:
    """Where an event stands: by its time, the earliest step it fulfils, and all steps it fulfils as bits."""
    fulfilled = [number for number, fits in enumerate(steps) if any(row is each for each in fits)]
    return row.ts, min(fulfilled, default=len(steps)), sum(1 << number for number in fulfilled)


def _picked(pick: EventPick, row: EventRow, now: datetime, zone: str) -> bool:
    return row.name == pick.event and all(_filter(each, row, now, zone) for each in pick.where)


def _any(picks: tuple[EventPick, ...], row: EventRow, now: datetime, zone: str) -> bool:
    return any(_picked(pick, row, now, zone) for pick in picks)


def _near(clause: SequenceClause, number: int, way: tuple[EventRow, ...], row: EventRow) -> bool:
    most = clause.steps[number].within
    if most and row.ts - way[-1].ts > _span(most):
        return False
    return not clause.span or row.ts - way[0].ts <= _span(clause.span)


def _ended(clause: SequenceClause, ts: datetime, rows: list[EventRow], now: datetime, zone: str) -> bool:
    if clause.then_not is None:
        return True
    until = ts + _span(clause.then_not.within)
    later = [row for row in rows if ts < row.ts <= until]
    return until < now and not any(_picked(clause.then_not.pick, row, now, zone) for row in later)


def limited(node: Limited, world: World, now: datetime, zone: str) -> set[int]:
    """The people of a limit."""
    people = evaluate(node.part, world, now=now, zone=zone)
    if isinstance(node.by, Draw):
        lot = {person: siphash(f"{node.by.seed}:{person}") for person in people}
        if node.share:
            return {person for person in people if lot[person] <= min(int(node.share * 2**64), 2**64 - 1)}
        return set(sorted(people, key=lambda person: (lot[person], person))[: node.most])
    values = {person: value for person in people if (value := _ranked(node.by, person, world, now, zone)) is not None}
    sign = 1 if node.by.lowest else -1
    order = sorted(values, key=lambda person: (sign * values[person], siphash(f":{person}"), person))
    return set(order[: node.most])


def _ranked(rank: Rank, person: int, world: World, now: datetime, zone: str) -> float | None:
    match rank.by:
        case TraitClause(key=key):
            value = _latest(key, person, world)
            return value[1] if value else None
        case TagClause(tag=tag):
            version = max((version for name, version in world.runs if name == tag), default=0)
            rows = [row for row in world.tags if (row.tag, row.version) == (tag, version)]
            rows = [row for row in rows if world.root(row.oneid) == person]
            holder = max((row.oneid == person, row.oneid) for row in rows)[1] if rows else 0
            return max((row.num for row in rows if row.oneid == holder and row.num is not None), default=None)
        case EventClause() as clause:
            found = _rows(clause, person, world, now, zone, clause.within)
            return _figure(clause, found, zone) if found else None


def siphash(text: str) -> int:
    """SipHash-2-4 with a key of zeros (Aumasson, Bernstein 2012)."""
    mask = 2**64 - 1
    v = [0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573]

    def rounds(times: int) -> None:
        for _ in range(times):
            for a, b, turn, half in ((0, 1, 13, 32), (2, 3, 16, 0), (0, 3, 21, 0), (2, 1, 17, 32)):
                v[a] = (v[a] + v[b]) & mask
                v[b] = ((v[b] << turn | v[b] >> (64 - turn)) & mask) ^ v[a]
                if half:
                    v[a] = (v[a] << 32 | v[a] >> 32) & mask

    data = text.encode()
    data += b"\0" * (7 - len(data) % 8) + bytes([len(text.encode()) & 255])
    for start in range(0, len(data), 8):
        word = int.from_bytes(data[start : start + 8], "little")
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _events_of(clause: EventClause) -> set[str]:
    """Corrections of an order are told beside it, as differences in money and pieces."""
    adjusted = clause.measure in {Measure.SUM, Measure.AVG} and clause.of in {"revenue", "quantity"}
    return {clause.event, f"{clause.event} (adjusted)"} if adjusted else {clause.event}


def _edge(clause: EventClause, rows: list[EventRow], now: datetime, zone: str) -> bool:
    assert clause.op is not None
    pick = min if clause.measure is Measure.FIRST else max
    if clause.of == "time":
        return bool(rows) and _test_time(pick(row.ts for row in rows), clause.op, str(clause.value), now, zone)
    first = clause.value[0] if isinstance(clause.value, tuple) else clause.value
    numeric = isinstance(first, int | float) and not isinstance(first, bool)
    timed = clause.op in {Op.BEFORE, Op.AFTER, Op.WITHIN_LAST, Op.NOT_WITHIN_LAST}
    found: list[tuple[datetime, bytes, Value]] = []
    for row in rows:
        text, number = _field(row, clause.of) or (None, None)
        if numeric and number is not None:
            found.append((row.ts, f"{number:g}".encode(), (None, number)))
        elif not numeric and text is not None and (not timed or iso(text, zone)):
            found.append((row.ts, text.encode(), (text, None)))
    if not found:
        return False
    return _test(pick(found, key=lambda each: each[:2])[2], clause.op, clause.value, now, zone)
