"""A collector behind a real HTTP server on loopback, in a thread of the test."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from ninefold.collect import (
    Collector,
    Event,
    QuarantineRow,
    Sought,
    claim,
    drop_duplicates,
    finish,
    load,
    routes,
    search_quarantine,
)
from ninefold.store import Records


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port; yields its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def application(collector: Collector) -> Starlette:
    """The smallest application with the collector's routes."""
    return Starlette(routes=[*routes(collector)])


def stored(records: Records, now: datetime | None = None) -> list[Event]:
    """All events that wait in the inbox, in order, taken up and finished as the pipeline does, without duplicates.

    Their batches end at `now`; without it at the time of the database.
    """
    kept: list[Event] = []
    while True:
        with records.begin() as conn:
            batch = claim(conn, max_events=10_000)
            if batch is None:
                return kept
            events = [event for row in load(conn, batch.batch_id) for event in row.events()]
            new = drop_duplicates(conn, batch.batch_id, events)
            kept += [event for event, is_new in zip(events, new, strict=True) if is_new]
            finish(conn, batch.batch_id, now or conn.execute(sa.select(sa.func.now())).scalar_one())


def quarantined(records: Records, *, limit: int = 100, **filters: Any) -> list[QuarantineRow]:
    """Open quarantine entries, oldest first."""
    with records.begin() as conn:
        return list(reversed(search_quarantine(conn, Sought(**filters), limit=limit)))
