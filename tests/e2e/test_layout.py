"""The page fits its window, reads aloud and works by keyboard, in every state, language and theme."""

import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from .conftest import PageMaker
from .stand import Stand
from .statuses import STATES

pytestmark = pytest.mark.e2e

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
LOOK_OVER = """async () => (await axe.run(document)).violations.flatMap(({ id, help, nodes }) =>
  nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 120)} ${node.any[0]?.message ?? ""}`))"""
OVERFLOWING = """() => {
  const wide = document.documentElement.clientWidth;
  const out = [...document.querySelectorAll("main *, header *")].filter((node) => {
    const box = node.getBoundingClientRect();
    return box.width > 1 && !node.closest(".unseen, .track, svg") && (box.right > wide + 0.5 || box.left < -0.5);
  });
  if (document.documentElement.scrollWidth > wide) out.unshift(document.documentElement);
  return out.map((node) => node.outerHTML.slice(0, 80));
}"""
CUT = """() => [...document.querySelectorAll(".step *, .panel *, .pulse *, .summary-line")]
  .filter((node) => node.checkVisibility() && !node.closest(".unseen, svg, progress"))
  .filter((node) => getComputedStyle(node).display !== "inline" && node.scrollWidth > node.clientWidth + 1)
  .filter((node) => !getComputedStyle(node).clipPath.startsWith("inset"))
  .map((node) => node.outerHTML.slice(0, 90))"""


SETTLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def expect_none(page: Page, search: str, where: tuple[object, ...]) -> None:
    page.evaluate(SETTLED)  # what follows the window's size has followed it
    found = page.evaluate(search)
    assert not found, f"{where}: " + "\n".join(found)


def look_over(page: Page, where: tuple[object, ...]) -> None:
    """What axe finds that keeps people out."""
    page.evaluate(AXE.read_text())
    expect_none(page, LOOK_OVER, where)


@pytest.mark.parametrize("state", STATES)
def test_every_state_fits_and_reads(new_page: PageMaker, stand: Stand, state: str) -> None:
    stand.make = STATES[state]
    page = new_page()
    page.goto(stand.open_url)
    page.locator("#step-1 .figure").first.wait_for()
    for language in ("en", "zh"):
        for width in (390, 820, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            expect_none(page, OVERFLOWING, (language, width))
            expect_none(page, CUT, (language, width))
        theme: Literal["light", "dark"] = "light" if language == "en" else "dark"
        page.emulate_media(color_scheme=theme)
        look_over(page, (language, theme))
        page.get_by_role("button", name="切换到中文" if language == "en" else "Switch to English").click()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_doors_fit_and_read(new_page: PageMaker, stand: Stand, expected_errors: list[str], width: int) -> None:
    expected_errors.append("Failed to load resource: the server responded with a status of")
    page = new_page(width=width)
    for address, place in ((stand.url, ".access-card"), (stand.url + "/#token=wrong", ".access-alert")):
        page.goto("about:blank")
        page.goto(address)
        expect(page.locator(place)).to_be_visible()
        _look_over(page)
    stand.failure = (500, {"message": "something went wrong on our side; it is in the log"})
    page.goto("about:blank")
    page.goto(stand.open_url)
    expect(page.get_by_role("alert")).to_be_visible()
    _look_over(page)


def _look_over(page: Page) -> None:
    expect_none(page, OVERFLOWING, ())
    look_over(page, ())


def test_it_works_by_keyboard_alone(page: Page, expected_errors: list[str]) -> None:
    expected_errors.append("Failed to load resource")  # the stand has no settings
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Find a person")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile(r"/settings/"))
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.locator("#step-1")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("find a person")


def test_the_steps_are_read_in_order(page: Page) -> None:
    tree = page.locator("#loop").aria_snapshot()
    positions = [tree.index(f'heading "{number} ') for number in range(1, 10)]
    assert positions == sorted(positions)
    assert "list" in tree
    assert 'img "Events per minute over the last 30 minutes:' in tree


def test_on_a_phone_the_loop_is_one_column_and_still_closed(new_page: PageMaker, stand: Stand) -> None:
    page = new_page(width=390, height=844)
    page.goto(stand.open_url)
    page.locator("#step-9 .figure").first.wait_for()
    tops = [(page.locator(f"#step-{number}").bounding_box() or {"y": -1.0})["y"] for number in range(1, 10)]
    assert tops == sorted(tops)
    last = page.locator('.track-lines [data-leg="back"]').get_attribute("d") or ""
    assert last.count("Q") == 2  # around two corners from the end to the start


def test_data_moves_only_for_those_who_like_it(new_page: PageMaker, stand: Stand) -> None:
    lively = new_page(reduced_motion="no-preference")
    lively.goto(stand.open_url)
    expect(lively.locator(".track[data-flowing]")).to_have_count(1)
    calm = new_page()
    calm.goto(stand.open_url)
    calm.locator("#step-1 .figure").first.wait_for()
    expect(calm.locator(".track[data-flowing]")).to_have_count(0)
    stand.make = STATES["quiet"]
    expect(lively.locator(".track[data-flowing]")).to_have_count(0)
