"""Keeps a worker's claim alive while it works, so that only the claims of dead workers run out."""

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from ninefold.base import Error
from ninefold.journeys.queries import records as sql
from ninefold.store import Records

_log = logging.getLogger(__name__)


@contextmanager
def kept(records: Records, claim: uuid.UUID, lease: timedelta) -> Iterator[None]:
    """Extend the lease of a claim by a third of its length every third of its length, for the block."""
    done = threading.Event()
    beat = lease / 3

    def extend() -> None:
        while not done.wait(beat.total_seconds()):
            try:
                with records.begin() as conn:
                    conn.execute(sql.EXTEND_LEASE, {"claim": claim, "span": beat})
            except (Error, SQLAlchemyError):  # the records store is away; the next beat tries again
                _log.warning("could not extend the lease of a round of messages", exc_info=True)

    thread = threading.Thread(target=extend, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
