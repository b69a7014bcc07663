"""Retention: against brute force on random people, time zones, open cells, and who is behind each cell."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.analysis import Analyses, Answer, RetentionResult, read_analysis
from ninefold.analysis.methods import READERS
from ninefold.analysis.retention.rules import Begun, begun, returned
from ninefold.base import Error, to_ms
from ninefold.segments import Segments
from ninefold.store import Records
from tests.support.world import START, World, day

WALL = ZoneInfo("Asia/Shanghai")
FIRST, AFTER = datetime(2026, 1, 2, tzinfo=WALL), datetime(2026, 1, 13, tzinfo=WALL)
NOW = day(40)


def asked(**more: Any) -> dict[str, Any]:
    over = more.pop("over", {"from": "2026-01-02", "to": "2026-01-12"})
    return {"method": "retention", "over": over, "retention": {"start": "View", "back": "Order", "columns": 3, **more}}


def result(answer: Answer) -> RetentionResult:
    assert isinstance(answer.result, RetentionResult)
    return answer.result


def cells(answer: Answer) -> dict[tuple[str, int], int]:
    return {
        (one.period, cell.column): cell.people for one in result(answer).cohorts for cell in one.cells if cell.people
    }


def crowds(found: RetentionResult) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for one in found.cohorts:
        yield one.people, one.crowd
        for cell in one.cells:
            yield cell.people, cell.crowd
            yield one.people - cell.people, cell.lost_crowd


def local(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, tz=WALL)


def brute(rows: list[tuple[int, int, str]], document: dict[str, Any]) -> dict[tuple[str, int], int]:
    """Each person's events one after the other, days counted on a calendar on the wall."""
    own = document["retention"]
    clock, birth, grain = own.get("clock", "calendar"), own.get("birth", "first"), own.get("grain", "day")
    brackets = own["columns"] if isinstance(own["columns"], list) else [[k, k] for k in range(own["columns"] + 1)]
    if own.get("count") == "on_or_after":
        brackets = [[k, own["columns"]] for k in range(own["columns"] + 1)]

    def period(ms: int) -> datetime:
        at = local(ms).replace(hour=0, minute=0, second=0, microsecond=0)
        return at - timedelta(days=at.weekday()) if grain == "week" else at

    days = 7 if grain == "week" else 1
    found: dict[tuple[str, int], int] = {}
    for person in {person for person, _, _ in rows}:
        views = sorted(at for who, at, name in rows if who == person and name == "View")
        inside = [at for at in views if FIRST <= local(at) < AFTER]
        starts: list[int] = inside[:1]
        if birth == "first_ever":
            starts = inside[:1] if views[:1] == inside[:1] else []
        if birth == "every":
            starts = [min(at for at in inside if period(at) == one) for one in {period(at) for at in inside}]
        for start in starts:
            backs = [at for who, at, name in rows if who == person and name == "Order" and at > start]
            for column, (first, last) in enumerate(brackets):
                if clock == "calendar":
                    since = [(period(at) - period(start)).days // days for at in backs]
                else:
                    since = [(at - start) // (days * 86_400_000) for at in backs]
                if any(first <= one <= last for one in since):
                    label = f"{period(start):%Y-%m-%d}"
                    found[label, column] = found.get((label, column), 0) + 1
    return found


SHAPES: list[dict[str, Any]] = [
    {},
    {"birth": "every"},
    {"birth": "first_ever"},
    {"clock": "rolling"},
    {"clock": "rolling", "birth": "every", "count": "on_or_after"},
    {"count": "on_or_after", "columns": 5},
    {"columns": [[0, 0], [1, 3], [4, 9]]},
    {"grain": "week", "columns": 2},
    {"grain": "week", "clock": "rolling", "columns": 2},
]


@pytest.mark.parametrize("merges", [False, True])
def test_retention_equals_brute_force_and_its_people(analyses: Analyses, world: World, merges: bool) -> None:
    chance = random.Random(11)
    root = {7: 2, 11: 2, 20: 13} if merges else {}
    for loser, winner in root.items():
        world.merge(loser, winner)
    rows = []
    for _ in range(220):
        person, at = chance.randint(1, 20), to_ms(START) + chance.randrange(0, 26 * 86_400_000)
        name = chance.choice(["View", "Order", "Other"])
        rows.append((root.get(person, person), at, name))
        world.event(person, name, datetime.fromtimestamp(at / 1000, tz=UTC))
    world.flush()
    for shape in SHAPES:
        document = asked(**shape)
        answer = analyses.run(document, now=NOW)
        assert cells(answer) == brute(rows, document), shape
        assert cells(answer)
        for number, crowd in crowds(result(answer)):
            assert len(analyses.audience(document, answer.stamp.pin, crowd)[0]) == number, (shape, crowd)


def test_open_cells_are_open_and_not_low(analyses: Analyses, world: World) -> None:
    world.event(1, "View", day(1.5))
    world.event(1, "Order", day(2.5))
    world.event(2, "View", day(2.5))
    world.flush()
    found = result(analyses.run(asked(over={"since": "2026-01-02"}), now=day(3.5)))
    first, second, third = found.cohorts
    assert [(cell.complete, cell.rate) for cell in first.cells] == [
        (True, 0.0),
        (True, 1.0),
        (False, None),
        (False, None),
    ]
    assert [(cell.complete, cell.people) for cell in second.cells][:2] == [(True, 0), (False, 0)]
    assert (third.whole, third.cells[0].complete) == (False, False)
    assert [(column.began, column.back) for column in found.columns] == [(2, 0), (1, 1), (0, 0), (0, 0)]


def test_one_minute_past_midnight_is_the_next_day_of_the_calendar_but_not_of_the_clock(
    analyses: Analyses, world: World
) -> None:
    """In the business zone: 23:45 and 00:01 in Shanghai are 15:45 and 16:01 UTC."""
    at = datetime(2026, 1, 5, 15, 45, tzinfo=UTC)
    world.event(1, "View", at)
    world.event(1, "Order", at + timedelta(minutes=16))
    world.flush()
    assert cells(analyses.run(asked(), now=NOW)) == {("2026-01-05", 1): 1}
    assert cells(analyses.run(asked(clock="rolling"), now=NOW)) == {("2026-01-05", 0): 1}


def test_a_merge_and_a_late_event_move_the_answer_and_its_people_together(
    analyses: Analyses, world: World, segments: Segments, records: Records
) -> None:
    world.event(1, "View", day(3), batch_id=1)
    world.event(2, "Order", day(4), batch_id=1)
    world.flush()
    document = asked()
    before = analyses.run(document, now=NOW)
    world.event(1, "Order", day(4), batch_id=2)
    world.flush()
    assert len(analyses.audience(document, before.stamp.pin, {"cohort": "2026-01-04", "column": 1})[0]) == 0
    world.merge(2, 1)
    world.flush()
    people, restated = analyses.audience(document, before.stamp.pin, {"cohort": "2026-01-04", "column": 1})
    assert (people.tolist(), restated) == ([1], True)
    assert cells(analyses.run(document, now=NOW)) == {("2026-01-04", 1): 1}


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 60)), max_size=12),
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 80)), max_size=12),
    st.tuples(st.integers(0, 20), st.integers(1, 30)),
    st.sampled_from([1, 2**44]),
)
def test_returns_are_those_of_every_pair(
    starts: list[tuple[int, int]], backs: list[tuple[int, int]], bounds: tuple[int, int], scale: int
) -> None:
    """Also where person and time do not fit into one number."""
    low, high = bounds[0] * scale, (bounds[0] + bounds[1]) * scale

    def columns(rows: list[tuple[int, int]]) -> tuple[Any, Any]:
        return np.array([p for p, _ in rows], np.uint32), np.array([t * scale for _, t in rows], np.int64)

    found = begun(*columns(starts), np.array([0, 30 * scale, 70 * scale], np.int64), every=True)
    assert sorted(zip(found.person.tolist(), found.cohort.tolist(), found.at.tolist(), strict=True)) == sorted(
        (p, c, min(t * scale for q, t in starts if q == p and (t >= 30) == c))
        for p, c in {(p, int(t >= 30)) for p, t in starts}
    )
    back = returned(Begun(found.person, found.cohort, found.at), columns(backs), found.at + low, found.at + high)
    for person, at, came in zip(found.person.tolist(), found.at.tolist(), back.tolist(), strict=True):
        assert came == any(p == person and max(at + low, at + 1) <= t * scale < at + high for p, t in backs)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start": None}, "retention.start.event"),
        ({"columns": 0}, "retention.columns"),
        ({"columns": [[2, 1]]}, "retention.columns"),
        ({"columns": [[1, 2]], "count": "on_or_after"}, "retention.columns"),
        ({"clock": "cuckoo"}, "retention.clock"),
        ({"birth": "last"}, "retention.birth"),
        ({"grain": "year"}, "retention.grain"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Error) as refused:
        read_analysis(asked(**change), READERS, saved=False)
    assert refused.value.field.startswith(field.removesuffix(".event"))
