"""The funnel's kernel: published vectors, the engine's own windowFunnel as oracle, and brute force on random events."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.analysis.frame import Columns
from ninefold.analysis.funnel.model import Entry, Exclusion, Funnel, Order, Reach, Step
from ninefold.analysis.funnel.rules import reached
from ninefold.analysis.model import Pick
from ninefold.analysis.streams import Stream, ordered, sessions
from ninefold.base import Error
from ninefold.store import Events, Statement

from .reference import Event, people_of

ALWAYS = (-(2**40), 2**40)


def pick(name: str) -> Pick:
    return Pick(events=(name,), label=name)


def funnel(steps: str, **more: object) -> Funnel:
    return Funnel(steps=tuple(Step(pick=pick(one)) for one in steps), **{"window_ms": 10_000, **more})  # type: ignore[arg-type]


def stream_of(events: Sequence[Event], definition: Funnel) -> Stream:
    """The events as the service would sort them."""
    steps = len(definition.steps)
    masks = [sum(1 << k for k in e.steps) + sum(1 << (steps + k) for k in e.bars) for e in events]
    columns = Columns(
        np.array([e.person for e in events], np.uint32),
        np.array([e.at for e in events], np.int64),
        np.array(masks, np.uint32),
    )
    keys = []
    if definition.reach is not Reach.SPAN:
        keys.append(np.array([e.day if definition.reach is Reach.DAY else e.session for e in events], np.int64))
    if definition.hold:
        keys.append(np.array([ord(e.hold[0]) for e in events], np.int64))
    return ordered(columns, steps, keys=keys)


def levels(events: Sequence[Event], definition: Funnel, begin: tuple[int, int] = ALWAYS) -> list[set[int]]:
    stream = stream_of(events, definition)
    return [set(stream.person[way.place].tolist()) for way in reached(stream, definition, begin)]


def told(text: str, steps: str) -> list[Event]:
    """Events of one person: ``ABB`` (a second apart) or ``A0 B10`` (with seconds)."""
    named = [(word[0], int(word[1:])) for word in text.split()] if any(c.isdigit() for c in text) else [
        (letter, second) for second, letter in enumerate(text)
    ]  # fmt: skip
    return [
        Event(person=1, at=1000 * second, steps=frozenset(k for k, step in enumerate(steps) if step == letter))
        for letter, second in named
    ]


VECTORS = [
    ("ABCBD", "ABCD", {}, 4),
    ("ABDC", "ABC", {}, 3),
    ("ABDC", "ABC", {"order": Order.STRICT}, 2),
    ("AABC", "ABC", {"order": Order.STRICT}, 3),
    ("CAB", "ABC", {}, 2),
    ("AB", "AAB", {}, 1),  # one event advances one step: the engine's default says 3
    ("AAB", "AAB", {}, 3),
    ("XAYB", "AB", {"order": Order.STRICT}, 1),
    ("A0 B0", "AB", {}, 2),
    ("A0 B10", "AB", {}, 2),
    ("A0 B11", "AB", {}, 1),
    ("A0 A8 B12", "AB", {}, 2),
    ("A0 B5 A8 B9 C15", "ABC", {}, 3),
    ("A0 B5 A8 C15", "ABC", {}, 2),
    ("A0 C1 B2 C3", "ABC", {}, 3),
    ("A0 C1 B2 C3", "ABC", {"order": Order.STRICT}, 1),
    ("A0 B0 C0", "ABC", {}, 3),
    ("A0 A8 B12", "AB", {"entry": Entry.FIRST}, 1),
    ("CBA", "ABC", {"order": Order.ANY}, 3),
    ("A0 B5 C11", "ABC", {"order": Order.ANY}, 2),
]


@pytest.mark.parametrize(("text", "steps", "more", "level"), VECTORS)
def test_published_vectors(text: str, steps: str, more: dict[str, object], level: int) -> None:
    found = levels(told(text, steps), funnel(steps, **more))
    assert [bool(people) for people in found] == [k < level for k in range(len(steps))]


def test_an_optional_step_is_measured_and_not_waited_for() -> None:
    plain = funnel("ABC")
    definition = Funnel(steps=(plain.steps[0], Step(pick=pick("B"), optional=True), plain.steps[2]), window_ms=10_000)
    assert [len(one) for one in levels(told("AC", "ABC"), definition)] == [1, 0, 1]
    assert [len(one) for one in levels(told("ABC", "ABC"), definition)] == [1, 1, 1]
    assert [len(one) for one in levels(told("AB", "ABC"), definition)] == [1, 1, 0]


def test_an_exclusion_bars_the_way_but_not_another_one() -> None:
    definition = funnel("AB", exclusions=(Exclusion(pick=pick("X"), after=0, before=1),))

    def events(text: str) -> list[Event]:
        return [
            Event(1, e.at, e.steps, frozenset({0}) if letter == "X" else frozenset())
            for e, letter in zip(told(text, "AB"), text, strict=True)
        ]

    assert [len(one) for one in levels(events("AXB"), definition)] == [1, 0]
    assert [len(one) for one in levels(events("AXAB"), definition)] == [1, 1]
    assert [len(one) for one in levels(events("XAB"), definition)] == [1, 1]


def test_in_any_order_overlapping_steps_are_refused() -> None:
    with pytest.raises(Error) as refused:
        levels(told("AB", "AAB"), funnel("AAB", order=Order.ANY))
    assert refused.value.code == "overlapping_steps"


STEPS = st.integers(2, 4)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Event], Funnel, tuple[int, int]]:
    count = draw(STEPS)
    order = draw(st.sampled_from(Order))
    plain = order is not Order.ORDERED
    single = order is Order.ANY
    masks = st.sampled_from([frozenset({k}) for k in range(count)]) if single else st.frozensets(
        st.integers(0, count - 1), max_size=2
    )  # fmt: skip
    reach = draw(st.sampled_from(Reach))
    hold = draw(st.booleans())
    steps = [Step(pick=pick(str(k))) for k in range(count)]
    if not plain:
        for k in range(1, count):
            within = draw(st.one_of(st.none(), st.integers(1, 8)))
            steps[k] = Step(pick=steps[k].pick, within_ms=within, optional=draw(st.booleans()))
    bars = [] if plain else draw(
        st.lists(st.sampled_from([(a, b) for a in range(count) for b in range(a + 1, count)]), max_size=2)
    )  # fmt: skip
    entry = Entry.FIRST if not single and not (hold and reach is not Reach.SPAN) and draw(st.booleans()) else Entry.BEST
    definition = Funnel(
        steps=tuple(steps),
        order=order,
        reach=reach,
        window_ms=draw(st.integers(1, 12)),
        entry=entry,
        exclusions=tuple(Exclusion(pick=pick("x"), after=a, before=b) for a, b in bars),
        hold=("value",) if hold else (),
    )
    at = st.integers(0, 20)
    events = draw(
        st.lists(
            st.builds(
                Event,
                person=st.integers(1, 2),
                at=at,
                steps=masks,
                bars=st.frozensets(st.integers(0, len(bars) - 1), max_size=1) if bars else st.just(frozenset()),
                hold=st.sampled_from("ab"),
            ),
            max_size=12,
        )
    )
    events = [Event(e.person, e.at, e.steps, e.bars, e.hold, day=e.at // 7, session=e.at // 5) for e in events]
    return events, definition, draw(st.sampled_from([(0, 21), (3, 12), (0, 1)]))


@settings(max_examples=300)
@given(worlds())
def test_the_kernel_finds_what_brute_force_finds(world: tuple[list[Event], Funnel, tuple[int, int]]) -> None:
    events, definition, begin = world
    events = [event for event in events if event.at >= begin[0]]
    assert levels(events, definition, begin) == people_of(events, definition, begin)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 40)), max_size=20), st.integers(1, 9))
def test_sessions_end_with_a_pause(rows: list[tuple[int, int]], gap: int) -> None:
    found = sessions(np.array([p for p, _ in rows], np.uint32), np.array([t for _, t in rows], np.int64), gap).tolist()
    for left, one in zip(rows, found, strict=True):
        for right, other in zip(rows, found, strict=True):
            between = sorted(
                t for p, t in rows if p == left[0] and min(left[1], right[1]) <= t <= max(left[1], right[1])
            )
            joined = left[0] == right[0] and all(b - a < gap for a, b in pairwise(between))
            assert (one == other) == joined


def test_the_engine_finds_the_same_levels(events: Events) -> None:
    """ClickHouse's windowFunnel, in its default mode, on distinct steps without equal times."""
    count, people, window = 40_000, 4_000, 600_000
    rng = np.random.default_rng(7)
    person = rng.integers(1, people + 1, count).astype(np.uint32)
    at = rng.permutation(4_000_000)[:count].astype(np.int64)
    code = rng.integers(0, 5, count)
    stream = ordered(Columns(person, at, (1 << code).astype(np.uint32)), 5)
    definition = funnel("ABCDE", window_ms=window)
    ours = [len(np.unique(stream.person[way.place])) for way in reached(stream, definition, ALWAYS)]
    table = "arrayJoin(arrayZip({p:Array(UInt32)}, {t:Array(UInt64)}, {c:Array(UInt8)}))"
    text = f"""
        SELECT countIf(level >= 1), countIf(level >= 2), countIf(level >= 3), countIf(level >= 4), countIf(level >= 5)
        FROM (
          SELECT x.1 AS p, windowFunnel({window})(x.2, x.3 = 0, x.3 = 1, x.3 = 2, x.3 = 3, x.3 = 4) AS level
          FROM (SELECT {table} AS x) GROUP BY p
        )"""
    row = events.query(Statement(text, {"p": person.tolist(), "t": at.tolist(), "c": code.tolist()})).to_pylist()[0]
    assert ours == list(row.values())
    assert ours[4] > 0
