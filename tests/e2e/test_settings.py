"""Settings on a real server: an operator comes in by the printed link, lets a colleague in, and looks after keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.server import Server

from .conftest import OpenContext
from .test_layout import look_over

pytestmark = pytest.mark.e2e

PASSWORD = "brook lantern sixty plum"
PAGES = {
    "/": "My brand",
    "/people": "People",
    "/campaigns": "Campaigns",
    "/settings/users": "Users",
    "/settings/org": "Organisation",
    "/settings/keys": "Keys",
    "/settings/audit": "Audit log",
    "/settings/nothing": "There is no such page.",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("console") / "data"
    running = Server(folder)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def operator(open_context: OpenContext, server: Server) -> Page:
    """Signed in by the link that the server prints."""
    page = open_context(server.address).new_page()
    page.goto(f"{server.address}/#token={server.token}")
    expect(page.locator("h1")).to_have_text("My brand")
    return page


def test_a_colleague_is_invited_chooses_a_password_and_comes_in(
    operator: Page, open_context: OpenContext, server: Server
) -> None:
    operator.goto(f"{server.address}/settings/users")
    operator.get_by_role("button", name="Invite somebody").first.click()
    operator.get_by_role("textbox", name="User").fill("li.lei@example.com")
    operator.get_by_role("textbox", name="Name").fill("Li Lei")
    operator.get_by_label("Roles").click()
    operator.keyboard.type("operator")
    operator.keyboard.press("Enter")
    operator.keyboard.press("Escape")
    operator.get_by_role("button", name="Make the invitation").click()
    address = operator.locator(".code-view pre").inner_text()
    colleague: BrowserContext = open_context(server.address)
    page = colleague.new_page()
    page.goto(address)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Choose a password").click()
    expect(page.get_by_role("textbox", name="User")).to_have_value("li.lei@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("My brand")
    page.reload()
    expect(page.locator("h1")).to_have_text("My brand")


def test_a_key_is_shown_once_and_ends_after_saying_what_that_does(operator: Page, server: Server) -> None:
    operator.goto(f"{server.address}/settings/keys")
    operator.get_by_role("button", name="New key").first.click()
    operator.get_by_role("textbox", name="Name").fill("shop")
    operator.get_by_role("button", name="Make the key").click()
    expect(operator.get_by_text("it is shown only this once")).to_be_visible()
    operator.get_by_role("button", name="I have copied it").click()
    row = operator.get_by_role("row").filter(has_text="shop")
    row.get_by_role("button", name="End").click()
    dialog = operator.get_by_role("dialog")
    expect(dialog).to_contain_text("whatever this source sends is refused")
    dialog.get_by_role("button", name="End", exact=True).click()
    expect(row).to_contain_text("ended")


def test_every_page_has_its_heading_and_lets_everybody_in(operator: Page, server: Server) -> None:
    for path, heading in PAGES.items():
        operator.goto(server.address + path)
        expect(operator.locator("h1")).to_have_text(heading)
        expect(operator.locator(".ant-skeleton")).to_have_count(0)
        look_over(operator, (path,))
