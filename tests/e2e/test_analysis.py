"""From a number to its people to a segment: an analyst on a real server, with a few people."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.support.server import Server

from .conftest import OpenContext
from .test_layout import look_over

pytestmark = pytest.mark.e2e

FUNNEL = {
    "method": "funnel",
    "over": {"last": "30d"},
    "funnel": {"steps": [{"event": "Product Viewed"}, {"event": "Order Completed"}], "window": "14d"},
}
VIEWERS = ("ann", "bea", "cai")
BUYER = "ann"
SEGMENT: dict[str, object] = {
    "kind": "segment",
    "key": "shoppers",
    "name": {"en": "Shoppers"},
    "owner": "crm",
    "condition": {"all": [{"event": "Product Viewed", "measure": "did", "within": {"last": "30d"}}]},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("analysis") / "data"
    running = Server(folder)
    running.start()
    _seed(running)
    yield running
    running.stop()


def _seed(server: Server) -> None:
    """Three look at a product, one of them orders it."""
    key = server.call("POST", "/v1/keys", json={"kind": "write", "name": "shop"})["secret"]
    day = datetime.now(UTC) - timedelta(days=3)

    def event(user: str, name: str, after: int) -> dict[str, object]:
        at = (day + timedelta(minutes=after)).isoformat()
        return {"type": "track", "event": name, "userId": user, "messageId": f"{user}-{name}", "timestamp": at}

    batch = [event(user, "Product Viewed", 0) for user in VIEWERS] + [event(BUYER, "Order Completed", 5)]
    server.call("POST", "/v1/batch", json={"writeKey": key, "batch": batch})
    deadline = time.monotonic() + 30
    while server.call("POST", "/v1/conditions/preview", json={"condition": {"everyone": True}})["size"] < len(VIEWERS):
        assert time.monotonic() < deadline, "the events were not put in place"
        time.sleep(0.1)


@pytest.fixture
def analyst(open_context: OpenContext, server: Server) -> Page:
    """Signed in by the link that the server prints."""
    page = open_context(server.address).new_page()
    page.goto(f"{server.address}/#token={server.token}")
    expect(page.locator("h1")).to_have_text("My brand")
    return page


def test_from_a_drop_off_to_its_people_to_a_segment_and_why_somebody_is_in(analyst: Page, server: Server) -> None:
    analyst.goto(f"{server.address}/analysis?a={quote(json.dumps(FUNNEL))}")
    expect(analyst.locator("canvas")).to_be_visible()
    look_over(analyst, ("funnel",))
    analyst.get_by_role("button", name="Order Completed · Left before it: 2").click()
    crowd = analyst.get_by_role("dialog")
    expect(crowd.get_by_role("link")).to_have_count(2)
    person = crowd.get_by_role("link").first.inner_text()
    look_over(analyst, ("people behind a number",))
    for field, value in (("Key", "left_before_order"), ("Name", "Left before ordering"), ("Owner", "crm")):
        crowd.get_by_label(field).fill(value)
    crowd.get_by_role("button", name="Save as segment").click()
    crowd.get_by_role("link", name="Open the segment").click()
    expect(analyst.locator("h1")).to_have_text("Left before ordering")
    expect(analyst.get_by_role("link", name=person)).to_be_visible()
    look_over(analyst, ("kept segment",))
    analyst.goto(f"{server.address}/segments/left_before_order?tab=why&person={person}")
    expect(analyst.get_by_role("status").filter(has_text=person)).to_contain_text("is in the segment")
    look_over(analyst, ("why",))


def test_a_segment_is_built_by_hand_counted_as_it_grows_and_saved(analyst: Page, server: Server) -> None:
    analyst.goto(f"{server.address}/segments/new")
    expect(analyst.get_by_text("Choose a name here.")).to_be_visible()
    look_over(analyst, ("new segment",))
    analyst.get_by_role("combobox", name="Event").click()
    analyst.keyboard.type("Product Viewed")
    analyst.keyboard.press("Enter")
    expect(analyst.get_by_text("3 people", exact=True)).to_be_visible()
    for field, value in (("Name in English", "Viewers"), ("Key", "viewers"), ("Owner", "crm")):
        analyst.get_by_label(field).fill(value)
    analyst.get_by_role("button", name="Save").click()
    expect(analyst.locator("h1")).to_have_text("Viewers")
    kept = server.call("GET", "/v1/definitions/segment/viewers")["document"]
    assert kept["condition"] == SEGMENT["condition"]
    analyst.goto(f"{server.address}/segments")
    expect(analyst.get_by_role("link", name="Viewers")).to_be_visible()
    look_over(analyst, ("segments",))


def test_who_saves_over_somebody_else_is_shown_both_and_asked(
    analyst: Page, server: Server, expected_errors: list[str]
) -> None:
    expected_errors.append("Failed to load resource: the server responded with a status of 409")
    _apply(server, SEGMENT)
    analyst.goto(f"{server.address}/segments/shoppers")
    analyst.get_by_label("Purpose").fill("mine")
    _apply(server, {**SEGMENT, "purpose": "theirs"})
    analyst.get_by_role("button", name="Save").click()
    conflict = analyst.get_by_role("dialog")
    expect(conflict).to_contain_text("Somebody saved meanwhile")
    expect(conflict).to_contain_text("theirs")
    look_over(analyst, ("conflict",))
    conflict.get_by_role("button", name="Save mine over it").click()
    expect(analyst.get_by_text("Saved as version 3")).to_be_visible()
    assert server.call("GET", "/v1/definitions/segment/shoppers")["document"]["purpose"] == "mine"
    analyst.goto(f"{server.address}/segments/shoppers?tab=versions")
    expect(analyst.get_by_role("button", name="Edit from this version")).to_have_count(3)
    look_over(analyst, ("versions",))


def _apply(server: Server, document: dict[str, object]) -> None:
    assert server.call("POST", "/v1/definitions/apply", json={"documents": [document]})["ok"]
