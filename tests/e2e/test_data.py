"""The data pages on a real server: a bad event is found in quarantine, mended, replayed, and has its receipt."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.server import Server

from .conftest import OpenContext
from .test_layout import look_over

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("data_pages") / "data"
    running = Server(folder)
    running.start()
    yield running
    running.stop()


def test_a_bad_event_is_mended_replayed_and_found_again(open_context: OpenContext, server: Server) -> None:
    made = server.call("POST", "/v1/keys", json={"kind": "write", "name": "till", "channel": "store", "scope": None})
    page: Page = open_context(server.address).new_page()
    page.goto(f"{server.address}/#token={server.token}")
    expect(page.locator("h1")).to_have_text("My brand")

    page.goto(f"{server.address}/data/sources?wire=REST")
    expect(page.locator(".code-view pre")).to_contain_text(f"{server.address}/v1/events -u {made['secret']}:")
    look_over(page, ("sources",))

    bad = {"event": "Order Completed", "message_id": "o-1", "properties": {"buyer": "u1"}}
    sent = httpx.post(f"{server.address}/v1/events", json=bad, auth=(made["secret"], ""))
    assert sent.json()["quarantined"] == 1, sent.text

    page.goto(f"{server.address}/data/quarantine?source=till")
    expect(page.get_by_role("row").filter(has_text="no_identifier")).to_be_visible()
    look_over(page, ("quarantine",))
    page.get_by_role("link", name="Open entry").click()
    expect(page.locator(".code-view pre")).to_contain_text('"buyer": "u1"')
    page.get_by_role("button", name="Add a step").click()
    page.get_by_role("textbox", name="Place of step 1").fill("identifiers")
    page.get_by_role("textbox", name="Value of step 1").fill('{"user_id": "u1"}')
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("It would become the event “Order Completed”.")).to_be_visible()
    page.locator("h1").hover()
    look_over(page, ("entry",))
    page.get_by_role("button", name="Replay", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Replay", exact=True).click()
    expect(page.get_by_role("heading", name="Mend")).to_have_count(0)

    page.get_by_role("link", name="o-1").click()
    expect(page).to_have_url(re.compile(r"/data/receipts\?source=till&message=o-1"))
    expect(page.get_by_text("It was kept")).to_be_visible()
    look_over(page, ("receipts",))
