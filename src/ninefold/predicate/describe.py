"""Conditions read out in plain words, in English and in Chinese. Pure.

One sentence per condition; a group inside a group stands in brackets. What negative operators leave out is said: "has
a value other than" is not "is not".
"""

from typing import Literal, TypeAlias, assert_never

from .forms import is_number
from .model import (
    ANNIVERSARY_OPS,
    COUNTS,
    AllOf,
    AnyOf,
    Before,
    Between,
    Calendar,
    Clause,
    Condition,
    Draw,
    During,
    EventClause,
    EventPick,
    Everyone,
    Full,
    Last,
    Limited,
    Measure,
    Not,
    Op,
    Operand,
    PropertyFilter,
    Rank,
    Scalar,
    SegmentClause,
    SequenceClause,
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
    "anniversary": ("comes back {value}", "的周年日在{value}"),
    "lunar_anniversary": ("comes back {value} by the Chinese calendar", "的农历周年日在{value}"),
    "lunar_day": ("is a day of the Chinese calendar that comes {value}", "（农历月日）在{value}"),
    "tomorrow": ("tomorrow", "明天"),
    "next_week": ("next week", "下周"),
    "next_month": ("next month", "下月"),
    "ahead": ("today or in the next {span}", "今天起 {span}内"),
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
    "distinct": ("how many different {of} they had in {event}{window} {test}", "{window}{event}的不同 {of} 数{test}"),
    "days": ("on how many days they did {event}{window} {test}", "{window}做{event}的天数{test}"),
    "weeks": ("in how many calendar weeks they did {event}{window} {test}", "{window}做{event}的自然周数{test}"),
    "months": ("in how many calendar months they did {event}{window} {test}", "{window}做{event}的自然月数{test}"),
    "first_time": ("did {event} for the first time ever{window}", "{window}首次做过{event}"),
    "resumed": (
        "did {event}{window} again after at least {gap} without it",
        "{window}在至少 {gap}没有做{event}之后又做了",
    ),
    "sequence": ("did {steps}{span}{same}{window}", "{window}依次{steps}{span}{same}"),
    "then": (", then ", "，然后"),
    "step": ("{pick}{within}{without}", "做{pick}{within}{without}"),
    "step within": (" within {span}", "（{span}内）"),
    "step without": (" without {picks} in between", "（其间没有做{picks}）"),
    "span": (", from the first to the last within {span}", "，首尾相隔不超过 {span}"),
    "same": (", all with the same {of}", "，且 {of} 相同"),
    "then not": (", and then not {pick} within {span}", "，之后 {span}内没有做{pick}"),
    "limit": ("the {most} {order} of ({part})", "（{part}）中{order} {most} 人"),
    "share": ("{share} % by lot of ({part})", "（{part}）中随机 {share}%"),
    "by lot": ("people by lot", "随机"),
    "highest": ("people with the highest {figure}", "{figure}最高的"),
    "lowest": ("people with the lowest {figure}", "{figure}最低的"),
    "ranked tag": ("tag {name}", "标签 {name} "),
    "ranked trait": ("{name}", " {name} "),
    "ranked count": ("number of {event}{window}", "{window}做{event}的次数"),
    "ranked days": ("number of days with {event}{window}", "{window}做{event}的天数"),
    "ranked weeks": ("number of weeks with {event}{window}", "{window}做{event}的自然周数"),
    "ranked months": ("number of months with {event}{window}", "{window}做{event}的自然月数"),
    "ranked sum": ("total {of} of {event}{window}", "{window}{event}的 {of} 合计"),
    "ranked avg": ("average {of} of {event}{window}", "{window}{event}的 {of} 平均值"),
    "ranked min": ("smallest {of} of {event}{window}", "{window}{event}的 {of} 最小值"),
    "ranked max": ("largest {of} of {event}{window}", "{window}{event}的 {of} 最大值"),
    "ranked distinct": ("number of different {of} of {event}{window}", "{window}{event}的不同 {of} 数"),
    "ranked first": ("{of} of the first {event}{window}", "{window}首次{event}的 {of}"),
    "ranked last": ("{of} of the last {event}{window}", "{window}末次{event}的 {of}"),
    "window full": (" in the {n} full {unit} before this one", "前 {n} 个完整{unit}"),
    "full days": ("days", "天"),
    "full weeks": ("weeks", "自然周"),
    "full months": ("months", "自然月"),
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
            case Limited():
                return self._limited(node)
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
                said = self._say("everyone")
            case SegmentClause(segment=segment):
                said = self._say("segment", name=self._quote(segment))
            case TraitClause(key=key):
                said = self._say("trait", name=key, test=self._test(clause.op, clause.value))
            case TagClause(tag=tag):
                if clause.op in {Op.EXISTS, Op.NOT_EXISTS}:
                    said = self._say(f"tag {clause.op.value}", name=tag)
                else:
                    said = self._say("tag", name=tag, test=self._test(clause.op, clause.value))
            case EventClause():
                said = self._event(clause)
            case SequenceClause():
                said = self._sequence(clause)
            case _:
                assert_never(clause)
        return said

    def _limited(self, node: Limited) -> str:
        part = self.node(node.part)
        if node.share:
            return self._say("share", share=f"{100 * node.share:.4g}", part=part)
        return self._say("limit", most=f"{node.most:,}", order=self._order(node.by), part=part)

    def _order(self, order: Draw | Rank) -> str:
        if isinstance(order, Draw):
            return self._say("by lot")
        match order.by:
            case TraitClause(key=name):
                figure = self._say("ranked trait", name=name)
            case TagClause(tag=name):
                figure = self._say("ranked tag", name=name)
            case EventClause() as clause:
                event, window = self._quote(clause.event), self._window(clause.within)
                name = self._say("time") if clause.of == "time" else clause.of
                figure = self._say(f"ranked {clause.measure.value}", event=event, window=window, of=name)
                figure += self._where(clause.where)
        return self._say("lowest" if order.lowest else "highest", figure=figure)

    def _sequence(self, clause: SequenceClause) -> str:
        steps = self._say("then").join(
            self._say(
                "step",
                pick=self._pick(step.pick),
                within=self._say("step within", span=self._span(step.within)) if step.within else "",
                without=self._say("step without", picks=self._picks(step.without)) if step.without else "",
            )
            for step in clause.steps
        )
        if clause.then_not is not None:
            steps += self._say(
                "then not", pick=self._pick(clause.then_not.pick), span=self._span(clause.then_not.within)
            )
        span = self._say("span", span=self._span(clause.span)) if clause.span else ""
        same = self._say("same", of=clause.same) if clause.same else ""
        return self._say("sequence", steps=steps, span=span, same=same, window=self._window(clause.within))

    def _picks(self, picks: tuple[EventPick, ...]) -> str:
        return self._say("or").join(self._pick(pick) for pick in picks)

    def _pick(self, pick: EventPick) -> str:
        return self._quote(pick.event) + self._where(pick.where)

    def _where(self, filters: tuple[PropertyFilter, ...]) -> str:
        if not filters:
            return ""
        return self._say("where", tests=self._say("and").join(self._filter(each) for each in filters))

    def _event(self, clause: EventClause) -> str:
        said = self._figure(clause) + self._where(clause.where)
        return said + (self._say("nothing is 0") if counts_nothing(clause) else "")

    def _figure(self, clause: EventClause) -> str:
        event, window = self._quote(clause.event), self._window(clause.within)
        if clause.op is None:
            never = clause.measure is Measure.DID_NOT and not window
            gap = self._span(clause.gap) if clause.gap else ""
            return self._say("never" if never else clause.measure.value, event=event, window=window, gap=gap)
        exact = f"{clause.measure.value} {clause.op.value}"
        if exact in _PHRASES and not isinstance(clause.value, tuple):
            times = self._say("once" if clause.value == 1 else "times")
            return self._say(exact, event=event, window=window, value=self._value(clause.value), times=times)
        always = clause.measure in COUNTS or clause.measure is Measure.SUM
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
        if op in ANNIVERSARY_OPS:
            days = str(value)
            ahead = days[0].isdigit()
            return self._say(key, value=self._say("ahead", span=self._span(days)) if ahead else self._say(days))
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
                text = ""
            case Last(span=span):
                text = self._say("window last", span=self._span(span))
            case During(calendar=calendar):
                text = self._say("window during", name=self._say(calendar))
            case Between(start=start, end=end):
                text = self._say("window between", start=start, end=end)
            case Since(start=start):
                text = self._say("window since", start=start)
            case Before(end=end):
                text = self._say("window before", end=end)
            case Full(unit=unit, count=count):
                said = self._say(f"full {unit.value}")
                said = said.removesuffix("s") if count == 1 else said
                text = self._say("window full", n=f"{count:,}", unit=said)
            case _:
                assert_never(window)
        return text
