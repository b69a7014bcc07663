"""One Chromium and one stand per package; a fresh window per test that must stay free of errors and strangers."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from .chromium import chromium, need_chromium, need_console
from .stand import Stand
from .statuses import busy

_PATIENCE_MS = 15_000  # a busy machine is slow, not wrong
expect.set_options(timeout=_PATIENCE_MS)

PageMaker = Callable[..., Page]
OpenContext = Callable[..., BrowserContext]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    need_console()
    with chromium(need_chromium()) as browser:
        yield browser


@pytest.fixture(scope="package")
def running_stand() -> Iterator[Stand]:
    stand = Stand()
    stand.start()
    yield stand
    stand.stop()


@pytest.fixture
def stand(running_stand: Stand) -> Iterator[Stand]:
    """The server, in its plain state: a brand in full work."""
    running_stand.make = busy
    running_stand.failure = None
    running_stand.delay = 0.0
    yield running_stand
    running_stand.start_again()


@pytest.fixture
def expected_errors() -> list[str]:
    """Beginnings of console errors that a test brings about on purpose."""
    return []


@pytest.fixture
def open_context(browser: Browser, expected_errors: list[str]) -> Iterator[OpenContext]:
    """Opens windows of a browser that starts anew; at the end none may have logged an error or asked another host."""
    troubles: list[str] = []
    contexts: list[BrowserContext] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(tuple(expected_errors)):
            troubles.append(message.text)

    def make(
        host: str,
        *,
        width: int = 1280,
        height: int = 800,
        locale: str = "en-GB",
        theme: Literal["light", "dark"] = "light",
        **options: Any,
    ) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            color_scheme=theme,
            timezone_id="Asia/Shanghai",
            **{"reduced_motion": "reduce", **options},
        )
        contexts.append(context)
        context.set_default_timeout(_PATIENCE_MS)
        context.on("console", heard)
        context.on("weberror", lambda error: troubles.append(str(error.error)))
        context.on("request", lambda asked: _only(host, asked, troubles))
        return context

    yield make
    for context in contexts:
        context.close()
    assert not troubles


def _only(host: str, asked: Request, troubles: list[str]) -> None:
    if not asked.url.startswith((host, "data:")):
        troubles.append(f"asked {asked.url}")


@pytest.fixture
def new_page(open_context: OpenContext, stand: Stand) -> PageMaker:
    """Opens windows on the stand."""
    return lambda **options: open_context(stand.url, **options).new_page()


@pytest.fixture
def page(new_page: PageMaker, stand: Stand) -> Page:
    """The cockpit at 1280 px in English, with its numbers."""
    page = new_page()
    page.goto(stand.open_url)
    page.locator("#step-1 .figure").first.wait_for()
    return page
