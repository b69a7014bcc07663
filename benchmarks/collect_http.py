"""Collect: durable events/s over HTTP in batches, as a share of the bare limit, and how long an acknowledgement takes.

    python benchmarks/collect_http.py [--requests 3000] [--batch 100] [--connections 16]
    python benchmarks/collect_http.py --steady 5000 [--batch 50] [--seconds 30]

The server runs in a process of its own on one core; PostgreSQL (fsync on) and the clients share the other cores. The
bare limit is one loop on that same core which decodes the same JSON and commits the same payloads, `--connections` of
them per transaction, with nothing else: no HTTP, no key, no mapping, no check, no compression. On a busy machine the
figures per second of processor time are the steadier ones. ``--steady`` offers so many events per second whatever the
server does (an open loop): an acknowledgement is measured from the moment its request was due, so that a queue shows.
Prints one JSON object.
"""

import argparse
import asyncio
import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import httpx
import msgspec
import numpy as np
import sqlalchemy as sa
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ninefold.base import SystemClock
from ninefold.collect import Collector, encode_events, routes
from ninefold.collect.tables import inbox
from ninefold.collect.wires import Arrival, decode, open_body, open_envelope
from ninefold.governance import Keys
from ninefold.store import EmbeddedPostgres, Records, metadata

NOW = "2026-06-01T08:00:00.000000+00:00"


def make_event(number: int) -> dict[str, object]:
    """Shop traffic as SDKs send it: views, pages, orders, identifies; 450 bytes on average."""
    event: dict[str, object] = {
        "integrations": {},
        "anonymousId": None,
        "userId": f"user-{number % 50_000}",
        "messageId": f"7f0c1c1e-7c0b-4a53-9f0b-{number:012d}",
        "timestamp": "2026-06-01T07:59:58.123456+00:00",
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
    }
    match number % 5:
        case 0:
            page = {"url": "https://shop.example/home?utm=1", "path": "/home", "referrer": "https://search.example"}
            return event | {"type": "page", "name": "Home", "category": "shop", "properties": page}
        case 1:
            traits = {
                "email": f"a{number}@example.com",
                "name": "Wang Fang",
                "age": 31,
                "vip": True,
                "city": "Shanghai",
            }
            return event | {"type": "identify", "traits": traits}
        case 2:
            order = {"order_id": f"O{number}", "revenue": 199.9, "currency": "CNY", "coupon": "SUMMER", "shipping": 10,
                     "products": [{"product_id": "p1", "price": 99.95, "quantity": 2, "name": "Kettle"}]}  # fmt: skip
            return event | {"type": "track", "event": "Order Completed", "properties": order}
        case _:
            view = {"product_id": f"p{number % 100}", "category": "kitchen", "name": "Kettle", "brand": "Fold",
                    "price": 99.95, "quantity": 1, "position": 3, "list": "search", "is_new": False}  # fmt: skip
            return event | {"type": "track", "event": "Product Viewed", "properties": view}


def make_bodies(requests: int, batch: int) -> list[bytes]:
    return [
        json.dumps(
            {"batch": [make_event(batch * r + n) for n in range(batch)], "sentAt": NOW, "writeKey": "k"}
        ).encode()
        for r in range(requests)
    ]


def serve(url: str, port: int) -> None:
    """The server under measurement, on the first core."""
    os.sched_setaffinity(0, {0})
    records = Records(url)
    with Collector(records, Keys(records, SystemClock()), SystemClock()) as collector:
        cpu = Route("/cpu", lambda _request: PlainTextResponse(str(time.process_time())))
        app = Starlette(routes=[*routes(collector), cpu])
        uvicorn.run(app, port=port, log_level="error", lifespan="off", access_log=False)


def bare(url: str, requests: int, batch: int, group: int) -> None:
    """The bare limit, on the first core; prints events per second and per second of processor time."""
    os.sched_setaffinity(0, {0})
    bodies = make_bodies(requests, batch)
    arrival = Arrival(source="bench", channel="web", received=1_780_300_800_000)
    payloads = [encode_events(decode(open_envelope(body, "batch"), arrival).events) for body in bodies]
    records = Records(url)
    now = SystemClock().now()
    decoder = msgspec.json.Decoder()
    started, cpu = time.perf_counter(), time.process_time()
    for start in range(0, requests, group):
        for body in bodies[start : start + group]:
            decoder.decode(body)
        rows = [
            {"source": "bare", "received_at": now, "kind": "bare", "event_count": batch, "payload": payload}
            for payload in payloads[start : start + group]
        ]
        with records.begin() as conn:
            conn.execute(sa.insert(inbox), rows)
    total = requests * batch
    print(total / (time.perf_counter() - started), total / (time.process_time() - cpu))


async def load(port: int, bodies: list[bytes], write_key: str, connections: int) -> tuple[float, list[float]]:
    """Send all bodies over keep-alive connections; returns the seconds taken and each acknowledgement's."""
    token = base64.b64encode(f"{write_key}:".encode()).decode()
    waiting = iter(bodies)
    took: list[float] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for body in waiting:
            head = f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {token}\r\n"
            head += f"Content-Length: {len(body)}\r\n\r\n"
            started = time.perf_counter()
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(b'{"success":true}'))
            took.append(time.perf_counter() - started)
            if b" 200 " not in answer:
                raise RuntimeError(answer)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(connections)))
    return time.perf_counter() - started, took


async def offer(port: int, bodies: Iterable[bytes], write_key: str, per_second: float) -> list[float]:
    """Send each body when it is due, over as many connections as that takes; seconds from due to acknowledged."""
    token = base64.b64encode(f"{write_key}:".encode()).decode()
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    took: list[float] = []

    async def send(body: bytes, due: float) -> None:
        while idle and idle[-1][0].at_eof():  # it rested for too long, so the server closed it
            idle.pop()[1].close()
        reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port)
        head = f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {token}\r\n"
        writer.write((head + f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(b'{"success":true}'))
        took.append(time.perf_counter() - due)
        if b" 200 " not in answer:
            raise RuntimeError(answer)
        idle.append((reader, writer))

    started = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number, body in enumerate(bodies):
            due = started + number / per_second
            await asyncio.sleep(max(due - time.perf_counter(), 0.0))
            tasks.create_task(send(body, due))
    for _, writer in idle:
        writer.close()
    return took


def steady(given: argparse.Namespace) -> dict[str, object]:
    """Acknowledgements under a load that does not wait for them."""
    os.sched_setaffinity(0, set(range(1, os.cpu_count() or 1)) or {0})
    requests_per_second = given.steady / given.batch
    with tempfile.TemporaryDirectory() as folder:
        postgres = EmbeddedPostgres(Path(folder) / "records")
        url = postgres.ensure_database("bench")
        records = Records(url)
        metadata.create_all(records.engine)
        write_key = Keys(records, SystemClock()).issue("write", "bench", channel="web")
        warm, count = round(2 * requests_per_second), round(given.seconds * requests_per_second)
        bodies = make_bodies(warm + count, given.batch)
        port = _free_port()
        server = subprocess.Popen([sys.executable, __file__, "--serve", url, "--port", str(port)])
        try:
            while not _listening(port):
                time.sleep(0.05)
            asyncio.run(offer(port, bodies[:warm], write_key, requests_per_second))
            before, started = _cpu_seconds(port), time.perf_counter()
            took = asyncio.run(offer(port, bodies[warm:], write_key, requests_per_second))
            seconds, cpu = time.perf_counter() - started, _cpu_seconds(port) - before
        finally:
            server.terminate()
            server.wait(20)
        with records.begin() as conn:
            kept = conn.execute(sa.select(sa.func.sum(inbox.c.event_count))).scalar_one()
        records.close()
        postgres.stop()
    if kept != len(bodies) * given.batch:
        raise RuntimeError(f"{kept} events are durable, not the {len(bodies) * given.batch} that were sent")
    marks = {f"p{mark:g}": round(float(np.percentile(took, mark)) * 1e3, 2) for mark in (50, 90, 99, 99.9, 100)}
    return {
        "offered_events_per_second": given.steady,
        "batch": given.batch,
        "seconds": round(seconds, 2),
        "durable_events": count * given.batch,
        "server_core_busy": round(cpu / seconds, 3),
        "acknowledgement_from_due_ms": marks,
    }


def in_process() -> dict[str, float]:
    """Steps inside the server without HTTP and database, microseconds per event."""
    body = make_bodies(1, 100)[0]
    arrival = Arrival(source="bench", channel="web", received=1_780_300_800_000)
    events = decode(open_envelope(body, "batch"), arrival).events
    steps: dict[str, Callable[[], object]] = {
        "decode_json_only": lambda: msgspec.json.decode(body),
        "decode_and_map": lambda: decode(open_envelope(open_body(body, limit=1 << 24), "batch"), arrival),
        "encode_payload": lambda: encode_events(events),
    }
    took = {}
    for name, step in steps.items():
        best = float("inf")
        for _ in range(200):
            started = time.perf_counter()
            step()
            best = min(best, time.perf_counter() - started)
        took[name] = round(best / 100 * 1e6, 2)
    return took


def measure(given: argparse.Namespace) -> dict[str, object]:
    os.sched_setaffinity(0, set(range(1, os.cpu_count() or 1)) or {0})  # everything but the server; children inherit it
    with tempfile.TemporaryDirectory() as folder:
        postgres = EmbeddedPostgres(Path(folder) / "records")
        url = postgres.ensure_database("bench")
        records = Records(url)
        metadata.create_all(records.engine)
        write_key = Keys(records, SystemClock()).issue("write", "bench", channel="web")
        bodies = make_bodies(given.requests, given.batch)
        port = _free_port()
        script = [sys.executable, __file__]
        sizes = [
            "--requests",
            str(given.requests),
            "--batch",
            str(given.batch),
            "--connections",
            str(given.connections),
        ]
        said = subprocess.run([*script, "--bare", url, *sizes], check=True, capture_output=True, text=True).stdout
        limit, cpu_limit = map(float, said.split())
        server = subprocess.Popen([*script, "--serve", url, "--port", str(port)])
        try:
            while not _listening(port):
                time.sleep(0.05)
            asyncio.run(load(port, make_bodies(50, given.batch), write_key, given.connections))
            before = _cpu_seconds(port)
            seconds, took = asyncio.run(load(port, bodies, write_key, given.connections))
            cpu_seconds = _cpu_seconds(port) - before
            _, alone = asyncio.run(load(port, bodies[:300], write_key, 1))
        finally:
            server.terminate()
            server.wait(20)
        with records.begin() as conn:
            kept = conn.execute(
                sa.select(sa.func.sum(inbox.c.event_count)).where(inbox.c.kind == "segment")
            ).scalar_one()
        records.close()
        postgres.stop()
    total = given.requests * given.batch
    if kept != total + 50 * given.batch + 300 * given.batch:
        raise RuntimeError(f"{kept} events are durable, not the ones that were sent")
    return {
        "events": total,
        "batch": given.batch,
        "connections": given.connections,
        "bytes_per_event": round(sum(map(len, bodies)) / total),
        "http_events_per_second": round(total / seconds),
        "bare_events_per_second": round(limit),
        "share_of_bare": round(total / seconds / limit, 3),
        "http_events_per_cpu_second": round(total / cpu_seconds),
        "bare_events_per_cpu_second": round(cpu_limit),
        "share_of_bare_cpu": round(total / cpu_seconds / cpu_limit, 3),
        "acknowledgement_ms": {
            "p50": round(float(np.percentile(took, 50)) * 1e3, 2),
            "p99": round(float(np.percentile(took, 99)) * 1e3, 2),
            "p50_one_connection": round(float(np.percentile(alone, 50)) * 1e3, 2),
            "p99_one_connection": round(float(np.percentile(alone, 99)) * 1e3, 2),
        },
        "microseconds_per_event": in_process(),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _cpu_seconds(port: int) -> float:
    return float(httpx.get(f"http://127.0.0.1:{port}/cpu").text)


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=3_000)
    parser.add_argument("--batch", type=int, default=0, help="events per request: 100, with --steady 50")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--steady", type=float, default=0.0, help="events per second to offer, instead of the most")
    parser.add_argument("--seconds", type=float, default=30.0, help="of the steady load")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--bare", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.batch = given.batch or (50 if given.steady else 100)
    if given.serve:
        serve(given.serve, given.port)
    elif given.bare:
        bare(given.bare, given.requests, given.batch, given.connections)
    else:
        print(json.dumps(steady(given) if given.steady else measure(given), indent=2))


if __name__ == "__main__":
    main()
