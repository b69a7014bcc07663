"""How far long work is: written as it goes on, read as share, rate and time left."""

import time
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from ninefold.base import Clock
from ninefold.store import Records

from .model import Progress
from .tables import identity_rule_changes

_PAUSE_SECONDS = 0.5
SIMULATION: Mapping[str, float] = {
    "reading identifiers": 0.15, "reading the ledger": 0.25, "deriving": 0.25, "comparing": 0.05, "segments": 0.3,
}  # fmt: skip
"""What part of the whole each stage takes, in their order."""
REPLAY: Mapping[str, float] = {
    "reading identifiers": 0.15, "reading the ledger": 0.25, "deriving": 0.3, "writing": 0.3,
}  # fmt: skip


class Telling:
    """Writes how far a change is, in transactions of its own, at most twice a second."""

    def __init__(self, records: Records, clock: Clock, change: int) -> None:
        """Args: the store; the clock; number of the change."""
        self._records = records
        self._clock = clock
        self._change = change
        self._stage = ""
        self._told = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Say that so many of so many things of a stage are done."""
        fresh = stage != self._stage
        if not fresh and time.monotonic() - self._told < _PAUSE_SECONDS:
            return
        self._stage, self._told = stage, time.monotonic()
        now = self._clock.now()
        values: dict[str, object] = {"stage": stage, "done": done, "total": total, "told_at": now}
        if fresh:
            values["stage_at"] = now
        c = identity_rule_changes.c
        with self._records.begin() as conn:
            conn.execute(sa.update(identity_rule_changes).where(c.id == self._change).values(values))


def progress_of(
    stages: Mapping[str, float], stage: str, counted: tuple[int, int], since: tuple[datetime, datetime], now: datetime
) -> Progress:
    """How far work is that told its stage last.

    Args:
        stages: the weights of the stages, in their order.
        stage: the one it is in.
        counted: things done in it, and all of them.
        since: when the work began, and when the stage did.
        now: when it was told.
    """
    done, total = counted
    names = list(stages)
    behind = sum(stages[name] for name in names[: names.index(stage)]) if stage in stages else 0.0
    share = min(behind + stages.get(stage, 0.0) * (done / total if total else 0.0), 1.0)
    whole, here = ((now - at).total_seconds() for at in since)
    return Progress(
        stage=stage,
        share=round(share, 4),
        done=done,
        total=total,
        per_second=round(done / here, 1) if here > 0 else 0.0,
        eta_seconds=round(whole * (1 - share) / share, 1) if share > 0 and whole > 0 else None,
    )
