"""The nine steps as figures and words. Pure."""

from collections.abc import Sequence
from typing import Literal

from .counts import Counts
from .model import Figure, Step

_NOTHING = {"en": "", "zh": ""}


def nine_steps(counts: Counts) -> list[Step]:
    """The loop: users (pool, unify, understand, keep), marketing (connect, group, create, automate, learn)."""
    return [*_users(counts), *_marketing(counts)]


def _users(c: Counts) -> list[Step]:
    share = c.buyers.repeat_buyers / c.buyers.buyers if c.buyers.buyers else 0.0
    pool = [
        _figure("events", "events", "事件", c.events),
        _figure("last_hour", "in the last hour", "近一小时", c.last_hour),
        _figure("backlog", "waiting", "待处理", c.waiting.events),
        _figure("quarantined", "quarantined", "隔离", c.waiting.quarantined),
    ]
    unify = [
        _figure("people", "people", "用户", c.people.people),
        _figure("identifiers", "identifiers", "标识符", sum(c.people.identifiers.values())),
        _figure("merged", "merged", "已合并", c.people.merged),
        _figure("reviews", "to review", "待审", c.people.reviews),
    ]
    understand = [
        _figure("known", "people with traits", "有属性的用户", c.people_with_traits),
        _figure("traits", "traits", "属性", c.traits),
    ]
    keep = [
        _figure("buyers", "buyers", "购买用户", c.buyers.buyers),
        _figure("repeat", "bought again", "复购率", share, kind="share"),
        _figure("orders", "orders", "订单", c.buyers.orders),
    ]
    return [
        _step(1, "pool", pool, idle=not c.events, note=_pool_note(c), attention=c.late),
        _step(2, "unify", unify, idle=not c.people.people, note=_many(
            c.people.reviews, "questions wait for a person", "个问题待人工审核")),
        _step(3, "understand", understand, idle=not c.traits),
        _step(4, "keep", keep, idle=not c.buyers.buyers),
    ]  # fmt: skip


def _marketing(c: Counts) -> list[Step]:
    held = c.messages("held")
    connect = [
        _figure("channels", "channels", "渠道", c.channels),
        _figure("delivered", "messages delivered", "已送达", c.messages("delivered")),
    ]
    group = [
        _figure("segments", "segments", "人群", c.segments),
        _figure("built", "materialised", "已物化", c.materialised),
        _figure("tags", "tags", "标签", c.tags),
    ]
    create = [
        _figure("campaigns", "campaigns", "活动", c.campaigns),
        _figure("live", "live", "进行中", c.live),
    ]
    automate = [
        _figure("treated", "treated", "实验组", sum(one.treated for one in c.entered.values())),
        _figure("control", "control", "对照组", sum(one.control for one in c.entered.values())),
        _figure("on_the_way", "on the way", "发送中", c.messages("planned", "claimed", "handed")),
        _figure("failed", "failed", "失败", c.messages("failed")),
        _figure("held", "to decide", "待决定", held),
    ]
    return [
        _step(5, "connect", connect, idle=not c.channels),
        _step(6, "group", group, idle=not c.materialised and not c.tags),
        _step(7, "create", create, idle=not c.campaigns),
        _step(8, "automate", automate, idle=not c.entered, attention=bool(held), note=_many(
            held, "messages of unknown fate wait for a decision", "条消息状态不明，待决定")),
        _step(9, "learn", _learnt(c), idle=c.report is None),
    ]  # fmt: skip


def _learnt(c: Counts) -> list[Figure]:
    report = c.report
    if report is None or report.lift_absolute.value is None:
        return [_figure("results", "results", "结论", 0)]
    money = report.incremental_revenue
    found = [_figure("lift", "newest conversion lift", "最新转化提升", report.lift_absolute.value, kind="share")]
    if money.value_minor is not None:
        label = {"en": "incremental revenue", "zh": "增量收入"}
        found.append(
            Figure(key="increment", label=label, value=money.value_minor, kind="money", currency=money.currency)
        )
    return found


def _figure(key: str, en: str, zh: str, value: float, *, kind: Literal["count", "share"] = "count") -> Figure:
    return Figure(key=key, label={"en": en, "zh": zh}, value=value, kind=kind)


def _step(
    number: int, key: str, figures: Sequence[Figure], *, idle: bool, attention: bool = False,
    note: dict[str, str] | None = None,
) -> Step:  # fmt: skip
    state: Literal["ok", "idle", "attention"] = "attention" if attention else "idle" if idle else "ok"
    return Step(number=number, key=key, state=state, note=note or _NOTHING, figures=list(figures))


def _pool_note(c: Counts) -> dict[str, str]:
    if c.late:
        return {"en": "events wait longer than they should", "zh": "事件等待过久"}
    return _many(c.waiting.quarantined, "events are in quarantine", "条事件在隔离区")


def _many(count: int, en: str, zh: str) -> dict[str, str]:
    return {"en": f"{count:,} {en}", "zh": f"{count:,} {zh}"} if count else _NOTHING
