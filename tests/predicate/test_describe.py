"""Conditions in words: the exact sentences, in both languages."""

import pytest

from ninefold.predicate import describe, parse

SENTENCES: list[tuple[object, str, str]] = [
    ({"everyone": True}, "everyone", "所有人"),
    ({"trait": "city", "op": "eq", "value": "Shanghai"}, 'city is "Shanghai"', "city 等于“Shanghai”"),
    (
        {"trait": "city", "op": "ne", "value": "Shanghai"},
        'city has a value other than "Shanghai"',
        "city 有值且不等于“Shanghai”",
    ),
    ({"trait": "age", "op": "gte", "value": 18}, "age is at least 18", "age 大于等于 18"),
    ({"trait": "age", "op": "gt", "value": 18.5}, "age is more than 18.5", "age 大于 18.5"),
    ({"trait": "age", "op": "lt", "value": 1234567}, "age is less than 1,234,567", "age 小于 1,234,567"),
    ({"trait": "age", "op": "lte", "value": -1}, "age is at most -1", "age 小于等于 -1"),
    ({"trait": "age", "op": "between", "value": [18, 35]}, "age is from 18 to 35", "age 在 18 到 35 之间（含两端）"),
    ({"trait": "city", "op": "in", "value": ["A", "B"]}, 'city is one of "A", "B"', "city 是“A”、“B”之一"),
    ({"trait": "n", "op": "not_in", "value": [1, 2]}, "n has a value that is none of 1, 2", "n 有值且不是 1、2之一"),
    ({"trait": "city", "op": "contains", "value": "x"}, 'city contains "x"', "city 包含“x”"),
    (
        {"trait": "city", "op": "not_contains", "value": "x"},
        'city has a value that does not contain "x"',
        "city 有值且不包含“x”",
    ),
    ({"trait": "city", "op": "starts_with", "value": "x"}, 'city starts with "x"', "city 以“x”开头"),
    ({"trait": "city", "op": "ends_with", "value": "x"}, 'city ends with "x"', "city 以“x”结尾"),
    ({"trait": "city", "op": "matches", "value": "^x"}, 'city matches the pattern "^x"', "city 匹配正则“^x”"),
    ({"trait": "city"}, "city has a value", "city 有值"),
    ({"trait": "city", "op": "not_exists"}, "city has no value", "city 没有值"),
    ({"trait": "vip", "op": "eq", "value": True}, "vip is yes", "vip 等于“是”"),
    ({"trait": "vip", "op": "eq", "value": False}, "vip is no", "vip 等于“否”"),
    (
        {"trait": "joined", "op": "before", "value": "2026-01-01"},
        "joined is before 2026-01-01",
        "joined 早于 2026-01-01",
    ),
    ({"trait": "joined", "op": "after", "value": "2026-01-01"}, "joined is after 2026-01-01", "joined 晚于 2026-01-01"),
    (
        {"trait": "joined", "op": "within_last", "value": "1d"},
        "joined is within the last 1 day",
        "joined 在最近 1 天内",
    ),
    (
        {"trait": "joined", "op": "not_within_last", "value": "36h"},
        "joined is a time, but not within the last 36 hours",
        "joined 是时间且不在最近 36 小时内",
    ),
    ({"tag": "rfm"}, "has the tag rfm", "有标签 rfm"),
    ({"tag": "rfm", "op": "not_exists"}, "does not have the tag rfm", "没有标签 rfm"),
    ({"tag": "rfm", "op": "eq", "value": "gold"}, 'tag rfm is "gold"', "标签 rfm 等于“gold”"),
    ({"in_segment": "vip"}, 'is in the segment "vip"', "属于分群“vip”"),
    ({"event": "order"}, 'did "order"', "做过“order”"),
    ({"event": "order", "within": "30d"}, 'did "order" in the last 30 days', "最近 30 天内做过“order”"),
    ({"event": "order", "measure": "did_not"}, 'never did "order"', "从未做过“order”"),
    (
        {"event": "order", "measure": "did_not", "within": "2w"},
        'did not do "order" in the last 2 weeks',
        "最近 2 周内没有做过“order”",
    ),
    ({"event": "order", "within": "today"}, 'did "order" today', "今天做过“order”"),
    ({"event": "order", "within": "last_quarter"}, 'did "order" last quarter', "上季度做过“order”"),
    (
        {"event": "order", "within": {"from": "2026-01-01", "to": "2026-01-31"}},
        'did "order" from 2026-01-01 to 2026-01-31',
        "从 2026-01-01 到 2026-01-31 做过“order”",
    ),
    (
        {"event": "order", "within": {"since": "2026-01-01"}},
        'did "order" since 2026-01-01',
        "自 2026-01-01 起做过“order”",
    ),
    (
        {"event": "order", "within": {"before": "2026-01-01"}},
        'did "order" before 2026-01-01',
        "在 2026-01-01 之前做过“order”",
    ),
    (
        {"event": "order", "measure": "count", "op": "gte", "value": 3, "within": "90d"},
        'did "order" at least 3 times in the last 90 days',
        "最近 90 天内做“order”的次数大于等于 3 次",
    ),
    (
        {"event": "order", "measure": "count", "op": "gt", "value": 1},
        'did "order" more than 1 time',
        "做“order”的次数大于 1 次",
    ),
    (
        {"event": "order", "measure": "count", "op": "lt", "value": 3},
        'did "order" less than 3 times (none counts as 0)',
        "做“order”的次数小于 3 次（没有则按 0 计）",
    ),
    (
        {"event": "order", "measure": "count", "op": "in", "value": [1, 2]},
        'how often they did "order" is one of 1, 2',
        "做“order”的次数是 1、2之一",
    ),
    (
        {"event": "order", "measure": "count", "op": "ne", "value": 2},
        'how often they did "order" is not 2 (none counts as 0)',
        "做“order”的次数不等于 2（没有则按 0 计）",
    ),
    (
        {"event": "order", "measure": "sum", "of": "revenue", "op": "gte", "value": 1000, "within": "this_year"},
        'total revenue of "order" this year is at least 1,000',
        "今年“order”的 revenue 合计大于等于 1,000",
    ),
    (
        {"event": "order", "measure": "avg", "of": "price", "op": "lt", "value": 10},
        'average price of "order" is less than 10',
        "“order”的 price 平均值小于 10",
    ),
    (
        {"event": "order", "measure": "max", "of": "price", "op": "between", "value": [1, 2]},
        'largest price of "order" is from 1 to 2',
        "“order”的 price 最大值在 1 到 2 之间（含两端）",
    ),
    (
        {"event": "order", "measure": "last", "of": "channel", "op": "eq", "value": "app"},
        'channel of the last "order" is "app"',
        "末次“order”的 channel 等于“app”",
    ),
    (
        {"event": "order", "measure": "first", "of": "time", "op": "within_last", "value": "30d"},
        'the first "order" is within the last 30 days',
        "首次“order”的时间在最近 30 天内",
    ),
    (
        {
            "event": "order",
            "within": "30d",
            "where": [
                {"property": "category", "op": "eq", "value": "shoes"},
                {"property": "price", "op": "gt", "value": 100},
            ],
        },
        'did "order" in the last 30 days (where category is "shoes" and price is more than 100)',
        "最近 30 天内做过“order”（其中 category 等于“shoes” 且 price 大于 100）",
    ),
    (
        {"event": "order", "where": [{"property": "time", "op": "before", "value": "2026-01-01"}]},
        'did "order" (where time is before 2026-01-01)',
        "做过“order”（其中 时间 早于 2026-01-01）",
    ),
    (
        {"all": [{"trait": "a"}, {"any": [{"trait": "b"}, {"not": {"all": [{"trait": "c"}, {"trait": "d"}]}}]}]},
        "a has a value and (b has a value or not (c has a value and d has a value))",
        "a 有值 且 （b 有值 或 不满足（c 有值 且 d 有值））",
    ),
    ({"all": [{"any": [{"trait": "a"}]}, {"trait": "b"}]}, "a has a value and b has a value", "a 有值 且 b 有值"),
]


@pytest.mark.parametrize(("document", "english", "chinese"), SENTENCES)
def test_sentences(document: object, english: str, chinese: str) -> None:
    condition = parse(document)
    assert describe(condition) == english
    assert describe(condition, "zh") == chinese
