"""Conditions read out in plain words, in English and in Chinese. Pure.

One sentence per condition; a group inside a group stands in brackets. What negative operators leave out is said: "has
a value other than" is not "is not".
"""

from typing import Literal, TypeAlias, assert_never

from .forms import is_number
from .model import (
    AllOf,
    AnyOf,
    Before,
    Between,
    Calendar,
    Clause,
    Condition,
    During,
    EventClause,
    Everyone,
    Last,
    Measure,
    Not,
    Op,
    Operand,
    PropertyFilter,
    Scalar,
    SegmentClause,
    Since,
    TagClause,
    TraitClause,
    Window,
)
from .rules import counts_nothing

Language: TypeAlias = Literal["en", "zh"]

_PHRASES: dict[str, tuple[str, str]] = {
    "and": (" and ", " 且 "),
    "or": (" or ", " 或 "),
    "not": ("not ({part})", "不满足（{part}）"),
    "group": ("({part})", "（{part}）"),
    "quoted": ('"{text}"', "“{text}”"),
    "comma": (", ", "、"),
    "everyone": ("everyone", "所有人"),
    "segment": ("is in the segment {name}", "属于分群{name}"),
    "trait": ("{name} {test}", "{name} {test}"),
    "tag": ("tag {name} {test}", "标签 {name} {test}"),
    "tag exists": ("has the tag {name}", "有标签 {name}"),
    "tag not_exists": ("does not have the tag {name}", "没有标签 {name}"),
    "true": ("yes", "“是”"),
    "false": ("no", "“否”"),
    "eq": ("is {value}", "等于{value}"),
    "ne": ("has a value other than {value}", "有值且不等于{value}"),
    "gt": ("is more than {value}", "大于{value}"),
    "gte": ("is at least {value}", "大于等于{value}"),
    "lt": ("is less than {value}", "小于{value}"),
    "lte": ("is at most {value}", "小于等于{value}"),
    "between": ("is from {low} to {value}", "在{low} 到{value} 之间（含两端）"),
    "in": ("is one of {value}", "是{value}之一"),
    "not_in": ("has a value that is none of {value}", "有值且不是{value}之一"),
    "contains": ("contains {value}", "包含{value}"),
    "not_contains": ("has a value that does not contain {value}", "有值且不包含{value}"),
    "starts_with": ("starts with {value}", "以{value}开头"),
    "ends_with": ("ends with {value}", "以{value}结尾"),
    "matches": ("matches the pattern {value}", "匹配正则{value}"),
    "exists": ("has a value", "有值"),
    "not_exists": ("has no value", "没有值"),
    "before": ("is before {value}", "早于 {value}"),
    "after": ("is after {value}", "晚于 {value}"),
    "within_last": ("is within the last {value}", "在最近 {value}内"),
    "not_within_last": ("is a time, but not within the last {value}", "是时间且不在最近 {value}内"),
    # Counts and sums always have a value.
    "always ne": ("is not {value}", "不等于{value}"),
    "always not_in": ("is none of {value}", "不是{value}之一"),
    "did": ("did {event}{window}", "{window}做过{event}"),
    "did_not": ("did not do {event}{window}", "{window}没有做过{event}"),
    "never": ("never did {event}", "从未做过{event}"),
    "count eq": ("did {event} exactly {value} {times}{window}", "{window}做{event}的次数等于{value} 次"),
    "count gt": ("did {event} more than {value} {times}{window}", "{window}做{event}的次数大于{value} 次"),
    "count gte": ("did {event} at least {value} {times}{window}", "{window}做{event}的次数大于等于{value} 次"),
    "count lt": ("did {event} less than {value} {times}{window}", "{window}做{event}的次数小于{value} 次"),
    "count lte": ("did {event} at most {value} {times}{window}", "{window}做{event}的次数小于等于{value} 次"),
    "count": ("how often they did {event}{window} {test}", "{window}做{event}的次数{test}"),
    "sum": ("total {of} of {event}{window} {test}", "{window}{event}的 {of} 合计{test}"),
    "avg": ("average {of} of {event}{window} {test}", "{window}{event}的 {of} 平均值{test}"),
    "min": ("smallest {of} of {event}{window} {test}", "{window}{event}的 {of} 最小值{test}"),
    "max": ("largest {of} of {event}{window} {test}", "{window}{event}的 {of} 最大值{test}"),
    "first": ("{of} of the first {event}{window} {test}", "{window}首次{event}的 {of} {test}"),
    "last": ("{of} of the last {event}{window} {test}", "{window}末次{event}的 {of} {test}"),
    "first time": ("the first {event}{window} {test}", "{window}首次{event}的时间{test}"),
    "last time": ("the last {event}{window} {test}", "{window}末次{event}的时间{test}"),
    "time": ("time", "时间"),
    "once": ("time", ""),
    "times": ("times", ""),
    "nothing is 0": (" (none counts as 0)", "（没有则按 0 计）"),
    "where": (" (where {tests})", "（其中 {tests}）"),
    "window last": (" in the last {span}", "最近 {span}内"),
    "window during": (" {name}", "{name}"),
    "window between": (" from {start} to {end}", "从 {start} 到 {end} "),
    "window since": (" since {start}", "自 {start} 起"),
    "window before": (" before {end}", "在 {end} 之前"),
    Calendar.TODAY: ("today", "今天"),
    Calendar.YESTERDAY: ("yesterday", "昨天"),
    Calendar.THIS_WEEK: ("this week", "本周"),
    Calendar.LAST_WEEK: ("last week", "上周"),
    Calendar.THIS_MONTH: ("this month", "本月"),
    Calendar.LAST_MONTH: ("last month", "上月"),
    Calendar.THIS_QUARTER: ("this quarter", "本季度"),
    Calendar.LAST_QUARTER: ("last quarter", "上季度"),
    Calendar.THIS_YEAR: ("this year", "今年"),
    Calendar.LAST_YEAR: ("last year", "去年"),
    "m": ("{n} minutes", "{n} 分钟"),
    "h": ("{n} hours", "{n} 小时"),
    "d": ("{n} days", "{n} 天"),
    "w": ("{n} weeks", "{n} 周"),
}
_SPANS = frozenset({Op.WITHIN_LAST, Op.NOT_WITHIN_LAST})
_MOMENTS = frozenset({Op.BEFORE, Op.AFTER})


def describe(condition: Condition, language: Language = "en") -> str:
    """A condition in plain words.

    >>> describe(EventClause(event="order", measure=Measure.COUNT, op=Op.GTE, value=2, within=Last(span="30d")))
    'did "order" at least 2 times in the last 30 days'
    >>> describe(Not(part=TraitClause(key="city", op=Op.EQ, value="上海")), "zh")
    '不满足（city 等于“上海”）'
    """
    return _Speaker(language).node(condition)


class _Speaker:
    """Reads conditions out in one language."""

    def __init__(self, language: Language) -> None:
        self._column = 1 if language == "zh" else 0

    def node(self, node: Condition) -> str:
        match node:
            case AllOf(parts=parts):
                return self._say("and").join(self._nested(part) for part in parts)
            case AnyOf(parts=parts):
                return self._say("or").join(self._nested(part) for part in parts)
            case Not(part=part):
                return self._say("not", part=self.node(part))
            case _:
                return self._clause(node)

    def _say(self, phrase: str, **parts: str) -> str:
        text = _PHRASES[phrase][self._column]
        return text.format(**parts) if parts else text

    def _nested(self, node: Condition) -> str:
        grouped = isinstance(node, AllOf | AnyOf) and len(node.parts) > 1
        return self._say("group", part=self.node(node)) if grouped else self.node(node)

    def _clause(self, clause: Clause) -> str:
        match clause:
            case Everyone():
                return self._say("everyone")
            case SegmentClause(segment=segment):
                return self._say("segment", name=self._quote(segment))
            case TraitClause(key=key):
                return self._say("trait", name=key, test=self._test(clause.op, clause.value))
            case TagClause(tag=tag):
                if clause.op in {Op.EXISTS, Op.NOT_EXISTS}:
                    return self._say(f"tag {clause.op.value}", name=tag)
                return self._say("tag", name=tag, test=self._test(clause.op, clause.value))
            case EventClause():
                return self._event(clause)
            case _:
                assert_never(clause)

    def _event(self, clause: EventClause) -> str:
        said = self._figure(clause)
        if clause.where:
            tests = self._say("and").join(self._filter(each) for each in clause.where)
            said += self._say("where", tests=tests)
        return said + (self._say("nothing is 0") if counts_nothing(clause) else "")

    def _figure(self, clause: EventClause) -> str:
        event, window = self._quote(clause.event), self._window(clause.within)
        if clause.op is None:
            never = clause.measure is Measure.DID_NOT and not window
            return self._say("never" if never else clause.measure.value, event=event, window=window)
        exact = f"{clause.measure.value} {clause.op.value}"
        if exact in _PHRASES and not isinstance(clause.value, tuple):
            times = self._say("once" if clause.value == 1 else "times")
            return self._say(exact, event=event, window=window, value=self._value(clause.value), times=times)
        always = clause.measure in {Measure.COUNT, Measure.SUM}
        test = self._test(clause.op, clause.value, always=always)
        if clause.of == "time":
            return self._say(f"{clause.measure.value} time", event=event, window=window, test=test)
        return self._say(clause.measure.value, event=event, window=window, test=test, of=clause.of)

    def _filter(self, each: PropertyFilter) -> str:
        name = self._say("time") if each.property == "time" else each.property
        return self._say("trait", name=name, test=self._test(each.op, each.value))

    def _test(self, op: Op, value: Operand, *, always: bool = False) -> str:
        key = f"always {op.value}" if always and op in {Op.NE, Op.NOT_IN} else op.value
        if value is None:
            return self._say(key)
        if op in _SPANS:
            return self._say(key, value=self._span(str(value)))
        if op in _MOMENTS:
            return self._say(key, value=str(value))
        if op is Op.BETWEEN and isinstance(value, tuple):
            return self._say(key, low=self._value(value[0]), value=self._value(value[1]))
        return self._say(key, value=self._value(value))

    def _value(self, value: Operand) -> str:
        first = value[0] if isinstance(value, tuple) else value
        each = value if isinstance(value, tuple) else (value,)
        said = self._say("comma").join(self._scalar(one) for one in each if one is not None)
        return f" {said}" if self._column and is_number(first) else said

    def _scalar(self, value: Scalar) -> str:
        if isinstance(value, bool):
            return self._say("true" if value else "false")
        if isinstance(value, str):
            return self._quote(value)
        return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"

    def _quote(self, text: str) -> str:
        return self._say("quoted", text=text)

    def _span(self, span: str) -> str:
        said = self._say(span[-1], n=f"{int(span[:-1]):,}")
        return said.removesuffix("s") if span[:-1] == "1" else said

    def _window(self, window: Window | None) -> str:
        match window:
            case None:
                return ""
            case Last(span=span):
                return self._say("window last", span=self._span(span))
            case During(calendar=calendar):
                return self._say("window during", name=self._say(calendar))
            case Between(start=start, end=end):
                return self._say("window between", start=start, end=end)
            case Since(start=start):
                return self._say("window since", start=start)
            case Before(end=end):
                return self._say("window before", end=end)
            case _:
                assert_never(window)
