"""Profile read: the 360 view over HTTP at a given rate from ready sheets, beside an empty authenticated call.

python benchmarks/profile_read.py [--people 1000000] [--rate 100] [--seconds 20] [--segments 10] [--versions 200]
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.server import Server

from ninefold.app import Ninefold, load_settings
from ninefold.store import Statement
from startup import pss

START = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS_EACH = 10

PEOPLE = """
INSERT INTO persons (oneid, public_id, created_at)
SELECT n, 'p_' || n, now() FROM generate_series(1, :people) AS n
"""
SEQUENCE = "SELECT setval(pg_get_serial_sequence('persons', 'oneid'), :people)"
IDENTIFIERS = """
INSERT INTO identifiers (namespace, value, oneid, origin, first_seen_ms, last_seen_ms)
SELECT kind, prefix || n, n, n, 0, 0
FROM (VALUES ('user_id', 'u'), ('anonymous_id', 'a'), ('member_no', 'M')) AS k (kind, prefix),
     generate_series(1, :people) AS n
"""
EVENTS = """
INSERT INTO events (oneid, name, ts, received_at, batch_id, message_id, type, source, channel, order_id, revenue_minor,
  currency, props, nums)
SELECT
  1 + number % {people:UInt32},
  ['Product Viewed', 'Product Viewed', 'Page Viewed', 'Order Completed'][1 + cityHash64(number) % 4] AS name,
  fromUnixTimestamp64Milli({start:Int64} + toInt64(cityHash64(number, 1) % 7776000000), 'UTC') AS at,
  at, 0, toString(number), 'track', 'shop', 'web',
  if(name = 'Order Completed', toString(number), ''), if(name = 'Order Completed', 9900, 0),
  if(name = 'Order Completed', 'CNY', ''), map('city', 'Shanghai'), map('price', 99.)
FROM numbers({first:UInt64}, {count:UInt64})
"""
TRAITS = """
INSERT INTO traits (key, oneid, source, value, num, deleted, ts, received_at)
SELECT ['city', 'name', 'age', 'level'][1 + intDiv(number, {people:UInt32})], 1 + number % {people:UInt32}, 'shop', 'x',
  NULL, 0, fromUnixTimestamp64Milli({start:Int64}, 'UTC'), now64(3)
FROM numbers(4 * {people:UInt64})
"""
SEEN = "INSERT INTO people SELECT toUInt32(number + 1), now64(3) FROM numbers({people:UInt64})"
# Every version has half of the people, and one in a thousand came in with it.
VERSIONS = """
INSERT INTO segment_versions (segment, version, definition_version, built_at, size, members, entered)
SELECT {segment:String}, version, 1, fromUnixTimestamp64Milli({start:Int64} + version * 3600000, 'UTC'),
  bitmapCardinality(members), members, entered
FROM (
  SELECT v.version AS version,
    groupBitmapStateIf(toUInt32(p.number + 1), cityHash64(p.number, {segment:String}) % 2 = 0) AS members,
    groupBitmapStateIf(toUInt32(p.number + 1), cityHash64(p.number, {segment:String}) % 2 = 0
      AND (cityHash64(p.number, v.version) % 1000 = 0 OR v.version = 1)) AS entered
  FROM numbers({people:UInt64}) AS p
  CROSS JOIN (SELECT toUInt32(number + {first:UInt32}) AS version FROM numbers(20)) AS v
  GROUP BY version
)
"""


def fill(folder: Path, people: int, segments: int, versions: int) -> str:
    """Write everything set-based, straight into the stores; returns the operator's token."""
    start = int(START.timestamp() * 1000)
    product = Ninefold.open(load_settings(data_dir=folder))
    try:
        with product.records.begin() as conn:
            conn.execute(sa.text(PEOPLE), {"people": people})
            conn.execute(sa.text(IDENTIFIERS), {"people": people})
            conn.execute(sa.text(SEQUENCE), {"people": people})
        for first in range(0, people * EVENTS_EACH, 1_000_000):
            count = min(1_000_000, people * EVENTS_EACH - first)
            values = {"people": people, "first": first, "count": count, "start": start}
            product.events.command(Statement(EVENTS, values))
        product.events.command(Statement(TRAITS, {"people": people, "start": start}))
        product.events.command(Statement(SEEN, {"people": people}))
        names = {"name": {"en": "x", "zh": "x"}, "owner": "bench", "condition": {"event": "Order Completed"}}
        for number in range(segments):
            with product.records.begin() as conn:
                product.segments.save(conn, {"key": f"s{number}", **names}, now=START)
            for first in range(1, versions + 1, 20):
                version = {"segment": f"s{number}", "first": first, "people": people, "start": start}
                product.events.command(Statement(VERSIONS, version))
        product.segments.refresh(now=START + timedelta(days=200))  # the normal way, which also notes who entered when
        product.sheets.rebuild()  # these rows did not come through the pipeline, which would have noted them
        while product.sheets.step():
            pass
        return product.operator_token()
    finally:
        product.close()


async def ask(address: str, token: str, paths: list[str], rate: float) -> list[float]:
    """Ask for paths at a steady rate, whether answers come or not; the time of each answer in ms."""
    took: list[float] = []

    async def one(client: httpx.AsyncClient, path: str, due: float) -> None:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        took.append(1_000 * (time.perf_counter() - due))  # from when it was due: waiting in a queue counts

    limits = httpx.Limits(max_connections=64)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, limits=limits, timeout=120) as client:
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number, path in enumerate(paths):
                due = began + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(one(client, path, due))
    return took


def processor_seconds(pid: int) -> float:
    """Processor time of a process; Linux."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--segments", type=int, default=10)
    parser.add_argument("--versions", type=int, default=200)
    given = parser.parse_args()
    random = np.random.default_rng(1)
    count = max(10, int(given.rate * given.seconds))
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        began = time.perf_counter()
        token = fill(data, given.people, given.segments, given.versions)
        filled = time.perf_counter() - began
        server = Server(data)
        server.start(wait_seconds=300, cold=True)
        try:
            who = random.integers(1, given.people + 1, count)
            profiles = [f"/v1/people/user_id:u{one}" for one in who.tolist()]
            result: dict[str, object] = {"people": given.people, "rate": given.rate, "fill_seconds": round(filled)}
            asyncio.run(ask(server.address, token, profiles[:20], 5))  # warm
            for name, paths in (("empty_call", ["/v1/definitions/tag"] * count), ("profile", profiles)):
                before = processor_seconds(server.pid)
                took = asyncio.run(ask(server.address, token, paths, given.rate))
                p50, p95, p99 = np.percentile(took, [50, 95, 99])
                result[name] = {
                    "p50_ms": round(float(p50), 1),
                    "p95_ms": round(float(p95), 1),
                    "p99_ms": round(float(p99), 1),
                    "server_mb": pss(server.pid) // 1_000_000,
                    "processor_ms": round(1_000 * (processor_seconds(server.pid) - before) / count, 1),
                }
        finally:
            server.stop()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
