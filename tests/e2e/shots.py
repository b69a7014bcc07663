"""Pictures of the console in every state, language, theme and width: ``python -m tests.e2e.shots FOLDER``."""

import sys
from pathlib import Path

from playwright.sync_api import Browser

from .chromium import chromium, find_chromium
from .stand import Stand
from .statuses import STATES

WIDTHS = {"wide": (1280, 800), "phone": (390, 844)}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = find_chromium()
    assert path, "no Chromium on this machine"
    stand = Stand()
    stand.start()
    with chromium(path) as browser:
        for width in WIDTHS:
            for state in (*STATES, "loading", "locked", "refused", "lost", "gone"):
                _shoot(browser, stand, folder, state, width, "en", "light")
                _shoot(browser, stand, folder, state, width, "zh", "dark")
        for theme, language in (("dark", "en"), ("light", "zh")):
            for width in WIDTHS:
                _shoot(browser, stand, folder, "busy", width, language, theme)
        WIDTHS["tablet"] = (820, 1180)
        _shoot(browser, stand, folder, "busy", "tablet", "en", "light")
        _shoot(browser, stand, folder, "empty", "tablet", "en", "light")
    stand.stop()


def _shoot(browser: Browser, stand: Stand, folder: Path, state: str, width: str, language: str, theme: str) -> None:
    across, down = WIDTHS[width]
    context = browser.new_context(
        viewport={"width": across, "height": down},
        device_scale_factor=2 if width == "phone" else 1,
        color_scheme="dark" if theme == "dark" else "light",
        locale="zh-CN" if language == "zh" else "en-GB",
        timezone_id="Asia/Shanghai",
        reduced_motion="no-preference" if state == "busy" else "reduce",
    )
    page = context.new_page()
    stand.make = STATES.get(state, STATES["busy"])
    stand.failure = None
    stand.delay = 0.0
    if state == "loading":
        stand.delay = 1.5
    if state == "gone":
        stand.failure = (
            503,
            {"message": "the events store does not answer", "hint": "see `ninefold serve` and its log"},
        )
    page.goto(stand.url if state == "locked" else stand.open_url)
    if state == "refused":
        page.goto(stand.url + "/#token=nft_wrong")
    if state == "lost":
        page.locator(".figure").first.wait_for()
        stand.failure = (503, {"message": "the records store does not answer", "hint": ""})
        page.locator(".trouble").wait_for()
    page.wait_for_timeout(600)
    page.screenshot(path=folder / f"{state}-{width}-{language}-{theme}.png", full_page=True)
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
