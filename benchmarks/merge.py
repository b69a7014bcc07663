"""From the call of a merge to the right count of a segment, against the plain segment query in the same run.

    python benchmarks/merge.py [--people 200000] [--rounds 10]

Every merge brings one more person over the segment's border; the count is checked after each.
"""

import argparse
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ninefold.identity import IdentifierBatch, Identity, IdentityDesk
from ninefold.predicate import Reading, count, parse, survivorship
from ninefold.store import EmbeddedPostgres, Events, Records, Statement

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FILL = (
    "INSERT INTO people SELECT number + 1, toDateTime64('2025-01-01', 3, 'UTC') FROM numbers({people:UInt64})",
    """
    INSERT INTO traits (key, oneid, source, value, num, deleted, ts, received_at)
    SELECT 'points', number + 1, 'crm', toString(1 + number % 60), 1 + number % 60, 0,
      toDateTime64('2026-01-01', 3, 'UTC'), toDateTime64('2026-01-01', 3, 'UTC')
    FROM numbers({people:UInt64})
    """,
    """
    INSERT INTO events (oneid, name, ts, received_at, message_id, revenue_minor, currency)
    SELECT number % {people:UInt64} + 1, 'Order Completed', toDateTime64('2026-05-01', 3, 'UTC'),
      toDateTime64('2026-05-01', 3, 'UTC'), toString(number), 6000, 'CNY'
    FROM numbers({people:UInt64})
    """,
)
SPENT = {"event": "Order Completed", "measure": "sum", "of": "revenue", "op": "gte", "value": 100}
RICH = {"trait": "points", "op": "gte", "value": 61}


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    summed = Reading(policies=survivorship.parse_policies({"traits": {"points": {"combine": "sum"}}}))
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "records")
        records = Records.open(server.ensure_database("bench"))
        events = Events.open(f"chdb://{folder}/events")
        numbers = np.arange(given.people)
        with records.begin() as conn:
            Identity.load(conn).resolve(
                conn,
                IdentifierBatch(
                    row=numbers, namespace=["user_id"] * given.people, value=[f"u{k}" for k in numbers],
                    ts_ms=np.full(given.people, 1_767_225_600_000), source=["crm"] * given.people,
                    message_id=[f"m{k}" for k in numbers],
                ),
                now=NOW,
            )  # fmt: skip
        for text in FILL:
            events.command(Statement(text, {"people": given.people}))
        desk = IdentityDesk(records, events)
        spent = count(parse(SPENT), now=NOW, zone="UTC")
        rich = count(parse(RICH), now=NOW, zone="UTC", reading=summed)
        newest = count(parse({**RICH, "value": 30}), now=NOW, zone="UTC")
        plain: list[float] = []
        whole: list[float] = []
        policy: list[float] = []
        default: list[float] = []
        for k in range(given.rounds):
            for statement, seconds in ((spent, plain), (rich, policy), (newest, default)):
                began = time.perf_counter()
                events.count(statement)
                seconds.append(time.perf_counter() - began)
            began = time.perf_counter()
            desk.merge(2 * k + 1, 2 * k + 2, author="bench", reason="", now=NOW)
            found = events.count(spent)
            whole.append(time.perf_counter() - began)
            assert found == k + 1, (found, k)
        median = statistics.median
        print(json.dumps({
            "people": given.people,
            "merge_to_count_seconds": round(median(whole), 3),
            "plain_count_seconds": round(median(plain), 3),
            "ratio": round(median(w / p for w, p in zip(whole, plain, strict=True)), 2),
            "trait_newest_seconds": round(median(default), 3),
            "trait_sum_seconds": round(median(policy), 3),
            "sum_to_newest": round(median(s / d for s, d in zip(policy, default, strict=True)), 2),
        }, indent=1))  # fmt: skip
        events.close()
        records.close()
        server.stop()


if __name__ == "__main__":
    main()
