"""Finds and starts the machine's Chromium."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """The path of a Chromium, or None."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def need_chromium() -> str:
    """The path of a Chromium; without one the test is skipped, or fails where ``CI`` is set."""
    return find_chromium() or _without("no Chromium on this machine (Debian: apt-get install chromium)")


def need_console() -> None:
    """Without a built console the test is skipped, or fails where ``CI`` is set."""
    if not files("ninefold.console").joinpath("built", "index.html").is_file():
        _without("the console is not built (make console; needs npm)")


def _without(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """A headless browser that talks to nobody but the pages it is given."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        yield browser
        browser.close()
