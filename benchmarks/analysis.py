"""Analyses against the engine's own functions and DuckDB, on the same events in one run.

    python benchmarks/analysis.py [--events 1000000] [--rounds 3]

One tenth as many people as events, 30 days, 8 event names. Each side answers the same question from its own table;
where the semantics agree, the numbers are checked. DuckDB gets its table sorted by name, person and time.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import duckdb

from ninefold.analysis import METHODS, READERS, Pin, read_analysis
from ninefold.analysis.frame import Frame
from ninefold.predicate import Reading, bounds
from ninefold.store import Events, Statement

NOW = datetime(2026, 6, 1, tzinfo=UTC)
WEEK_MS = 7 * 86_400_000
FILL = """
INSERT INTO events (oneid, name, ts, received_at, batch_id, message_id, props, nums)
SELECT 1 + cityHash64(number, 1) % {people:UInt64}, concat('e', toString(cityHash64(number, 7) % 8)),
  toDateTime64('2026-05-02', 3, 'UTC') + toIntervalMillisecond(cityHash64(number, 2) % 2592000000), now64(3),
  intDiv(number, 10000), toString(number), map('page', '/a'), map('price', 1.5)
FROM numbers({events:UInt64})
"""
BETWEEN = "ts >= toDateTime64('2026-05-02', 3, 'UTC') AND ts < toDateTime64('2026-06-01', 3, 'UTC')"
FUNNEL_ENGINE = f"""
SELECT countIf(level >= 1), countIf(level >= 2), countIf(level >= 3), countIf(level >= 4), countIf(level >= 5) FROM (
  SELECT windowFunnel({WEEK_MS})(toUInt64(toUnixTimestamp64Milli(ts)),
    name = 'e0', name = 'e1', name = 'e2', name = 'e3', name = 'e4') AS level
  FROM events WHERE name IN ('e0', 'e1', 'e2', 'e3', 'e4') AND {BETWEEN} GROUP BY oneid)
"""
# The latest start that leads to each event, step by step, by window functions: the same question in plain SQL.
_FIRST = "SELECT oneid, ts, name, CASE WHEN name = 'e0' THEN ts END AS s0 FROM t WHERE name <= 'e4'"
_NEXT = """
SELECT *, CASE WHEN name = 'e{k}' AND ts - max(s{p}) OVER w <= INTERVAL 7 DAY THEN max(s{p}) OVER w END AS s{k}
FROM ({inner}) WINDOW w AS (PARTITION BY oneid ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
"""


def funnel_duckdb() -> str:
    """The funnel in DuckDB's SQL."""
    inner = _FIRST
    for k in range(1, 5):
        inner = _NEXT.format(k=k, p=k - 1, inner=inner)
    counted = ", ".join(f"count(DISTINCT CASE WHEN s{k} IS NOT NULL THEN oneid END)" for k in range(5))
    return f"SELECT {counted} FROM ({inner})"


def timed(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Median seconds, and the last result."""
    spent, found = [], None
    for _ in range(rounds):
        began = time.perf_counter()
        found = work()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent), found


def ours(events: Events, document: dict[str, Any]) -> Any:
    """An analysis as the service carries it out, without the names of definitions being checked."""
    analysis = read_analysis(document, READERS, saved=False)
    window = bounds(analysis.over, now=NOW, zone="UTC")
    assert window.start is not None
    assert window.end is not None
    pin = Pin(as_of=NOW, watermark=2**40, identities="")
    frame = Frame(events, pin, (window.start, window.end), "UTC", Reading())
    return METHODS[analysis.method].run(analysis.matter, frame).result


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    people = given.events // 10
    over = {"from": "2026-05-02", "to": "2026-05-31"}
    steps = [f"e{k}" for k in range(5)]
    with tempfile.TemporaryDirectory() as folder:
        events = Events.open(f"chdb://{folder}/events")
        events.command(Statement(FILL, {"people": people, "events": given.events}))
        rows = events.query(Statement("SELECT oneid, toString(name) AS name, ts FROM events"))
        lake = duckdb.connect(f"{folder}/lake.duckdb")
        lake.register("rows", rows)
        lake.execute("CREATE TABLE t AS SELECT * FROM rows ORDER BY name, oneid, ts")
        document = {"method": "funnel", "over": over, "funnel": {"steps": steps, "window": "7d"}}
        cases = {
            "funnel of 5 steps": {
                "ninefold": lambda: [step.people for step in ours(events, document).steps],
                "windowFunnel": lambda: list(events.query(Statement(FUNNEL_ENGINE)).to_pylist()[0].values()),
                "duckdb": lambda: list(lake.execute(funnel_duckdb()).fetchone() or ()),
            },
        }
        report = {}
        for name, sides in cases.items():
            found = {side: timed(work, given.rounds) for side, work in sides.items()}
            report[name] = {
                "seconds": {side: round(seconds, 3) for side, (seconds, _) in found.items()},
                "numbers": {side: numbers for side, (_, numbers) in found.items()},
                "times faster than": {
                    side: round(seconds / found["ninefold"][0], 2)
                    for side, (seconds, _) in found.items()
                    if side != "ninefold"
                },
            }
        print(json.dumps({"events": given.events, "people": people, "cases": report}, indent=1))
        lake.close()
        events.close()


if __name__ == "__main__":
    main()
