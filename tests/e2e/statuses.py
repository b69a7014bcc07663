"""Documents of ``GET /v1/status`` in the states a console must draw well."""

import copy
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Document = dict[str, Any]

_KEYS = ("pool", "unify", "understand", "loyal", "touchpoints", "segments", "activities", "automate", "learn")
_WORDS = {
    "events": "事件",
    "sources": "来源",
    "quarantined": "隔离",
    "people": "用户",
    "identifiers": "标识符",
    "merges": "合并",
    "waiting for review": "待审",
    "with traits": "有属性的用户",
    "traits": "属性值",
    "traits per person": "人均属性",
    "bought in 90 days": "90 天内购买",
    "bought again": "复购率",
    "revenue, 90 days": "90 天收入",
    "channels": "渠道",
    "reachable by e-mail": "可用邮件触达",
    "segments": "人群",
    "tags": "标签",
    "oldest refresh": "最旧的刷新",
    "campaigns": "营销活动",
    "drafts": "草稿",
    "held out": "留出组",
    "messages sent": "已发送消息",
    "waiting": "等待中",
    "held": "待决定",
    "failed": "失败",
    "reports": "报告",
    "incremental revenue": "增量收入",
    "newest": "最新",
}

_LOADED = datetime.now(UTC)  # what runs keeps the time it was begun

Figure = tuple[str, object, str]


def _figure(label: str, value: object, kind: str) -> Document:
    found: Document = {
        "key": label.replace(" ", "_"),
        "label": {"en": label, "zh": _WORDS[label]},
        "value": value,
        "kind": kind,
    }
    return found | ({"currency": "CNY"} if kind == "money" else {})


def _step(number: int, state: str, figures: tuple[Figure, ...], note: tuple[str, str] = ("", "")) -> Document:
    return {
        "number": number,
        "key": _KEYS[number - 1],
        "state": state,
        "note": {"en": note[0], "zh": note[1]},
        "figures": [_figure(*figure) for figure in figures],
    }


def _activity(now: datetime, level: int, seed: int = 9) -> list[Document]:
    noise = random.Random(seed)
    start = now.replace(second=0, microsecond=0) - timedelta(minutes=29)
    counts = [round(level * (0.6 + 0.4 * noise.random()) * (1.6 if 10 < at < 15 else 1)) for at in range(30)]
    counts[-1] = round(counts[-1] * now.second / 60)
    return [
        {"minute": (start + timedelta(minutes=at)).isoformat(), "events": n if level else 0}
        for at, n in enumerate(counts)
    ]


def _document(now: datetime, steps: list[Document], level: int) -> Document:
    return {
        "as_of": now.isoformat(),
        "version": "0.1.0",
        "brand": "Aurora Home",
        "language": "en",
        "health": {"records": "ok", "events": "ok", "pipeline": "ok", "delivery": "ok"},
        "steps": steps,
        "activity": _activity(now, level),
        "running": [],
        "report": None,
    }


REPORT: Document = {
    "campaign": "winback-autumn",
    "name": {"en": "Win back autumn buyers", "zh": "秋季老客召回"},
    "treated": 4512,
    "control": 501,
    "conversion_treated": 0.124,
    "conversion_control": 0.0838,
    "lift_absolute": {"value": 0.0402, "low": 0.0139, "high": 0.0665},
    "lift_relative": {"value": 0.48, "low": 0.13, "high": 0.94},
    "incremental_revenue": {
        "value_minor": 8_423_155,
        "low_minor": 2_610_400,
        "high_minor": 14_235_910,
        "currency": "CNY",
    },
    "cost_minor": 451_200,
    "p_value": 0.0027,
    "sample_ratio_ok": True,
}


def busy(now: datetime) -> Document:
    """A brand in full work, nothing wrong."""
    steps = [
        _step(1, "ok", (("events", 1_469_307, "count"), ("sources", 7, "count"), ("quarantined", 0, "count"))),
        _step(2, "ok", (("people", 20_184, "count"), ("identifiers", 61_237, "count"), ("merges", 3_911, "count"))),
        _step(
            3,
            "ok",
            (("with traits", 0.873, "share"), ("traits", 214_880, "count"), ("traits per person", 10.6, "count")),
        ),
        _step(4, "ok", (("bought again", 0.312, "share"), ("revenue, 90 days", 459_603_958, "money"))),
        _step(5, "ok", (("channels", 3, "count"), ("reachable by e-mail", 0.641, "share"))),
        _step(6, "ok", (("segments", 12, "count"), ("tags", 8, "count"), ("oldest refresh", 214, "seconds"))),
        _step(7, "ok", (("campaigns", 4, "count"), ("drafts", 1, "count"), ("held out", 0.1, "share"))),
        _step(8, "ok", (("messages sent", 18_402, "count"), ("waiting", 126, "count"), ("failed", 9, "count"))),
        _step(9, "ok", (("incremental revenue", 8_423_155, "money"), ("reports", 3, "count"))),
    ]
    found = _document(now, steps, 1240)
    found["running"] = [
        {"kind": "import", "name": "orders-2026-05.csv", "done": 412_000, "total": 1_469_307, "since": _ago(64)},
        {"kind": "campaign", "name": "Win back autumn buyers", "done": 4386, "total": 4512, "since": _ago(610)},
        {"kind": "segment", "name": "lapsed-loyal", "done": 0, "total": 0, "since": _ago(3)},
        {"kind": "connector", "name": "till_orders", "done": 52_000, "total": None, "since": _ago(42)},
    ]
    found["report"] = copy.deepcopy(REPORT)
    return found


def attention(now: datetime) -> Document:
    """Things that need a person: backlog, quarantine, held messages, unequal arms."""
    found = busy(now)
    found["health"]["pipeline"] = "lagging"
    _change(
        found,
        1,
        figures={"quarantined": 311},
        note=(
            "311 events are in quarantine; the backlog grows: 48,210 events wait. See `ninefold explain quarantine`.",
            "隔离区有 311 条事件；积压在增长：48,210 条等待处理。请运行 `ninefold explain quarantine`。",
        ),
    )
    _change(
        found,
        8,
        figures={"failed": 1204},
        note=(
            "12 messages are held: the mail server went away while they were sent.",
            "12 条消息待决定：发送时邮件服务器中断。",
        ),
    )
    found["report"] |= {"sample_ratio_ok": False, "treated": 4512, "control": 802}
    return found


def quiet(now: datetime) -> Document:
    """Some steps idle, a report that proves nothing."""
    found = busy(now)
    found["activity"] = _activity(now, 0)
    found["running"] = []
    for number, note in (
        (7, ("No campaign yet: `ninefold apply campaign.yaml`.", "还没有营销活动：`ninefold apply campaign.yaml`。")),
        (8, ("Nothing to send.", "没有待发送的消息。")),
    ):
        _change(found, number, state="idle", note=note)
    found["report"] |= {
        "lift_absolute": {"value": 0.009, "low": -0.0063, "high": 0.0243},
        "lift_relative": {"value": 0.107, "low": -0.08, "high": 0.31},
        "incremental_revenue": {
            "value_minor": 1_201_100,
            "low_minor": -950_000,
            "high_minor": 3_352_200,
            "currency": "CNY",
        },
        "p_value": 0.249,
    }
    return found


def empty(now: datetime) -> Document:
    """A system nobody has sent anything to."""
    labels = (
        "events",
        "people",
        "with traits",
        "bought again",
        "channels",
        "segments",
        "campaigns",
        "messages sent",
        "reports",
    )
    steps = [
        _step(at + 1, "idle", ((labels[at], 1 if at == 4 else 0, "share" if at in {2, 3} else "count"),))
        for at in range(9)
    ]
    found = _document(now, steps, 0)
    return found | {"brand": "My brand"}


def huge(now: datetime) -> Document:
    """Numbers, names and notes as large as they come."""
    found = busy(now)
    found["brand"] = "Grand Universal Appliances & Health Technology Holdings (Asia-Pacific)"
    found["activity"] = _activity(now, 9_800_000)
    values: Mapping[int, Mapping[str, object]] = {
        1: {"events": 128_734_560_912, "sources": 1_284, "quarantined": 98_765_432},
        2: {"people": 412_345_678, "identifiers": 1_987_654_321, "merges": 88_123_456},
        4: {"revenue, 90 days": 987_654_321_098_765, "bought again": 0.999},
        8: {"messages sent": 9_999_999, "waiting": 10_000_001, "failed": 1},
        9: {"incremental revenue": -123_456_789_012},
    }
    for number, figures in values.items():
        _change(found, number, state="ok", figures=figures)
    _change(found, 6, state="ok", figures={"oldest refresh": 345_678})
    found["steps"][2]["figures"].append(_figure("newest", "mini-program/checkout-completed-with-a-long-name", "text"))
    found["steps"][4]["figures"].append(_figure("newest", {"en": "e-mail", "zh": "邮件"}, "text"))
    found["steps"][2]["figures"].append(_figure("waiting for review", None, "count"))
    found["running"] = [
        {
            "kind": "import",
            "name": f"marketplace-export-全渠道订单明细-2026-{n:02d}-final-final-v{n}.parquet",
            "done": n * 11_111_111,
            "total": 123_456_789,
            "since": _ago(n * 4000),
        }
        for n in range(1, 5)
    ]
    found["report"] |= {
        "name": {
            "en": "Reactivate every lapsed premium household before the Double 11 festival (all regions)",
            "zh": "双十一前召回全部区域沉睡高价值家庭用户的全渠道多波次组合营销活动",
        },
        "treated": 98_765_432,
        "control": 1,
        "conversion_treated": 1.0,
        "conversion_control": 0.0001,
        "lift_relative": {"value": 99.99, "low": 12.5, "high": 4021.7},
        "incremental_revenue": {
            "value_minor": 98_765_432_109_876,
            "low_minor": 88_765_432_109_876,
            "high_minor": 108_765_432_109_876,
            "currency": "CNY",
        },
        "cost_minor": 12_345_678_901_234,
        "p_value": 1e-12,
    }
    return found


def early(now: datetime) -> Document:
    """A report before anything can be told, and a document with as little as the contract allows."""
    found = busy(now)
    found["running"] = []
    found["activity"] = found["activity"][-3:]
    found["report"] |= {
        "name": {"en": "", "zh": ""},
        "treated": 1,
        "control": 0,
        "conversion_treated": 0.0,
        "conversion_control": None,
        "lift_absolute": None,
        "lift_relative": {"value": None, "low": None, "high": None},
        "incremental_revenue": {"value_minor": None, "low_minor": None, "high_minor": None, "currency": "CNY"},
        "cost_minor": 0,
        "p_value": None,
    }
    return found


def harm(now: datetime) -> Document:
    """A campaign that made things worse, a pipeline that stands still, a store that is gone."""
    found = busy(now)
    found["health"] |= {
        "events": "the events store does not answer",
        "pipeline": "stopped",
        "delivery": "failing, see the log",
    }
    found["report"] |= {
        "conversion_treated": 0.05,
        "lift_absolute": {"value": -0.0338, "low": -0.0601, "high": -0.0075},
        "lift_relative": {"value": -0.4, "low": -0.66, "high": -0.1},
        "incremental_revenue": {
            "value_minor": -3_423_155,
            "low_minor": -6_610_400,
            "high_minor": -235_910,
            "currency": "CNY",
        },
        "p_value": 0.0004,
    }
    return found


STATES: Mapping[str, Callable[[datetime], Document]] = {
    "busy": busy,
    "attention": attention,
    "quiet": quiet,
    "empty": empty,
    "huge": huge,
    "early": early,
    "harm": harm,
}


def now() -> datetime:
    """The time of the machine, as the server would say it."""
    return datetime.now(UTC)


def _ago(seconds: int) -> str:
    return (_LOADED - timedelta(seconds=seconds)).isoformat()


def _change(
    found: Document,
    number: int,
    *,
    state: str = "attention",
    figures: Mapping[str, object] | None = None,
    note: tuple[str, str] = ("", ""),
) -> None:
    step = found["steps"][number - 1]
    step["state"] = state
    step["note"] = {"en": note[0], "zh": note[1]}
    for figure in step["figures"]:
        if figures and figure["label"]["en"] in figures:
            figure["value"] = figures[figure["label"]["en"]]
