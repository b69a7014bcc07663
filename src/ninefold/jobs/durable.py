"""Durable jobs on DBOS: what was started is finished, also when the process is killed in the middle.

Jobs and schedules live in the schema ``dbos`` of the records database. A job is a plain function that may be called
again from its start; what it did is kept in its own tables, so a repeat goes on where it stopped.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import structlog
from dbos import DBOS, SetWorkflowID

_log = structlog.get_logger("ninefold.jobs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something done once per key.

    Attributes:
        name: stable for ever; running jobs are found again by it.
        advance: does a part of the work for a key and returns whether more is left.
    """

    name: str
    advance: Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Something done again and again.

    Attributes:
        name: stable for ever.
        cron: five fields, or six with seconds first.
        run: gets the instant it was due.
    """

    name: str
    cron: str
    run: Callable[[datetime], None]


class DurableJobs:
    """The jobs of this process; one instance per process at a time, as DBOS has one."""

    def __init__(self, records_url: str, jobs: tuple[Job, ...], schedules: tuple[Schedule, ...]) -> None:
        DBOS(
            config={
                "name": "ninefold",
                "system_database_url": records_url,
                "application_version": "1",  # a job belongs to its name, not to a build: an upgrade finishes old jobs
                "executor_id": "local",
                "console_log_level": "WARNING",
                "use_listen_notify": False,
                "scheduler_polling_interval_sec": 1.0,
                "notification_listener_polling_interval_sec": 1.0,
                "sys_db_pool_size": 5,
            }
        )
        self._workflows = {job.name: _workflow(job) for job in jobs}
        self._ticks = [(schedule, _tick(schedule)) for schedule in schedules]

    def start(self) -> None:
        """Take up what a former process left and begin the schedules."""
        DBOS.launch()
        DBOS.apply_schedules(
            [
                {"schedule_name": schedule.name, "workflow_fn": tick, "schedule": schedule.cron, "context": None}
                for schedule, tick in self._ticks
            ]
        )

    def submit(self, name: str, key: str) -> None:
        """Start a job for a key in the background; a job that is known already is not started twice."""
        with SetWorkflowID(f"{name}/{key}"):
            DBOS.start_workflow(self._workflows[name], key)

    def finish(self, name: str, key: str) -> None:
        """Start a job for a key, or find the one that runs, and wait for its end; raises what it raised."""
        with SetWorkflowID(f"{name}/{key}"):
            DBOS.start_workflow(self._workflows[name], key).get_result()

    def stop(self) -> None:
        """Let go; what is unfinished goes on at the next start."""
        with suppress(Exception):
            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=0)


def _workflow(job: Job) -> Callable[[str], None]:
    @DBOS.step(name=f"{job.name}.advance", retries_allowed=True, max_attempts=5)
    def advance(key: str) -> bool:
        return job.advance(key)

    @DBOS.workflow(name=job.name)
    def run(key: str) -> None:
        while advance(key):
            pass

    return run


def _tick(schedule: Schedule) -> Callable[[datetime, object], None]:
    @DBOS.workflow(name=f"schedule.{schedule.name}")
    def tick(due: datetime, _context: object) -> None:
        try:
            schedule.run(due)
        except Exception:
            _log.exception("schedule failed", schedule=schedule.name, due=due.isoformat())
            raise

    return tick
