"""Every kind of tag against a plain reference, on random events of people who were partly merged."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.support.world import START, World, day

from ninefold.base import Error
from ninefold.profiles.rules import tag_values_of
from ninefold.segments import Tags, read_tag
from ninefold.store import Events, Records, Statement

BASE = day(200)
ROOTS = {2: 1, 7: 5, 9: 5}
CATEGORIES = ("tea", "cups", "pots", "")


@dataclass(frozen=True)
class Order:
    person: int
    at: datetime
    message: str
    minor: int
    category: str


def tag(**matter: Any) -> dict[str, Any]:
    return {"kind": "tag", "key": "t", "name": "T", "owner": "crm", **matter}


def build(records: Records, events: Events, **matter: Any) -> dict[int, list[str]]:
    """The values of a freshly saved and built tag, as they stand in the table."""
    tags = Tags(records, events)
    with records.begin() as conn:
        tags.save(conn, tag(**matter), now=START)
    made = tags.refresh("t", now=BASE, base=BASE)
    rows = events.query(
        Statement("SELECT oneid, value FROM tags WHERE tag = 't' AND version = {v:UInt32}", {"v": made.version})
    ).to_pylist()
    found: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        found[row["oneid"]].append(row["value"])
    assert made.people == len(found)
    return dict(found)


@pytest.fixture
def orders(events: Events) -> dict[int, list[Order]]:
    """Orders by the person they belong to now, in order of time; also some after the base time."""
    rng = np.random.default_rng(7)
    world = World(events)
    world.person(*ROOTS.values())
    found: dict[int, list[Order]] = defaultdict(list)
    for number in range(500):
        person = int(rng.zipf(1.4)) % 50 + 1
        at = day(float(rng.uniform(0, 205))).replace(microsecond=0)
        order = Order(person, at, f"m{number}", int(rng.integers(0, 90)) * 100, CATEGORIES[int(rng.integers(0, 4))])
        columns = {"message_id": order.message, "revenue_minor": order.minor, "channel": order.category}
        world.order(person, order.minor, at, **columns)
        if at < BASE:
            found[ROOTS.get(person, person)].append(order)
    for loser, winner in ROOTS.items():
        world.merge(loser, winner)
    world.flush()
    return {person: sorted(mine, key=lambda one: (one.at, one.message)) for person, mine in found.items()}


def figures(orders: Mapping[int, list[Order]]) -> Iterator[tuple[dict[str, Any], dict[int, float]]]:
    """Measures and what a person's figure is."""
    counted: dict[str, Callable[[list[Order]], float]] = {
        "count": len,
        "days": lambda mine: len({one.at.date() for one in mine}),
        "hours": lambda mine: len({one.at.replace(minute=0, second=0) for one in mine}),
    }
    of_revenue: dict[str, Callable[[list[float]], float]] = {
        "sum": sum,
        "max": max,
        "min": min,
        "avg": lambda own: round(sum(own) / len(own), 6),
    }
    for word, figure in counted.items():
        yield {"function": word}, {person: figure(mine) for person, mine in orders.items()}
    for word, summary in of_revenue.items():
        found = {person: summary([one.minor / 100 for one in mine]) for person, mine in orders.items()}
        yield {"function": word, "of": "revenue"}, found


def test_measures_equal_the_plain_reference(records: Records, events: Events, orders: dict[int, list[Order]]) -> None:
    for asked, expected in figures(orders):
        found = build(records, events, measure={"event": "Order Completed", **asked})
        assert {person: float(value) for person, [value] in found.items()} == pytest.approx(expected), asked


def test_bands_cut_at_points_and_at_quantiles(records: Records, events: Events, orders: dict[int, list[Order]]) -> None:
    spent = {person: sum(one.minor for one in mine) / 100 for person, mine in orders.items()}
    asked = {"event": "Order Completed", "function": "sum", "of": "revenue"}
    named = ["little", {"value": "some", "name": {"en": "Some", "zh": "一些"}}, "much"]
    found = build(records, events, measure={**asked, "bands": {"points": [100, 300], "values": named}})
    words = ["little", "some", "much"]
    assert found == {person: [words[(sum_ >= 100) + (sum_ >= 300)]] for person, sum_ in spent.items()}
    shares = {share.value: (share.people, share.name_zh) for share in Tags(records, events).distribution("t")}
    assert shares["some"] == (sum(100 <= sum_ < 300 for sum_ in spent.values()), "一些")

    found = build(records, events, measure={**asked, "bands": {"quantiles": 4}})
    in_order = sorted(spent.values())
    for person, [band] in found.items():  # of a group of equals all are in the band of the best-off quarter below
        worse = np.searchsorted(in_order, spent[person], side="left")
        assert int(band) == 1 + worse * 4 // len(in_order)


def test_first_and_last_values(records: Records, events: Events, orders: dict[int, list[Order]]) -> None:
    for which, place in (("first", 0), ("last", -1)):
        found = build(records, events, pick={"event": "Order Completed", "which": which, "of": "channel"})
        named = {person: [one.category for one in mine if one.category] for person, mine in orders.items()}
        assert found == {person: [mine[place]] for person, mine in named.items() if mine}
        found = build(records, events, pick={"event": "Order Completed", "which": which, "of": "time"})
        stamps = {person: [f"{mine[place].at:%Y-%m-%dT%H:%M:%SZ}"] for person, mine in orders.items()}
        assert found == stamps


@pytest.mark.parametrize("by", ["count", "revenue"])
def test_preferences_are_the_values_that_weigh_most(
    records: Records, events: Events, orders: dict[int, list[Order]], by: str
) -> None:
    matter = {"event": "Order Completed", "of": "channel", "by": by, "top": 2, "at_least": 2}
    expected = {}
    for person, mine in orders.items():
        times, weight = Counter[str](), Counter[str]()
        for one in mine:
            times[one.category] += 1
            weight[one.category] += 1 if by == "count" else one.minor
        liked = [value for value in times if value and times[value] >= 2]
        best = sorted(liked, key=lambda value: (-weight[value], value))[:2]
        if best:
            expected[person] = sorted(best)
    found = build(records, events, preference=matter)
    assert {person: sorted(values) for person, values in found.items()} == expected
    both = next(person for person, best in expected.items() if len(best) == 2)
    tags = Tags(records, events)
    assert tags.value_of("t", both) == ", ".join(expected[both])
    told = {share.value: share.people for share in tags.distribution("t")}
    assert told == Counter(value for values in expected.values() for value in values)


def stage(mine: list[Order]) -> str:
    days = [(BASE - one.at) / timedelta(days=1) for one in mine]
    for bound, word in ((120, "lost"), (60, "dormant"), (20, "at_risk")):
        if days[-1] >= bound:
            return word
    if days[0] < 40:
        return "new"
    pairs = pairwise(days)
    return "resurrected" if any(now < 20 and before - now >= 60 for before, now in pairs) else "active"


def test_life_cycle_stages(records: Records, events: Events, orders: dict[int, list[Order]]) -> None:
    bounds = {"new_days": 40, "active_days": 20, "at_risk_days": 60, "dormant_days": 120}
    found = build(records, events, lifecycle={"event": "Order Completed", **bounds})
    assert found == {person: [stage(mine)] for person, mine in orders.items()}
    assert len(set(map(stage, orders.values()))) >= 5  # the data have them


def test_of_layers_the_first_that_fits_wins(records: Records, events: Events, orders: dict[int, list[Order]]) -> None:
    def bought(times: int) -> dict[str, Any]:
        return {"event": "Order Completed", "measure": "count", "op": "gte", "value": times}

    layers = [{"value": "often", "condition": bought(20)}, {"value": "some", "condition": bought(5)}]
    expected = {person: ["often" if len(mine) >= 20 else "some"] for person, mine in orders.items() if len(mine) >= 5}
    assert build(records, events, layers=layers) == expected
    everybody = build(records, events, layers={"layers": layers, "otherwise": "hardly"})
    assert {person: value for person, value in everybody.items() if value != ["hardly"]} == expected
    assert set(everybody) >= set(orders)
    assert not set(everybody) & set(ROOTS)


def test_a_condition_asks_for_any_of_several_values(
    records: Records, events: Events, orders: dict[int, list[Order]]
) -> None:
    values = build(records, events, preference={"event": "Order Completed", "of": "channel", "top": 3})
    is_tea = [{"value": "tea", "condition": {"tag": "t", "op": "eq", "value": "tea"}}]
    tags = Tags(records, events)
    with records.begin() as conn:
        tags.save(conn, {**tag(layers=is_tea), "key": "likes_tea"}, now=START)
    made = tags.refresh("likes_tea", now=BASE, base=BASE)
    assert made.people == sum("tea" in mine for mine in values.values())


@pytest.mark.parametrize(
    ("matter", "field"),
    [
        ({}, "tag"),
        ({"rfm": {"order": {"event": "o"}}, "measure": {"event": "o", "function": "count"}}, "tag"),
        ({"measure": {"event": "o", "function": "median"}}, "measure.function"),
        ({"measure": {"event": "o", "function": "sum"}}, "measure.of"),
        ({"measure": {"event": "o", "function": "count", "of": "x"}}, "measure.of"),
        ({"measure": {"event": "o", "function": "count", "bands": {"points": [3, 2]}}}, "measure.bands.points"),
        ({"measure": {"event": "o", "function": "count", "bands": {}}}, "measure.bands"),
        (
            {"measure": {"event": "o", "function": "count", "bands": {"quantiles": 2, "values": ["a", "a"]}}},
            "measure.bands.values",
        ),
        ({"pick": {"event": "o", "which": "middle", "of": "x"}}, "pick.which"),
        ({"preference": {"event": "o", "of": "x", "top": 11}}, "preference.top"),
        ({"lifecycle": {"event": "o", "active_days": 90}}, "lifecycle.at_risk_days"),
        ({"layers": []}, "layers.layers"),
        ({"layers": [{"value": "", "condition": {"everyone": True}}]}, "layers[0].value"),
        ({"lifetime": {"event": "o", "result": "luck"}}, "lifetime.result"),
    ],
)
def test_wrong_documents_are_named(matter: dict[str, Any], field: str) -> None:
    with pytest.raises(Error) as caught:
        read_tag(tag(**matter))
    assert caught.value.field == field


def test_amounts_in_several_currencies_are_not_added(records: Records, events: Events) -> None:
    world = World(events)
    world.order(1, 100)
    world.order(1, 100, currency="USD")
    world.flush()
    spent = {"event": "Order Completed", "function": "sum", "of": "revenue"}
    with pytest.raises(Error, match="CNY, USD"):
        build(records, events, measure=spent)
    assert build(records, events, measure={**spent, "currency": "usd"}) == {1: ["1"]}


def test_tags_are_built_after_those_they_are_made_from(records: Records, events: Events) -> None:
    tags = Tags(records, events, used_by=[lambda key: ["segment vip"] if key == "b" else []])

    def save(key: str, asks: str) -> None:
        layers = [{"value": "yes", "condition": {"tag": asks, "op": "exists"}}]
        with records.begin() as conn:
            tags.save(conn, {**tag(layers=layers), "key": key}, now=START)

    with records.begin() as conn:
        tags.save(conn, {**tag(pick={"event": "o", "which": "last", "of": "time"}), "key": "c"}, now=START)
    save("b", "c")
    save("a", "b")
    assert [one.key for one in tags.in_order()] == ["c", "b", "a"]
    assert tags.lineage("b").used_by == ("segment vip", "tag a")
    assert tags.lineage("b").reads.tags == {"c"}
    with pytest.raises(Error, match="made from itself"):
        save("c", "a")
    with pytest.raises(Error) as caught:
        save("a", "bb")
    assert (caught.value.field, caught.value.hint) == ("layers[0].condition.tag", 'did you mean "b"?')
    with records.begin() as conn, pytest.raises(Error, match="tag a"):
        tags.retire(conn, "b", now=START)


def test_a_profile_shows_all_values_of_a_tag() -> None:
    rows = [
        {"tag": "likes", "oneid": oneid, "value": value}
        for oneid, value in ((3, "old"), (5, "tea"), (5, "cups"), (9, "pots"), (9, "mugs"))
    ]
    assert tag_values_of(rows, root=5) == {"likes": "cups, tea"}
    assert tag_values_of(rows, root=1) == {"likes": "mugs, pots"}
