"""RFM: borders, the eight cells, ties, merges, late orders - against a plain reference and hand-written SQL."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from tests.support.world import START, World, day

from ninefold.base import Error, FixedClock, Kind
from ninefold.segments import Tags, read_tag
from ninefold.store import Events, Records, Statement

BASE = day(100)
Order = tuple[int, int, datetime, str]  # person, amount, time, order id


def document(**rfm: Any) -> dict[str, Any]:
    return {
        "kind": "tag",
        "key": "rfm",
        "name": {"en": "RFM", "zh": "RFM 模型"},
        "owner": "crm",
        "rfm": {"order": {"event": "Order Completed"}, **rfm},
    }


def built(records: Records, events: Events, body: Mapping[str, Any], *, base: datetime = BASE) -> dict[int, str]:
    tags = Tags(records, events)
    with records.begin() as conn:
        tags.save(conn, body, now=START)
    build = tags.refresh("rfm", now=base, base=base)
    rows = events.query(
        Statement("SELECT oneid, value FROM tags WHERE tag = 'rfm' AND version = {v:UInt32}", {"v": build.version})
    ).to_pylist()
    assert build.people == len(rows)
    return {row["oneid"]: row["value"] for row in rows}


def reference(orders: list[Order], cuts: tuple[str, str, str], levels: int, root: Mapping[int, int]) -> dict[int, str]:
    """The rule in plain Python: ranks by sorting, means by fractions."""
    last: dict[int, datetime] = {}
    ids: dict[int, set[str]] = defaultdict(set)
    money: Counter[int] = Counter()
    for oneid, amount, at, order_id in orders:
        person = root.get(oneid, oneid)
        if at < BASE:
            last[person] = max(at, last.get(person, at))
            ids[person].add(order_id)
            money[person] += amount
    people = sorted(last)
    axes = [
        np.array([-((BASE - last[p]) // timedelta(days=1)) for p in people]),
        np.array([len(ids[p]) for p in people]),
        np.array([money[p] for p in people]),
    ]
    digits = []
    for values, cut in zip(axes, cuts, strict=True):
        if cut == "mean":
            level = 1 + (values * len(values) >= values.sum())
        else:
            worse = np.searchsorted(np.sort(values), values, side="left")  # how many are strictly worse
            level = 1 + worse * levels // len(values)
        digits.append(level)
    return {p: "".join(str(axis[i]) for axis in digits) for i, p in enumerate(people)}


CODES = {
    "222": "important_value",
    "212": "important_develop",
    "122": "important_keep",
    "112": "important_win_back",
    "221": "general_value",
    "211": "general_develop",
    "121": "general_keep",
    "111": "general_win_back",
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("cuts", [("quantile",) * 3, ("mean",) * 3, ("mean", "quantile", "mean")])
def test_cells_and_scores_equal_the_plain_reference(
    records: Records, events: Events, seed: int, cuts: tuple[str, str, str]
) -> None:
    rng = np.random.default_rng(seed)
    world = World(events)
    root = {2: 1, 7: 5, 9: 5}
    orders: list[Order] = []
    for number in range(400):
        oneid, amount = int(rng.zipf(1.3)) % 60 + 1, int(rng.integers(0, 40)) * 100
        at = day(float(rng.uniform(0, 101))).replace(microsecond=0)
        order = (oneid, amount, at, f"o{number // 2}")  # two lines per order id, often of two people
        orders.append(order)
        world.order(oneid, amount, at, order_id=order[3])
    for loser, winner in root.items():
        world.merge(loser, winner)
    world.flush()
    axes = dict(zip(("recency", "frequency", "monetary"), cuts, strict=True))
    cells = built(records, events, document(**axes))
    assert cells == {p: CODES[code] for p, code in reference(orders, cuts, 2, root).items()}
    numbered = Statement("SELECT count() FROM tags WHERE num IS NOT NULL")
    assert events.count(numbered) == 0
    if "mean" not in cuts:
        assert built(records, events, document(result="scores")) == reference(orders, cuts, 5, root)
        assert events.count(numbered) == len(cells)


def test_a_hand_written_query_finds_the_same_champions(records: Records, events: Events) -> None:
    world = World(events)
    rng = np.random.default_rng(5)
    for _ in range(300):
        world.order(int(rng.integers(1, 50)), int(rng.integers(1, 90)) * 50, day(float(rng.integers(0, 99))))
    world.flush()
    cells = built(records, events, document(recency="mean", frequency="mean", monetary="mean"))
    by_hand = events.query(
        Statement("""
        WITH p AS (
          SELECT oneid, dateDiff('day', max(ts), toDateTime64('2026-04-11 00:00:00', 3, 'UTC')) AS days,
                 count() AS orders, sum(revenue_minor) AS money
          FROM events WHERE name = 'Order Completed' GROUP BY oneid
        )
        SELECT oneid FROM p
        WHERE days <= (SELECT avg(days) FROM p) AND orders >= (SELECT avg(orders) FROM p)
          AND money >= (SELECT avg(money) FROM p)
    """)
    )
    assert {p for p, cell in cells.items() if cell == "important_value"} == set(by_hand["oneid"].to_pylist())


def test_equals_get_equal_levels_and_a_tie_stays_below_the_border(records: Records, events: Events) -> None:
    world = World(events)
    for oneid in range(1, 11):
        for _ in range(1 if oneid <= 6 else 2):  # six people with one order, four with two
            world.order(oneid, 100, day(50))
    world.flush()
    cells = built(records, events, document())
    assert {cells[p] for p in range(1, 7)} == {"general_win_back"}
    assert {cells[p] for p in range(7, 11)} == {"important_keep"}  # recency is equal for all, so nobody is better


def test_custom_points_are_reached_at_the_point_itself(records: Records, events: Events) -> None:
    world = World(events)
    world.order(1, 10_000, BASE - timedelta(days=30))  # thirty whole days, 100.00, one order
    world.order(2, 9_999, BASE - timedelta(days=31))
    world.order(3, 5_000, BASE - timedelta(days=30, hours=23, minutes=59))
    world.order(3, 5_000, BASE - timedelta(days=60))
    world.flush()
    body = document(
        currency="CNY",
        recency={"cut": "custom", "points": [30]},
        frequency={"cut": "custom", "points": [2]},
        monetary={"cut": "custom", "points": [100]},
    )
    assert built(records, events, body) == {1: "important_develop", 2: "general_win_back", 3: "important_value"}
    [build] = Tags(records, events).history("rfm")
    assert build.details == {"recency": [-30], "frequency": [2], "monetary": [10_000]}


def test_an_order_at_the_base_time_waits_and_a_late_one_counts_in_the_next_build(
    records: Records, events: Events
) -> None:
    world = World(events)
    world.order(1, 100, BASE)
    world.order(2, 100, BASE - timedelta(milliseconds=1))
    world.order(3, 100, BASE - timedelta(days=10))
    world.flush()
    assert set(built(records, events, document())) == {2, 3}
    assert set(built(records, events, document(window_days=10))) == {2, 3}
    assert set(built(records, events, document(window_days=9))) == {2}
    world.order(4, 100, BASE - timedelta(days=5))  # happened before, arrives after the first build
    world.flush()
    assert set(built(records, events, document())) == {2, 3, 4}


def test_today_means_up_to_the_last_midnight_of_the_business_zone(records: Records, events: Events) -> None:
    world = World(events)
    midnight = datetime(2026, 2, 1, 16, tzinfo=UTC)  # 00:00 on 2 February in Shanghai
    world.order(1, 100, midnight - timedelta(seconds=1))
    world.order(2, 100, midnight)
    world.flush()
    tags = Tags(records, events, zone="Asia/Shanghai")
    with records.begin() as conn:
        tags.save(conn, document(), now=START)
    build = tags.refresh("rfm", now=midnight + timedelta(hours=5))
    assert (build.base_at, build.people) == (midnight, 1)
    again = tags.refresh("rfm", now=midnight + timedelta(hours=9))
    assert (again.base_at, again.version) == (midnight, 2)


def test_only_orders_that_meet_the_filters_count(records: Records, events: Events) -> None:
    world = World(events)
    world.order(1, 100, day(1), props=[("category", "shoes")])
    world.order(1, 900, day(2), props=[("category", "hats")])
    world.order(2, 500, day(3), props=[("category", "hats")])
    world.order(3, 50, day(4), props=[("category", "shoes")])
    world.flush()
    where = [{"property": "category", "op": "eq", "value": "shoes"}]
    body = document(
        order={"event": "Order Completed", "where": where},
        currency="CNY",
        recency={"cut": "custom", "points": [97]},
        frequency={"cut": "custom", "points": [2]},
        monetary={"cut": "custom", "points": [1]},
    )
    assert built(records, events, body) == {1: "important_win_back", 3: "general_develop"}


def test_nobody_with_orders_is_a_version_with_nobody(records: Records, events: Events) -> None:
    world = World(events)
    world.event(1, "page")
    world.flush()
    assert built(records, events, document()) == {}
    tags = Tags(records, events)
    assert [share.people for share in tags.distribution("rfm")] == [0] * 8
    assert tags.value_of("rfm", 1) is None


def test_amounts_in_two_currencies_are_never_added(records: Records, events: Events) -> None:
    world = World(events)
    world.order(1, 10_000, day(1), currency="CNY")
    world.order(1, 9_000, day(2), currency="USD")
    world.order(2, 12_000, day(3), currency="CNY")
    world.flush()
    tags = Tags(records, events)
    with records.begin() as conn:
        tags.save(conn, document(), now=START)
    with pytest.raises(Error) as mixed:
        tags.refresh("rfm", now=BASE, base=BASE)
    assert mixed.value.kind is Kind.REFUSED
    assert "CNY, USD" in str(mixed.value)
    custom = {"currency": "cny", "monetary": {"cut": "custom", "points": ["110.00"]}}
    assert {p: cell[:9] for p, cell in built(records, events, document(**custom)).items()} == {
        1: "general_k",
        2: "important",
    }


def test_a_build_that_dies_is_never_seen_and_running_again_is_safe(records: Records, events: Events) -> None:
    world = World(events)
    world.order(1, 100, day(1))
    world.order(2, 300, day(2))
    world.flush()
    assert len(built(records, events, document())) == 2
    # What a build leaves that dies before it is published: some values of version 2.
    events.command(Statement("INSERT INTO tags (tag, version, oneid, value, num) SELECT 'rfm', 2, 1, 'wrong', 0"))
    tags = Tags(records, events)
    assert [build.version for build in tags.history("rfm")] == [1]
    assert tags.value_of("rfm", 1) == "general_win_back"
    build = tags.refresh("rfm", now=BASE, base=BASE)
    assert (build.version, build.people) == (3, 2)
    assert sum(share.people for share in tags.distribution("rfm")) == 2


def test_two_people_who_prove_to_be_one_have_one_value(records: Records, events: Events) -> None:
    world = World(events)
    world.order(1, 100, day(1))
    world.order(2, 900, day(90))
    world.order(3, 500, day(50))
    world.flush()
    cells = built(records, events, document())
    world.merge(1, 2)
    world.flush()
    tags = Tags(records, events)
    assert sum(share.people for share in tags.distribution("rfm")) == 2
    assert tags.value_of("rfm", 2) == cells[2]
    world.merge(2, 3, version=2)
    world.merge(1, 3, version=2)
    world.flush()
    assert tags.value_of("rfm", 3) == cells[3]
    assert {share.value: share.people for share in tags.distribution("rfm") if share.people} == {cells[3]: 1}


def test_a_tag_being_built_is_not_built_twice_at_once(records: Records, events: Events, clock: FixedClock) -> None:
    tags = Tags(records, events)
    with records.begin() as conn:
        tags.save(conn, document(), now=START)
    with records.hold("tag/rfm"), pytest.raises(Error) as busy:
        tags.refresh("rfm", now=clock.now())
    assert busy.value.kind is Kind.CONFLICT
    assert busy.value.retryable


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"order": {}}, "rfm.order.event"),
        ({"order": {"event": "x", "wher": []}}, "rfm.order.wher"),
        ({"order": {"event": "x", "where": [{"property": "a", "op": "eqq", "value": 1}]}}, "rfm.order.where[0].op"),
        ({"recency": "median"}, "rfm.recency.cut"),
        ({"recency": {"cut": "custom"}}, "rfm.recency.points"),
        ({"recency": {"cut": "custom", "points": [30, 60]}}, "rfm.recency.points"),
        ({"recency": {"cut": "custom", "points": [1.5]}}, "rfm.recency.points[0]"),
        ({"recency": {"cut": "quantile", "points": [1]}}, "rfm.recency.points"),
        ({"result": "scores", "frequency": {"cut": "custom", "points": [2, 4, 4, 8]}}, "rfm.frequency.points"),
        ({"result": "scores", "monetary": "mean"}, "rfm.monetary.cut"),
        ({"monetary": {"cut": "custom", "points": [100]}}, "rfm.currency"),
        ({"currency": "CNY", "monetary": {"cut": "custom", "points": [True]}}, "rfm.monetary.points[0]"),
        ({"currency": "C;"}, "rfm.currency"),
        ({"window_days": -1}, "rfm.window_days"),
        ({"as_of": "yesterday"}, "rfm.as_of"),
        ({"resutl": "cells"}, "rfm.resutl"),
    ],
)
def test_a_wrong_document_is_answered_with_the_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Error) as wrong:
        read_tag(document(**change))
    assert wrong.value.kind is Kind.INVALID
    assert wrong.value.field == field
    assert wrong.value.allowed
