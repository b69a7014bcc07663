"""Pipeline: events/s from inbox to queryable with OneID, against the bare Arrow insert of the same rows.

python benchmarks/pipeline.py [--events 400000] [--people 50000] [--batch 20000]
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from ninefold.base import SystemClock, to_ms
from ninefold.collect import Event, append
from ninefold.jobs import Pipeline
from ninefold.jobs.columns import event_columns
from ninefold.store import EmbeddedPostgres, Events, Records, Statement


def make_events(count: int, people: int, *, seed: int = 1) -> list[Event]:
    """Shop traffic: a login now and then, page views and orders, two identifiers per event on average."""
    random = np.random.default_rng(seed)
    who = random.integers(0, people, count)
    kind = random.random(count)
    now = to_ms(SystemClock().now())
    ts = now - random.integers(0, 30 * 86_400_000, count)
    price = random.integers(100, 90_000, count)
    made = []
    for i in range(count):
        person, at = int(who[i]), int(ts[i])
        known = (("user_id", f"u{person}"), ("anonymous_id", f"a{person}-{i % 2}"))
        base = (f"m{seed}-{i}", "track")
        if kind[i] < 0.1:
            made.append(
                Event(
                    *base,
                    "Order Completed",
                    at,
                    now,
                    "shop",
                    "web",
                    known,
                    order_id=f"o{i}",
                    revenue_minor=int(price[i]),
                    currency="CNY",
                    props={"coupon": "none", "city": "Shanghai"},
                    nums={"discount": 0.1, "items": 2.0},
                )
            )
        elif kind[i] < 0.13:
            made.append(
                Event(
                    f"m{seed}-{i}",
                    "identify",
                    "$identify",
                    at,
                    now,
                    "shop",
                    "web",
                    known,
                    traits={"city": "Shanghai", "age": 30.0},
                )
            )
        else:
            made.append(
                Event(
                    *base,
                    "Product Viewed",
                    at,
                    now,
                    "shop",
                    "web",
                    known[1:] if kind[i] > 0.5 else known,
                    product_id=f"p{i % 500}",
                    props={"path": f"/p/{i % 500}", "referrer": "https://example.com"},
                    nums={"price": float(price[i])},
                )
            )
    return made


def processor_seconds(server_pid: int) -> float:
    """Processor time of this process, chDB in it, and of the backends of PostgreSQL; Linux."""
    total = time.process_time()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            if parent == server_pid:
                total += int((stat.parent / "schedstat").read_text().split()[0]) / 1e9
        except OSError:  # it ended meanwhile
            continue
    return total


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--batch", type=int, default=20_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "records")
        records = Records.open(server.ensure_database("bench"))
        events = Events.open(f"chdb://{folder}/events")
        clock = SystemClock()
        pipeline = Pipeline(records, events, clock)
        made = make_events(given.events, given.people)
        warm = make_events(20_000, given.people, seed=2)
        rates = []
        for seed_batch, label in ((warm, "warm-up"), (made, "measured")):
            for start in range(0, len(seed_batch), 100):
                with records.begin() as conn:
                    append(conn, seed_batch[start : start + 100], source="shop", kind="segment", now=clock.now())
            began = time.perf_counter()
            processor = processor_seconds(server.pid)
            pipeline_events = 0
            while done := pipeline.work(max_events=given.batch):
                pipeline_events += done
            assert pipeline_events == len(seed_batch)
            seconds = time.perf_counter() - began
            rates.append((label, pipeline_events / seconds, processor_seconds(server.pid) - processor))
        assert events.count(Statement("SELECT count() FROM events")) == len(made) + len(warm)
        bare_seconds = bare_processor = 0.0
        for number, start in enumerate(range(0, len(made), given.batch)):
            part = made[start : start + given.batch]
            rows = event_columns(part, np.ones(len(part), np.uint32), batch_id=0)
            began, processor = time.perf_counter(), time.process_time()
            events.insert("events", rows, token=f"bare-{number}")
            bare_seconds += time.perf_counter() - began
            bare_processor += time.process_time() - processor
        rate, bare = rates[1][1], len(made) / bare_seconds
        micros = 1e6 * rates[1][2] / len(made)
        print(
            json.dumps(
                {
                    "events": len(made),
                    "batch": given.batch,
                    "pipeline_events_per_second": round(rate),
                    "bare_insert_events_per_second": round(bare),
                    "share_of_bare": round(rate / bare, 3),
                    "processor_micros_per_event": round(micros, 1),
                    "share_of_bare_by_processor_time": round(bare_processor / len(made) / (micros / 1e6), 3),
                }
            )
        )
        events.close()
        records.close()
        server.stop()


if __name__ == "__main__":
    main()
