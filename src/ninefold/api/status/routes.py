"""The status page's numbers over HTTP."""

from fastapi import APIRouter, Request

from ninefold.base import Clock

from . import queries
from .board import Board
from .model import StatusOut, TotalsOut
from .running import running

router = APIRouter(prefix="/v1", tags=["status"])


@router.get("/status")
def status(request: Request) -> StatusOut:
    """The nine steps in live numbers, what is running, and the newest result."""
    state = request.app.state
    clock: Clock = state.clock
    board: Board = state.board
    now = clock.now()
    report = board.report(now)
    health = dict(state.health())
    return StatusOut(
        as_of=now,
        version=state.version,
        brand=state.brand,
        language=state.language,
        health={name: "ok" if value == "ok" else str(value) for name, value in health.items()},
        steps=board.steps(now),
        activity=board.activity(now),
        running=running(state.imports.service, state.connectors, state.campaigns),
        report=report,
    )


@router.get("/totals")
def totals(request: Request) -> TotalsOut:
    """Events by name and money by currency, exactly: what a source must agree with."""
    counted: dict[str, int] = {}
    money: dict[str, int] = {}
    for row in request.app.state.events.query(queries.by_name()).to_pylist():
        counted[row["name"]] = counted.get(row["name"], 0) + row["events"]
        if row["currency"]:
            money[row["currency"]] = money.get(row["currency"], 0) + row["revenue_minor"]
    return TotalsOut(events=counted, revenue_minor=money)
