"""The nine steps in live numbers, for the console's first page and `ninefold status`."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from ninefold.base import Clock, Error, from_ms
from ninefold.collect import backlog, imports
from ninefold.experiments import Lift
from ninefold.identity import Identity
from ninefold.journeys import CampaignReport, Campaigns, Status
from ninefold.segments import Segments, Tags
from ninefold.store import Events, Records, list_definitions

from . import queries

router = APIRouter(prefix="/v1", tags=["status"])

_FRESH_SECONDS = 2.0  # cheap figures are counted anew after this long
_SLOW_FRESH_SECONDS = 20.0  # figures that scan much
_LAG = timedelta(seconds=30)  # the oldest waiting row may be this old before it is called a backlog


class Figure(BaseModel):
    """One number of a step."""

    key: str
    label: dict[str, str]
    value: int | float | str
    kind: Literal["count", "money", "share", "seconds", "text"] = "count"
    currency: str = ""


class Step(BaseModel):
    """One of the nine steps."""

    number: int
    key: str
    state: Literal["ok", "idle", "attention"]
    note: dict[str, str]
    figures: list[Figure]


class Minute(BaseModel):
    """Events received in a minute."""

    minute: datetime
    events: int


class Running(BaseModel):
    """Something under way."""

    kind: Literal["import", "segment", "campaign"]
    name: str
    done: int
    total: int
    since: datetime


class Bound(BaseModel):
    """A figure with its 95 % interval; absent where it cannot honestly be given."""

    value: float | None
    low: float | None
    high: float | None


class Money(BaseModel):
    """Money in minor units with its 95 % interval."""

    value_minor: int | None
    low_minor: int | None
    high_minor: int | None
    currency: str


class ReportOut(BaseModel):
    """The newest campaign's result in short."""

    campaign: str
    name: dict[str, str]
    treated: int
    control: int
    conversion_treated: float | None
    conversion_control: float | None
    lift_absolute: Bound
    lift_relative: Bound
    incremental_revenue: Money
    cost_minor: int
    p_value: float | None
    sample_ratio_ok: bool


class StatusOut(BaseModel):
    """The loop."""

    as_of: datetime
    version: str
    brand: str
    language: str
    health: dict[str, str]
    steps: list[Step] = Field(min_length=9, max_length=9)
    activity: list[Minute]
    running: list[Running]
    report: ReportOut | None


class Board:
    """Counts what the status page shows; several viewers share one count."""

    def __init__(self, records: Records, events: Events, segments: Segments, tags: Tags, campaigns: Campaigns) -> None:
        self._records = records
        self._events = events
        self._segments = segments
        self._tags = tags
        self._campaigns = campaigns
        self._guard = threading.Lock()
        self._kept: dict[str, tuple[float, Any]] = {}

    def steps(self, now: datetime) -> list[Step]:
        """The nine steps."""
        counted = self._keep("steps", _FRESH_SECONDS, lambda: self._steps(now))
        return list(counted)

    def activity(self, now: datetime) -> list[Minute]:
        """Events per minute of the last half hour, minutes without events included."""
        rows = self._keep("activity", _FRESH_SECONDS, lambda: self._events.query(queries.activity(now)).to_pylist())
        counted = {from_ms(1000 * row["minute"]): row["events"] for row in rows}
        start = now.replace(second=0, microsecond=0) - timedelta(minutes=29)
        minutes = [start + timedelta(minutes=step) for step in range(30)]
        return [Minute(minute=minute, events=counted.get(minute, 0)) for minute in minutes]

    def report(self, now: datetime) -> ReportOut | None:
        """The result of the campaign that people entered last."""
        found = self._keep("report", _SLOW_FRESH_SECONDS, lambda: self._report(now))
        return found if isinstance(found, ReportOut) else None

    def _keep(self, key: str, seconds: float, count: Callable[[], Any]) -> Any:  # noqa: ANN401
        with self._guard:
            kept = self._kept.get(key)
            if kept is None or time.monotonic() - kept[0] > seconds:
                kept = (time.monotonic(), count())
                self._kept[key] = kept
            return kept[1]

    def _steps(self, now: datetime) -> list[Step]:
        total = self._events.query(queries.totals(now)).to_pylist()[0]
        with self._records.begin() as conn:
            waiting = backlog(conn)
            people = Identity.load(conn).counts(conn)
            channels = len(list_definitions(conn, "channel"))
        newest = self._segments.newest()
        tags = self._tags.list()
        campaigns = self._campaigns.list()
        totals = self._campaigns.totals()
        sums = {
            state: sum(one.messages.get(state, 0) for one in totals.values())
            for state in ("planned", "claimed", "handed", "delivered", "failed", "suppressed", "held")
        }
        late = waiting.oldest is not None and now - waiting.oldest > _LAG
        live = [one for one in campaigns if one.status is Status.LIVE]
        report = self.report_for_steps()
        return [
            _step(
                1,
                "pool",
                _pool_note(waiting.quarantined, late=late),
                [
                    _figure("events", "events", "事件", total["events"]),
                    _figure("last_hour", "in the last hour", "近一小时", total["last_hour"]),
                    _figure("backlog", "waiting", "待处理", waiting.events),
                    _figure("quarantined", "quarantined", "隔离", waiting.quarantined),
                ],
                idle=not total["events"],
                attention=late,
            ),
            _step(
                2,
                "unify",
                _review_note(people.reviews),
                [
                    _figure("people", "people", "用户", people.people),
                    _figure("identifiers", "identifiers", "标识符", sum(people.identifiers.values())),
                    _figure("merged", "merged", "已合并", people.merged),
                    _figure("reviews", "to review", "待审", people.reviews),
                ],
                idle=not people.people,
            ),
            _step(
                3,
                "understand",
                _NOTHING,
                [
                    _figure("known", "people with traits", "有属性的用户", total["people_with_traits"]),
                    _figure("traits", "traits", "属性", total["traits"]),
                ],
                idle=not total["traits"],
            ),
            _step(4, "keep", _NOTHING, self._loyalty(), idle=not self._buyers()["buyers"]),
            _step(
                5,
                "connect",
                _NOTHING,
                [
                    _figure("channels", "channels", "渠道", channels),
                    _figure("delivered", "messages delivered", "已送达", sums["delivered"]),
                ],
                idle=not channels,
            ),
            _step(
                6,
                "group",
                _NOTHING,
                [
                    _figure("segments", "segments", "人群", len(self._segments.list())),
                    _figure("built", "materialised", "已物化", len(newest)),
                    _figure("tags", "tags", "标签", len(tags)),
                ],
                idle=not newest and not tags,
            ),
            _step(
                7,
                "create",
                _NOTHING,
                [
                    _figure("campaigns", "campaigns", "活动", len(campaigns)),
                    _figure("live", "live", "进行中", len(live)),
                ],
                idle=not campaigns,
            ),
            _step(
                8,
                "automate",
                _held_note(sums["held"]),
                [
                    _figure("treated", "treated", "实验组", sum(one.treated for one in totals.values())),
                    _figure("control", "control", "对照组", sum(one.control for one in totals.values())),
                    _figure("on_the_way", "on the way", "发送中", sums["planned"] + sums["claimed"] + sums["handed"]),
                    _figure("failed", "failed", "失败", sums["failed"]),
                    _figure("held", "to decide", "待决定", sums["held"]),
                ],
                idle=not totals,
                attention=bool(sums["held"]),
            ),
            _step(9, "learn", _NOTHING, _learnt(report), idle=report is None),
        ]

    def report_for_steps(self) -> ReportOut | None:
        """The last report counted, without counting it anew (the guard is held)."""
        kept = self._kept.get("report")
        return kept[1] if kept and isinstance(kept[1], ReportOut) else None

    def _buyers(self) -> dict[str, Any]:
        kept = self._kept.get("buyers")
        if kept is None or time.monotonic() - kept[0] > _SLOW_FRESH_SECONDS:
            row = self._events.query(queries.buyers()).to_pylist()[0]
            kept = (time.monotonic(), row)
            self._kept["buyers"] = kept
        found: dict[str, Any] = kept[1]
        return found

    def _loyalty(self) -> list[Figure]:
        row = self._buyers()
        share = row["repeat_buyers"] / row["buyers"] if row["buyers"] else 0.0
        return [
            _figure("buyers", "buyers", "购买用户", row["buyers"]),
            _figure("repeat", "bought again", "复购率", share, kind="share"),
            _figure("orders", "orders", "订单", int(row["orders"] or 0)),
        ]

    def _report(self, now: datetime) -> ReportOut | None:
        totals = self._campaigns.totals()
        latest = max(totals, key=lambda key: totals[key].latest or now, default=None)
        if latest is None:
            return None
        try:
            return short(self._campaigns.report(latest, now=now), self._names(latest))
        except Error:
            return None

    def _names(self, key: str) -> dict[str, str]:
        header = self._campaigns.get(key).header
        return {"en": header.name_en, "zh": header.name_zh}


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
        running=_running(state.imports.service),
        report=report,
    )


def short(report: CampaignReport, name: dict[str, str]) -> ReportOut:
    """A campaign report in short."""
    conversion, money = report.conversion, report.extra_revenue
    absolute = conversion.absolute if conversion else None
    relative = conversion.relative if conversion else None
    return ReportOut(
        campaign=report.campaign,
        name=name,
        treated=report.treated.people,
        control=report.control.people,
        conversion_treated=report.treated.conversion_rate,
        conversion_control=report.control.conversion_rate,
        lift_absolute=_bound(absolute),
        lift_relative=_bound(relative),
        incremental_revenue=Money(
            value_minor=_whole(money.total if money else None),
            low_minor=_whole(money.low if money else None),
            high_minor=_whole(money.high if money else None),
            currency=report.currency,
        ),
        cost_minor=report.cost_minor,
        p_value=absolute.p_value if absolute else None,
        sample_ratio_ok=not report.ratio.flagged,
    )


def _bound(lift: Lift | None) -> Bound:
    return Bound(value=lift.estimate, low=lift.low, high=lift.high) if lift else Bound(value=None, low=None, high=None)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _running(service: imports.Imports) -> list[Running]:
    return [
        Running(
            kind="import",
            name=run.mapping,
            done=run.rows_done,
            total=run.rows_total,
            since=run.started_at or run.created_at,
        )
        for run in service.latest(10)
        if run.state in {imports.RunState.QUEUED, imports.RunState.RUNNING}
    ]


_NOTHING = {"en": "", "zh": ""}


def _figure(key: str, en: str, zh: str, value: float | str, *, kind: Literal["count", "share"] = "count") -> Figure:
    return Figure(key=key, label={"en": en, "zh": zh}, value=value, kind=kind)


def _step(
    number: int, key: str, note: dict[str, str], figures: Sequence[Figure], *, idle: bool, attention: bool = False
) -> Step:
    state: Literal["ok", "idle", "attention"] = "attention" if attention else "idle" if idle else "ok"
    return Step(number=number, key=key, state=state, note=note, figures=list(figures))


def _pool_note(quarantined: int, *, late: bool) -> dict[str, str]:
    if late:
        return {"en": "events wait longer than they should", "zh": "事件等待过久"}
    if quarantined:
        return {"en": f"{quarantined:,} events are in quarantine", "zh": f"{quarantined:,} 条事件在隔离区"}
    return _NOTHING


def _review_note(reviews: int) -> dict[str, str]:
    return (
        {"en": f"{reviews:,} questions wait for a person", "zh": f"{reviews:,} 个问题待人工审核"}
        if reviews
        else _NOTHING
    )


def _held_note(held: int) -> dict[str, str]:
    if not held:
        return _NOTHING
    return {"en": f"{held:,} messages of unknown fate wait for a decision", "zh": f"{held:,} 条消息状态不明，待决定"}


def _learnt(report: ReportOut | None) -> list[Figure]:
    if report is None or report.lift_absolute.value is None:
        return [_figure("results", "results", "结论", 0)]
    return [
        _figure("lift", "newest conversion lift", "最新转化提升", report.lift_absolute.value, kind="share"),
        Figure(
            key="increment",
            label={"en": "incremental revenue", "zh": "增量收入"},
            value=report.incremental_revenue.value_minor or 0,
            kind="money",
            currency=report.incremental_revenue.currency,
        ),
    ]
