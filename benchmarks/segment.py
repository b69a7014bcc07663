"""Segments: compiled conditions against SQL written by hand, on the same data in one run.

    python benchmarks/segment.py [--events 10000000] [--people 1000000] [--rounds 5]

Both sides give the same count, which is checked. The hand-written side is what an analyst would write who knows the
tables, merged people included.
"""

import argparse
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime

from ninefold.predicate import count, parse
from ninefold.store import Events, Statement

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PERSON = "if(r.root > 0, r.root, e.oneid)"
REDIRECTS = (
    "LEFT ANY JOIN (SELECT oneid, argMax(root, version) AS root FROM redirects GROUP BY oneid) AS r USING (oneid)"
)
CASES = {
    "bought twice or more in 30 days": (
        {"event": "Order Completed", "measure": "count", "op": "gte", "value": 2, "within": {"last": "30d"}},
        f"""SELECT count() FROM (
          SELECT {PERSON} AS person FROM (
            SELECT oneid, count() AS n FROM events
            WHERE name = 'Order Completed' AND ts >= toDateTime64('2026-05-02 00:00:00', 3, 'UTC')
              AND ts <= toDateTime64('2026-06-01 00:00:00', 3, 'UTC') GROUP BY oneid) AS e
          {REDIRECTS} GROUP BY person HAVING sum(n) >= 2)""",
    ),
    "spent 500 or more in 90 days": (
        {"event": "Order Completed", "measure": "sum", "of": "revenue", "op": "gte", "value": 500,
         "within": {"last": "90d"}},
        f"""SELECT count() FROM (
          SELECT {PERSON} AS person FROM (
            SELECT oneid, sum(revenue_minor) AS s FROM events
            WHERE name = 'Order Completed' AND ts >= toDateTime64('2026-03-03 00:00:00', 3, 'UTC')
              AND ts <= toDateTime64('2026-06-01 00:00:00', 3, 'UTC') GROUP BY oneid) AS e
          {REDIRECTS} GROUP BY person HAVING sum(s) >= 50000)""",
    ),
    "viewed in 30 days, in Shanghai, did not buy in 30 days": (
        {"all": [
            {"event": "Product Viewed", "measure": "did", "within": {"last": "30d"}},
            {"trait": "city", "op": "eq", "value": "Shanghai"},
            {"event": "Order Completed", "measure": "did_not", "within": {"last": "30d"}},
        ]},
        f"""WITH
          (SELECT groupBitmapState(assumeNotNull(toUInt32({PERSON}))) FROM (
            SELECT DISTINCT oneid FROM events WHERE name = 'Product Viewed'
              AND ts >= toDateTime64('2026-05-02 00:00:00', 3, 'UTC')
              AND ts <= toDateTime64('2026-06-01 00:00:00', 3, 'UTC')) AS e {REDIRECTS}) AS viewed,
          (SELECT groupBitmapState(person) FROM (
            SELECT toUInt32({PERSON}) AS person, argMax(value, (ts, source)) AS city
            FROM (SELECT oneid, value, ts, source FROM traits WHERE key = 'city') AS e
            {REDIRECTS} GROUP BY person HAVING city = 'Shanghai')) AS there,
          (SELECT groupBitmapState(assumeNotNull(toUInt32({PERSON}))) FROM (
            SELECT DISTINCT oneid FROM events WHERE name = 'Order Completed'
              AND ts >= toDateTime64('2026-05-02 00:00:00', 3, 'UTC')
              AND ts <= toDateTime64('2026-06-01 00:00:00', 3, 'UTC')) AS e {REDIRECTS}) AS bought
        SELECT bitmapCardinality(bitmapAndnot(bitmapAnd(viewed, there), bought))""",
    ),
}  # fmt: skip


FILL = (
    "INSERT INTO people SELECT number + 1, toDateTime64('2025-01-01', 3, 'UTC') FROM numbers({people:UInt64})",
    """
    INSERT INTO redirects SELECT number * {every:UInt64} + 2, number * {every:UInt64} + 1, number + 1
    FROM numbers(intDiv({people:UInt64}, {every:UInt64}))
    """,
    """
    INSERT INTO traits (key, oneid, source, value, num, deleted, ts, received_at)
    SELECT 'city', number + 1, 'crm', ['Shanghai', 'Beijing', 'Chengdu', 'Wuhan'][1 + cityHash64(number) % 4], NULL, 0,
      toDateTime64('2026-01-01', 3, 'UTC') + toIntervalSecond(number % 1000), toDateTime64('2026-01-01', 3, 'UTC')
    FROM numbers({people:UInt64})
    """,
    """
    INSERT INTO events (oneid, name, ts, received_at, message_id, revenue_minor, currency, props, nums)
    SELECT 1 + cityHash64(number, 1) % {people:UInt64},
      if(number % 8 = 0, 'Order Completed', if(number % 8 < 6, 'Product Viewed', 'App Opened')),
      toDateTime64('2026-06-01', 3, 'UTC') - toIntervalSecond(cityHash64(number, 2) % 31536000), now64(3),
      toString(number), if(number % 8 = 0, 1000 + cityHash64(number, 3) % 50000, 0), 'CNY',
      map('page', '/a'), map('price', 1.5)
    FROM numbers({events:UInt64})
    """,
)


def fill(events: Events, count_events: int, people: int, every: int) -> None:
    """A year of shop traffic: one order in eight events, one number in so many redirected to its neighbour."""
    scale = {"people": people, "events": count_events, "every": every}
    for text in FILL:
        events.command(Statement(text, scale))


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--redirected", type=int, default=100, help="one number in so many is redirected")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        events = Events.open(f"chdb://{folder}/events")
        fill(events, given.events, given.people, given.redirected)
        found = {}
        for name, (document, by_hand) in CASES.items():
            sides = {"compiled": count(parse(document), now=NOW, zone="UTC"), "by hand": Statement(by_hand)}
            counts = {side: events.count(statement) for side, statement in sides.items()}
            assert counts["compiled"] == counts["by hand"], (name, counts)
            seconds: dict[str, list[float]] = {side: [] for side in sides}
            for _ in range(given.rounds):
                for side, statement in sides.items():
                    began = time.perf_counter()
                    events.count(statement)
                    seconds[side].append(time.perf_counter() - began)
            ratios = [a / b for a, b in zip(seconds["compiled"], seconds["by hand"], strict=True)]
            found[name] = {
                "people": counts["compiled"],
                "compiled_seconds": round(statistics.median(seconds["compiled"]), 3),
                "by_hand_seconds": round(statistics.median(seconds["by hand"]), 3),
                "ratio": round(statistics.median(ratios), 2),
            }
        print(json.dumps({"events": given.events, "people": given.people, "cases": found}, indent=1))
        events.close()


if __name__ == "__main__":
    main()
