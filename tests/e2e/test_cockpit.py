"""What the cockpit shows: numbers, states, charts, in both languages, refreshed in place."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from . import statuses
from .conftest import PageMaker
from .stand import Stand

pytestmark = pytest.mark.e2e


def shown(new_page: PageMaker, stand: Stand, make: Callable[[datetime], dict[str, Any]], **options: Any) -> Page:
    stand.make = make
    page = new_page(**options)
    page.goto(stand.open_url)
    page.locator("#step-1 .figure").first.wait_for()
    return page


def figures(page: Page, number: int) -> dict[str, str]:
    names = page.locator(f"#step-{number} dt").all_inner_texts()
    return dict(zip(names, page.locator(f"#step-{number} dd").all_inner_texts(), strict=True))


def test_every_step_shows_its_numbers(page: Page) -> None:
    expect(page.locator("h1:visible")).to_have_text("Aurora Home")
    expect(page).to_have_title("Aurora Home · Ninefold")
    assert page.locator(".step h3").all_inner_texts() == [
        f"{number}\n{name}"
        for number, name in enumerate(
            ("Pool", "Unify (OneID)", "Understand", "Keep loyal", "Connect", "Tag & group", "Create", "Automate",
             "Monitor & learn"), start=1)
    ]  # fmt: skip
    assert figures(page, 1) == {"events": "1,469,307", "sources": "7", "quarantined": "0"}
    assert figures(page, 3)["with traits"] == "87.3%"
    assert figures(page, 4)["revenue, 90 days"] == "CN¥4,596,039.58"
    assert figures(page, 6)["oldest refresh"] == "3 min 34 s"
    expect(page.locator(".summary-line")).to_contain_text("All nine steps are running.")
    expect(page.locator(".live")).to_contain_text("Live")
    expect(page.locator(".rate-value")).to_have_text("953")


def test_chinese_by_the_browsers_language(new_page: PageMaker, stand: Stand) -> None:
    page = shown(new_page, stand, statuses.busy, locale="zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("#step-2 h3")).to_contain_text("身份归一")
    assert figures(page, 1) == {"事件": "1,469,307", "来源": "7", "隔离": "0"}
    assert figures(page, 4)["90 天收入"] == "¥4,596,039.58"
    expect(page.locator(".summary-line")).to_contain_text("九个步骤全部运行正常")
    expect(page.locator(".report-name")).to_have_text("秋季老客召回")


def test_the_language_is_switched_at_once_and_remembered(page: Page) -> None:
    page.get_by_role("button", name="切换到中文").click()
    expect(page.locator("#step-1 h3")).to_contain_text("汇聚数据")
    page.reload()
    expect(page.locator("#step-1 h3")).to_contain_text("汇聚数据")
    page.get_by_role("button", name="Switch to English").click()
    expect(page.locator("#step-1 h3")).to_contain_text("Pool")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_theme_follows_the_system_until_it_is_switched(page: Page) -> None:
    frame = page.locator(".frame")
    light, dark = "rgb(244, 245, 248)", "rgb(13, 17, 23)"
    expect(frame).to_have_css("background-color", light)
    page.emulate_media(color_scheme="dark")
    expect(frame).to_have_css("background-color", dark)
    page.get_by_role("button", name="Switch to the light theme").click()
    expect(frame).to_have_css("background-color", light)
    page.reload()
    expect(frame).to_have_css("background-color", light)
    page.get_by_role("button", name="Switch to the dark theme").click()
    page.emulate_media(color_scheme="light")
    expect(frame).to_have_css("background-color", light)  # back at the system's choice, it follows the system again


def test_numbers_are_refreshed_in_place(page: Page, stand: Stand) -> None:
    page.evaluate("for (const node of document.querySelectorAll('*')) node.seen = true")

    def grown(now: datetime) -> dict[str, Any]:
        found = statuses.busy(now)
        found["steps"][0]["figures"][0]["value"] += 1000
        found["running"][0]["done"] = 1_000_000
        return found

    stand.make = grown
    expect(page.locator("#step-1 dd").first).to_have_text("1,470,307")
    expect(page.locator(".job").first).to_contain_text("1,000,000 of 1,469,307")
    assert page.evaluate("[...document.querySelectorAll('.board *')].filter((node) => !node.seen).length") == 0


def test_freshness_is_told(page: Page, stand: Stand) -> None:
    stand.delay = 5
    expect(page.locator(".live")).to_contain_text(re.compile(r"as of [2-9] s ago"))
    stand.delay = 0


def test_the_steps_stand_in_one_closed_loop(page: Page) -> None:
    boxes = [page.locator(f"#step-{number}").bounding_box() for number in range(1, 10)]
    middles = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes if box]
    x, y = zip(*middles, strict=True)
    assert x[0] < x[1] < x[2] < x[3] == x[4] == x[5] > x[6] > x[7] > x[8] == x[0]  # clockwise
    assert y[0] == y[1] == y[2] == y[3] < y[4] < y[5] == y[6] == y[7] == y[8]
    assert page.locator(".track-lines path").count() == 9
    assert page.locator('.track-lines [data-leg="back"]').count() == 1


def test_attention_says_why_and_leads_there(new_page: PageMaker, stand: Stand) -> None:
    page = shown(new_page, stand, statuses.attention)
    expect(page.locator(".summary-line")).to_contain_text("Pipeline: lagging. 2 steps need attention:")
    expect(page.locator("#step-1 .mood")).to_have_text("attention")
    expect(page.locator("#step-1 .note")).to_contain_text("the backlog grows: 48,210 events wait")
    expect(page.locator("#step-1 .note code")).to_have_text("ninefold explain quarantine")
    expect(page.locator(".health")).to_contain_text("lagging")
    page.get_by_role("link", name="8 Automate").click()
    expect(page.locator("#step-8")).to_be_focused()


def test_an_empty_system_teaches_the_next_command(new_page: PageMaker, stand: Stand) -> None:
    page = shown(new_page, stand, statuses.empty, permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator(".summary-line")).to_contain_text("Nothing has come in yet.")
    expect(page.locator(".start")).to_be_visible()
    expect(page.locator(".flow")).to_be_hidden()
    expect(page.locator("#step-6 .mood")).to_have_text("idle")
    expect(page.locator("#step-6 .note code")).to_have_text("ninefold segment refresh")
    page.locator(".start").get_by_role("button", name="Copy: ninefold import orders.csv --guess").click()
    assert page.evaluate("navigator.clipboard.readText()") == "ninefold import orders.csv --guess"
    expect(page.locator(".report .empty")).to_contain_text("No campaign has been measured yet.")
    expect(page.locator(".running .empty")).to_contain_text("Nothing is running.")


def test_what_runs_shows_its_progress(page: Page) -> None:
    first = page.locator(".job").nth(0)
    expect(first).to_contain_text("orders-2026-05.csv")
    expect(first).to_contain_text("412,000 of 1,469,307")
    expect(first).to_contain_text(re.compile(r"about \d+ min left"))
    bar = page.get_by_role("progressbar", name="import orders-2026-05.csv")
    assert float(bar.get_attribute("value") or 0) == pytest.approx(412_000 / 1_469_307, abs=1e-3)
    unknown = page.get_by_role("progressbar", name="segment lapsed-loyal")
    assert unknown.get_attribute("value") is None


def test_the_report_of_a_campaign_that_works(page: Page) -> None:
    report = page.locator(".report")
    expect(report.locator(".verdict")).to_have_text(
        "It works Conversion rose by 4.0 points; with 95 % confidence between 1.4 and 6.7."
    )
    expect(report.locator(".conversion")).to_contain_text("Treated 4,512 people")
    expect(report.locator(".lift")).to_contain_text("+48% relative (+13% to +94%)")
    expect(report.locator(".lift")).to_contain_text("p = 0.003")
    expect(report.locator(".money")).to_contain_text("+CN¥84,231.55")
    expect(report.locator(".money")).to_contain_text("+CN¥79,719.55")
    chart = report.get_by_role("img", name="95 % interval +1.4 to +6.7")
    zero, dot, low = (chart.locator(f".interval-{part}").bounding_box() for part in ("zero", "dot", "range"))
    assert zero is not None
    assert dot is not None
    assert low is not None
    assert zero["x"] < low["x"] < dot["x"]


@pytest.mark.parametrize(
    ("make", "verdict"),
    [(statuses.quiet, "Not proven"), (statuses.harm, "It does harm"), (statuses.early, "Too early to tell"),
     (statuses.attention, "Do not trust yet")],
)  # fmt: skip
def test_the_report_never_says_more_than_it_knows(
    new_page: PageMaker, stand: Stand, make: Callable[[datetime], dict[str, Any]], verdict: str
) -> None:
    page = shown(new_page, stand, make)
    expect(page.locator(".verdict strong")).to_have_text(verdict)


def test_huge_numbers_are_shortened_and_told_whole_on_demand(new_page: PageMaker, stand: Stand) -> None:
    page = shown(new_page, stand, statuses.huge)
    assert figures(page, 5)["newest"] == "e-mail"
    value = page.locator("#step-1 dd").first
    expect(value).to_have_text("128.7B")
    expect(value).to_have_attribute("title", "128,734,560,912")
    page.get_by_role("button", name="切换到中文").click()
    expect(value).to_have_text("1287亿")
    assert figures(page, 3)["待审"] == "–"
    assert figures(page, 5)["最新"] == "邮件"


def test_a_newer_server_is_told(page: Page, stand: Stand) -> None:
    stand.make = lambda now: statuses.busy(now) | {"version": "0.2.0"}
    expect(page.locator(".notice")).to_contain_text("Ninefold was updated to 0.2.0")
    expect(page.get_by_role("button", name="Load the new page")).to_be_visible()
