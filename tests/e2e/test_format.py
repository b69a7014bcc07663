"""Numbers as people read them: the page's formatters, run in the browser that uses them."""

from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.e2e


CASES = [
    ("count(0)", "0", "0"),
    ("count(9999999)", "9,999,999", "9,999,999"),
    ("count(12345678)", "12.35M", "1235万"),
    ("count(-1234)", "−1,234", "−1,234"),
    ("count(10.64)", "10.64", "10.64"),
    ("count(null)", "–", "–"),
    ("count(NaN)", "–", "–"),
    ('money(459603958, "CNY")', "CN¥4,596,039.58", "¥4,596,039.58"),
    ('money(500, "JPY")', "¥500", "JP¥500"),
    ('money(1234, "KWD")', "KWD\u00a01.234", "KWD\u00a01.234"),
    ('money(-150, "CNY", { signed: true })', "−CN¥1.50", "−¥1.50"),
    ('money(14235910, "CNY", { signed: true, brief: true })', "+¥142K", "+¥14.2万"),
    ("money(0, 'CNY', { signed: true })", "CN¥0.00", "¥0.00"),
    ("share(0.124)", "12.4%", "12.4%"),
    ("share(0)", "0%", "0%"),
    ("share(1)", "100%", "100%"),
    ("share(0.0042)", "0.42%", "0.42%"),
    ("share(0.48, true)", "+48%", "+48%"),
    ("points(0.0402, true)", "+4.0", "+4.0"),
    ("points(-0.0001, true)", "−0.01", "−0.01"),
    ("span(0)", "0 s", "0 秒"),
    ("span(0.0123)", "12 ms", "12 毫秒"),
    ("span(3.24)", "3.2 s", "3.2 秒"),
    ("span(59.7)", "1 min", "1 分"),
    ("span(214)", "3 min 34 s", "3 分 34 秒"),
    ("span(7260)", "2 h 1 min", "2 小时 1 分"),
    ("span(400000)", "4 d 15 h", "4 天 15 小时"),
    ("span(-1)", "–", "–"),
]


def formatted(page: Page, language: str, calls: list[str]) -> list[Any]:
    script = f"""async () => {{
      const address = document.querySelector('script[type="module"]').src.replace("main.js", "format.js");
      const {{ makeFormat }} = await import(address);
      const format = makeFormat("{language}");
      return [{", ".join(f"format.{call}" for call in calls)}];
    }}"""
    found: list[Any] = page.evaluate(script)
    return found


def test_as_people_read_them(page: Page) -> None:
    calls = [call for call, _, _ in CASES]
    assert dict(zip(calls, formatted(page, "en", calls), strict=True)) == {call: english for call, english, _ in CASES}
    assert dict(zip(calls, formatted(page, "zh", calls), strict=True)) == {call: chinese for call, _, chinese in CASES}


def test_a_figure_of_every_kind(page: Page) -> None:
    expected = {
        'figure({ value: 12345678, kind: "count" })': {"text": "12.35M", "full": "12,345,678"},
        'figure({ value: 1234567890, kind: "money", currency: "CNY" })': {
            "text": "CN¥12.35M",
            "full": "CN¥12,345,678.90",
        },
        'figure({ value: "weekly", kind: "text" })': {"text": "weekly", "full": ""},
        'figure({ value: null, kind: "share" })': {"text": "–", "full": ""},
    }
    assert formatted(page, "en", list(expected)) == list(expected.values())
