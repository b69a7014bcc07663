"""When a matching document runs by itself, and what it scores then. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from .candidates import UNDER_WAY, Run
from .model import MatchingRules, Schedule

Scope = Literal["all", "new"]
RETRY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A run that is due: whom it scores, and whether by a model learnt anew."""

    scope: Scope
    retrain: bool = False


def due(
    rules: MatchingRules, runs: Sequence[Run], changed: Callable[[Run], int], *, policies: int, now: datetime
) -> Wish | None:
    """The run that a document asks for now; None when there is none.

    Args:
        rules: the document.
        runs: its last runs, newest first.
        changed: how many people are new or changed since a run; asked only when the answer matters.
        policies: version of the survivorship policies in force.
        now: the instant.
    """
    schedule = rules.schedule
    newest = runs[0] if runs else None
    if schedule is None or (newest is not None and newest.state in UNDER_WAY):
        return None
    if newest is not None and newest.state == "failed" and now - newest.requested_at < RETRY:
        return None
    done = [run for run in runs if run.state == "done"]
    full = next((run for run in done if run.scope == "all"), None)
    if full is None or done[0].document_version != rules.version or done[0].marks.get("policies", 0) != policies:
        return Wish(scope="all")
    if now - full.requested_at >= timedelta(days=schedule.full_days):
        return Wish(scope="all", retrain=True)
    return Wish(scope="new") if _somebody(schedule, done[0], changed, now) else None


def _somebody(schedule: Schedule, last: Run, changed: Callable[[Run], int], now: datetime) -> bool:
    """Whether enough people are new or changed, or anybody is and it is time."""
    timely = schedule.every_hours is not None and now - last.requested_at >= timedelta(hours=schedule.every_hours)
    if not timely and schedule.new_people is None:
        return False
    count = changed(last)
    return (timely and count > 0) or (schedule.new_people is not None and count >= schedule.new_people)
