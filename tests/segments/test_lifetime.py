"""Lifetime models: the published answers on CDNOW, known parameters found again, and the tag on a real store."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.support.world import START, World, day

from ninefold.base import Error
from ninefold.segments import Tags
from ninefold.segments.tags.lifetime import rules
from ninefold.segments.tags.lifetime.model import Histories
from ninefold.segments.tags.lifetime.queries import histories as purchases
from ninefold.segments.tags.model import Source
from ninefold.segments.tags.queries.source import Span
from ninefold.store import Events, Records, Statement

WEEK = timedelta(weeks=1)


def histories(repeats: Any, last: Any, age: Any, spend: Any) -> Histories:
    columns = {"repeats": repeats, "last": last, "age": age, "spend": spend}
    return Histories(**{name: np.asarray(values, np.float64) for name, values in columns.items()})


def test_cdnow_gives_the_published_parameters(shared_data: Path) -> None:
    table = pq.read_table(shared_data / "cdnow/cdnow_customers_summary_with_transactions.parquet")
    seen = histories(*(table[name] for name in ("x", "t_x", "T", "zbar")))
    buying = rules.fit_buying(seen)
    assert [buying.r, buying.alpha, buying.a, buying.b] == pytest.approx([0.2426, 4.4136, 0.7930, 2.4260], abs=5e-4)
    assert buying.log_likelihood == pytest.approx(-9582.43, abs=0.01)
    spending = rules.fit_spending(seen)
    assert [spending.p, spending.q, spending.gamma] == pytest.approx([6.25, 3.74, 15.45], abs=0.01)
    expected = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert rules.amounts(spending, seen)[:10] == pytest.approx(expected, abs=0.1)
    one = histories([2], [30.43], [38.86], [0])
    assert rules.purchases(buying, one, 39.0)[0] == pytest.approx(1.226, abs=0.001)


def simulated(count: int, seed: int) -> tuple[list[tuple[list[float], float]], Histories]:
    """Customers who buy and drop out as the model says, with r 0.8, alpha 4, a 1.2, b 3; times in weeks."""
    rng = np.random.default_rng(seed)
    people = []
    for _ in range(count):
        age, now, times = float(rng.uniform(20, 60)), 0.0, [0.0]
        rate, leaves = float(rng.gamma(0.8, 1 / 4)), float(rng.beta(1.2, 3))
        while True:
            now += float(rng.exponential(1 / rate)) if rate > 1e-9 else np.inf
            if now >= age:
                break
            times.append(now)
            if rng.random() < leaves:
                break
        people.append((times, age))
    columns = [[len(times) - 1, times[-1], age, 0.0] for times, age in people]
    return people, histories(*zip(*columns, strict=True))


def test_known_parameters_are_found_again() -> None:
    _, seen = simulated(6_000, 3)
    model = rules.fit_buying(seen)
    assert [model.r, model.alpha, model.a, model.b] == pytest.approx([0.8, 4, 1.2, 3], rel=0.3)
    by_all = model.r / model.alpha, model.a / (model.a + model.b)  # the mean rate and the mean chance to leave
    assert by_all == pytest.approx((0.2, 1.2 / 4.2), rel=0.12)
    alive = rules.alive(model, seen)
    assert np.all((alive > 0) & (alive <= 1))
    assert np.all(alive[seen.repeats == 0] == 1)
    ahead = [rules.purchases(model, seen, weeks) for weeks in (1.0, 10.0, 50.0)]
    assert np.all(np.diff(ahead, axis=0) > 0)


@pytest.fixture
def shop(events: Events) -> int:
    """A shop of a hundred customers of the model; the number of those who came back."""
    world = World(events)
    people, _ = simulated(150, 5)
    for number, (times, age) in enumerate(people, start=1):
        for at in times:
            world.order(number, 5_000 + number, day(420) + (at - age) * WEEK)
    world.flush()
    return sum(len(times) > 1 for times, _ in people)


def tag(result: str, **more: Any) -> dict[str, Any]:
    matter = {"event": "Order Completed", "result": result, "horizon_days": 90, **more}
    return {"kind": "tag", "key": "clv", "name": "CLV", "owner": "crm", "lifetime": matter}


def test_a_tag_says_what_the_models_expect(records: Records, events: Events, shop: int) -> None:
    tags = Tags(records, events)
    figures = {}
    for result in ("purchases", "value", "alive", "churn"):
        with records.begin() as conn:
            tags.save(conn, tag(result), now=START)
        made = tags.refresh("clv", now=day(420), base=day(420))
        rows = events.query(
            Statement("SELECT oneid, num FROM tags WHERE version = {v:UInt32} ORDER BY oneid", {"v": made.version})
        )
        figures[result] = rows["num"].to_numpy()
        assert made.people == 150
        assert {"bg_nbd", "fitted_on", "points"} <= set(made.details)
    assert figures["alive"] + figures["churn"] == pytest.approx(np.ones(150), abs=2e-4)
    spend = figures["value"] / np.maximum(figures["purchases"], 1e-3)
    assert np.median(spend[figures["purchases"] > 0.1]) == pytest.approx(50.7, abs=1.5)  # all pay about fifty
    with records.begin() as conn:
        tags.save(conn, tag("value", bands={"quantiles": 3, "values": ["low", "mid", "high"]}), now=START)
    tags.refresh("clv", now=day(420), base=day(420))
    assert {share.value: share.people for share in tags.distribution("clv")} == {"low": 50, "mid": 50, "high": 50}


def test_too_little_to_learn_from_is_said(records: Records, events: Events) -> None:
    world = World(events)
    for number in range(1, 60):
        world.order(number, 100, day(1))
    world.flush()
    tags = Tags(records, events)
    with records.begin() as conn:
        tags.save(conn, tag("alive"), now=START)
    with pytest.raises(Error) as caught:
        tags.refresh("clv", now=day(100))
    assert caught.value.code == "too_few_repeats"
    assert not tags.history("clv")


def test_adjustments_are_money_of_their_order_and_no_purchase(events: Events) -> None:
    world = World(events)
    for oneid in (1, 2):
        for at, paid in ((0, 1000), (5, 2000), (9, 3000)):
            world.event(oneid, "Order Completed", day(at), revenue_minor=paid, currency="CNY")
    world.event(2, "Order Completed (adjusted)", day(0), revenue_minor=-900, currency="CNY")  # of the first: no repeat
    world.event(2, "Order Completed (adjusted)", day(5), revenue_minor=-500, currency="CNY")
    world.event(
        3, "Order Completed (adjusted)", day(5), revenue_minor=-500, currency="CNY"
    )  # of an order before it all
    world.flush()
    span = Span(source=Source(event="Order Completed"), base=day(20), zone="UTC")
    found = events.query(purchases(span, "CNY")).to_pylist()
    assert [(one["person"], one["repeats"], one["spend"]) for one in found] == [(1, 2.0, 2500.0), (2, 2.0, 2250.0)]
