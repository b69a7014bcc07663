"""The people pages on a real server: who somebody is and why, merging with a look first, and the desk by keyboard."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.server import Server

from .conftest import OpenContext
from .test_layout import expect_none, look_over

pytestmark = pytest.mark.e2e

PHONE = "13917406283"
SENT: list[dict[str, Any]] = [
    {"type": "identify", "userId": "lin", "anonymousId": "web-lin", "traits": {"name": "Lin Ting", "phone": PHONE}},
    {"type": "track", "userId": "lin", "event": "Product Viewed", "properties": {"product_id": "scale"}},
    {"type": "identify", "anonymousId": "web-other", "traits": {"name": "T. Lin", "email": "lin@example.com"}},
    {"type": "identify", "userId": "ada", "traits": {"name": "Ada", "email": "home@example.com"}},
    {"type": "identify", "userId": "bob", "traits": {"name": "Bob", "email": "home@example.com"}},
]
WIDER_THAN_THE_WINDOW = """() => document.documentElement.scrollWidth > document.documentElement.clientWidth
  ? [`the page is ${document.documentElement.scrollWidth} px wide`] : []"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows Lin, somebody who may be Lin, and two people with one address of a household."""
    running = Server(tmp_path_factory.mktemp("people") / "data")
    running.start()
    key = running.call("POST", "/v1/keys", json={"kind": "write", "name": "web", "channel": "web"})["secret"]
    batch = [{"messageId": f"sent-{at}", **one} for at, one in enumerate(SENT)]
    for one in batch:  # one after the other: the address is Ada's first
        running.call("POST", "/v1/batch", json={"writeKey": key, "batch": [one]})
    deadline = time.monotonic() + 60
    while not running.call("GET", "/v1/reviews")["items"]:
        assert time.monotonic() < deadline, running.log()[-2000:]
        time.sleep(0.1)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def signed_in() -> dict[str, Any]:
    """The cookies of the one sign-in, once it was done."""
    return {}


@pytest.fixture
def operator(open_context: OpenContext, server: Server, signed_in: dict[str, Any]) -> Page:
    context: BrowserContext = open_context(server.address, **signed_in)
    page = context.new_page()
    if not signed_in:
        page.goto(f"{server.address}/people#token={server.token}")
        expect(page.locator("h1")).to_have_text("People")
        signed_in["storage_state"] = context.storage_state()
    return page


def _public_id(server: Server, text: str) -> str:
    found = server.call("GET", "/v1/people", params={"q": text})
    return str((found["people"] if isinstance(found, dict) else found)[0]["public_id"])


def _settled(page: Page) -> None:
    expect(page.locator(".ant-skeleton")).to_have_count(0)


def test_a_customer_is_found_by_phone_with_the_reasons_for_being_one(operator: Page, server: Server) -> None:
    operator.goto(f"{server.address}/people")
    _settled(operator)
    look_over(operator, ("list",))
    search = operator.get_by_role("search").get_by_label("Search people")
    search.fill("139 1740 6283")
    search.press("Enter")
    operator.get_by_role("link", name="Lin Ting").click()
    expect(operator.locator("h1")).to_have_text("Lin Ting")
    _settled(operator)
    look_over(operator, ("person",))
    operator.get_by_role("tab", name="Identities").click()
    identifiers = operator.get_by_role("table", name="Identifiers").first
    for value in ("lin", "web-lin", f"+86{PHONE}"):
        expect(identifiers.get_by_text(value, exact=True)).to_be_visible()
    operator.get_by_text("Table", exact=True).click()
    why = operator.get_by_role("table", name="Why they are one person").first
    why.get_by_role("button").first.click()
    expect(why.get_by_role("region", name="Evidence")).to_contain_text("sent-0")
    look_over(operator, ("identities",))


def test_two_people_are_merged_after_a_look_and_come_apart_again(operator: Page, server: Server) -> None:
    other = _public_id(server, "lin@example.com")
    operator.goto(f"{server.address}/people/{_public_id(server, PHONE)}")
    operator.get_by_role("button", name="Merge with…").click()
    drawer = operator.get_by_role("dialog")
    drawer.get_by_role("combobox").fill("lin@example.com")
    expect(operator.locator(".ant-select-item-option", has_text="T. Lin")).to_be_attached()
    operator.keyboard.press("ArrowDown")
    operator.keyboard.press("Enter")
    expect(drawer.get_by_role("heading", name="What differs afterwards")).to_be_visible()
    expect(drawer).to_contain_text(other)
    look_over(operator, ("merge",))
    drawer.get_by_label("Why? It is kept with the decision").fill("called us")
    drawer.get_by_role("button", name="Merge", exact=True).click()
    operator.get_by_role("dialog").last.get_by_role("button", name="Merge", exact=True).click()
    expect(operator.get_by_text("The two are one person now")).to_be_visible()
    assert _public_id(server, "lin@example.com") == _public_id(server, PHONE)
    operator.get_by_role("button", name="Undo").click()
    expect(operator.get_by_text("Taken back")).to_be_visible()
    assert _public_id(server, "lin@example.com") != _public_id(server, PHONE)


def test_a_question_is_decided_at_the_desk_by_keyboard(operator: Page, server: Server) -> None:
    operator.goto(f"{server.address}/reviews")
    question = operator.get_by_role("region", name="Question")
    expect(question).to_contain_text("home@example.com")
    _settled(operator)
    look_over(operator, ("desk",))
    operator.keyboard.press("r")
    expect(operator.get_by_text("Nothing waits for a decision")).to_be_visible()
    operator.locator(".ant-segmented-item", has_text="Decided").click()
    expect(question).to_contain_text("home@example.com")


def test_on_a_phone_nothing_is_wider_than_the_window(operator: Page, server: Server) -> None:
    operator.set_viewport_size({"width": 390, "height": 844})
    lin = _public_id(server, PHONE)
    for path in ("people", "people/rules", "reviews", f"people/{lin}"):
        operator.goto(f"{server.address}/{path}")
        expect(operator.locator("h1")).to_be_visible()
        _settled(operator)
        expect_none(operator, WIDER_THAN_THE_WINDOW, (path,))
        if path != f"people/{lin}":  # Ant Design keeps the button for the tabs that do not fit in the list of tabs
            look_over(operator, (path,))
    for tab in ("identities", "timeline", "orders", "ties", "consents"):
        operator.goto(f"{server.address}/people/{lin}?tab={tab}")
        _settled(operator)
        expect_none(operator, WIDER_THAN_THE_WINDOW, (tab,))
