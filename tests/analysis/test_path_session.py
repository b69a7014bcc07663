"""Paths and sessions: against plain Python on random events; cleaning, anchors, two crowds, cut rules."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from ninefold.analysis import Analyses
from ninefold.analysis.path import PathResult
from ninefold.analysis.session import SessionResult
from tests.support.world import World, day

from .answers import agrees

NOW = day(60)
OVER = {"from": "2026-01-05T00:00+00:00", "to": "2026-01-09T00:00+00:00"}
FIRST, AFTER = 4 * 86_400, 8 * 86_400


def visits(world: World, seed: int) -> dict[int, list[tuple[int, str, float]]]:
    """Bursts of page views: person -> (second, page, price)."""
    chance = random.Random(seed)
    world.merge(7, 2)
    for person in (3, 4, 5):
        world.trait(person, "city", "上海")
    found: dict[int, list[tuple[int, str, float]]] = {}
    taken: set[int] = set()
    for number in range(40):
        account, at = chance.randint(1, 8), chance.randrange(2 * 86_400, 10 * 86_400)
        for _ in range(chance.randint(1, 9)):
            at += chance.choice([20, 300, 1799, 1800, 2400])
            at += at in taken
            if at in taken:
                continue
            taken.add(at)
            page, price = chance.choice(["/", "/item/1", "/item/2", "/cart", "/pay"]), chance.randint(0, 9) / 2
            world.event(
                account, "Page", day(0) + timedelta(seconds=at), props={"page": page}, nums={"price": price},
                message_id=f"v{number}-{at}",
            )  # fmt: skip
            found.setdefault(2 if account == 7 else account, []).append((at, page, price))
    world.flush()
    return {person: sorted(own) for person, own in found.items()}


def cut(own: list[tuple[int, str, float]], gap: int, longest: int = 86_400) -> list[list[tuple[int, str, float]]]:
    found: list[list[tuple[int, str, float]]] = []
    for event in own:
        if not found or event[0] - found[-1][-1][0] >= gap or event[0] - found[-1][0][0] > longest:
            found.append([])
        found[-1].append(event)
    return found


def clean(page: str) -> str:
    return "/item/*" if page.startswith("/item/") else page


def steps_of(
    session: list[tuple[int, str, float]], anchor: str, *, back: bool, most: int
) -> list[tuple[int, int, str]]:
    """(step, second, name) of a session, without repeats, from its anchor."""
    names: list[tuple[int, str]] = []
    for at, page, _ in session:
        if not names or names[-1][1] != clean(page):
            names.append((at, clean(page)))
    if anchor:
        place = next((k for k, (_, name) in enumerate(names) if name == anchor), None)
        if place is None:
            return []
        if back:
            return [(k - place, *names[k]) for k in range(max(0, place - most + 1), place + 1)]
        names = names[place:]
    return [(k + 1, *one) for k, one in enumerate(names[:most])]


@pytest.mark.parametrize("shape", [{}, {"start": "/item/*"}, {"end": "/pay"}])
def test_paths_equal_plain_python(analyses: Analyses, world: World, shape: dict[str, str]) -> None:
    people = visits(world, 1)
    own: dict[str, Any] = {"event": "Page", "by": "page", "clean": ["/item/*"], "steps": 4, "most": 500, **shape}
    own["against"] = {"trait": "city", "op": "eq", "value": "上海"}
    document = {"method": "path", "over": OVER, "path": own}
    answer = analyses.run(document, now=NOW)
    assert isinstance(answer.result, PathResult)
    agrees(analyses, document, answer)
    edges: Counter[tuple[int, str, str]] = Counter()
    nodes: Counter[tuple[int, str]] = Counter()
    paths, others, others_edges = 0, 0, Counter[tuple[int, str, str]]()
    anchor = shape.get("start", shape.get("end", ""))
    for person, events in people.items():
        for session in cut(events, 1800, 10**9):
            steps = steps_of(session, anchor, back="end" in shape, most=4) if FIRST <= session[0][0] < AFTER else []
            paths += bool(steps)
            nodes.update((step, name) for step, _, name in steps)
            found = [(a[0], a[2], b[2]) for a, b in pairwise(steps)]
            edges.update(found)
            if person in {3, 4, 5}:
                others += bool(steps)
                others_edges.update(found)
    assert (answer.result.paths, answer.result.against_paths) == (paths, others)
    assert {(one.step, one.source, one.target): one.paths for one in answer.result.edges} == edges
    for one in answer.result.edges:
        assert one.against is not None
        assert one.against.paths == others_edges[one.step, one.source, one.target]
        assert one.against.difference == pytest.approx(one.paths / paths - one.against.paths / others)
        low, middle, high = one.against.low or 0, one.against.difference or 0, one.against.high or 0
        assert low <= middle <= high
    for node in answer.result.nodes:
        assert node.paths == nodes[node.step, node.name]
        last = node.step == (1 if "end" in shape else 4)
        onward = sum(one.paths for one in answer.result.edges if (one.step, one.source) == (node.step, node.name))
        if "end" not in shape and not last:
            assert node.dropped == node.paths - onward


def test_names_of_events_are_steps_and_most_edges_are_listed(analyses: Analyses, world: World) -> None:
    for person in (1, 2):
        for second, name in enumerate(["A", "A", "B", "C"][: 4 - person + 1]):
            world.event(person, name, day(5) + timedelta(seconds=second))
    world.flush()
    document = {"method": "path", "over": OVER, "path": {"most": 1}}
    found = analyses.run(document, now=NOW).result
    assert isinstance(found, PathResult)
    (edge,) = found.edges
    assert (edge.source, edge.target, edge.paths, found.edges_not_listed) == ("A", "B", 2, 1)
    assert edge.took is not None
    assert edge.took.median == 2.0
    document = {"method": "path", "over": OVER, "path": {"repeats": True}}
    found = analyses.run(document, now=NOW).result
    assert isinstance(found, PathResult)
    assert next((one.source, one.target) for one in found.edges) == ("A", "A")


@pytest.mark.parametrize("of", ["duration", "events", "sum"])
def test_sessions_equal_plain_python(analyses: Analyses, world: World, of: str) -> None:
    people = visits(world, 2)
    own = {"event": "Page", "of": of, "longest": "1h", "split": "day", "by": {"property": "page"}}
    document = {"method": "session", "over": OVER, "session": {**own, **({"property": "price"} if of == "sum" else {})}}
    answer = analyses.run(document, now=NOW)
    assert isinstance(answer.result, SessionResult)
    agrees(analyses, document, answer)
    sessions = [
        one for events in people.values() for one in cut(events, 1800, 3600) if FIRST <= one[0][0] < AFTER
    ]  # fmt: skip
    each: dict[str, list[float]] = {
        "duration": [one[-1][0] - one[0][0] for one in sessions],
        "events": [len(one) for one in sessions],
        "sum": [sum(price for _, _, price in one) for one in sessions],
    }
    measured = each[of]
    assert (answer.result.sessions, answer.result.events) == (len(sessions), sum(map(len, sessions)))
    assert answer.result.bounced == sum(len(one) == 1 for one in sessions)
    whole = answer.result.slices[0]
    assert whole.spread is not None
    assert whole.spread.mean == pytest.approx(sum(measured) / len(sessions))
    by_page = Counter(one[0][1] for one in sessions)
    assert {one.value: one.count for one in answer.result.slices if one.grouped} == by_page


def test_sessions_are_cut_by_events_and_at_midnight(analyses: Analyses, world: World) -> None:
    at = datetime(2026, 1, 5, 15, 50, tzinfo=UTC)  # ten minutes to midnight in Shanghai
    for minute, name in enumerate(["Open", "View", "Close", "View", "Open", "View"]):
        world.event(1, name, at + timedelta(minutes=4 * minute))
    world.flush()
    for rules, sessions in (
        ({}, 1),
        ({"midnight": True}, 2),
        ({"begin": "Open"}, 2),
        ({"end": "Close"}, 2),
        ({"begin": "Open", "end": "Close"}, 3),
        ({"begin": "Open", "end": "Close", "midnight": True}, 3),
        ({"longest": "8m"}, 2),
        ({"gap": "4m"}, 6),
    ):
        found = analyses.run({"method": "session", "over": OVER, "session": rules}, now=NOW).result
        assert isinstance(found, SessionResult)
        assert found.sessions == sessions, rules
