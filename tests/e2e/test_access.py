"""How one gets in, and what happens when the server does not answer."""

import pytest
from playwright.sync_api import Page, expect

from .conftest import PageMaker
from .stand import PASSWORD, TOKEN, USER, Stand

pytestmark = pytest.mark.e2e

FIRST = "#step-1 dd >> nth=0"
REFUSED = "Failed to load resource: the server responded with a status of 401"


def test_a_token_in_the_address_is_taken_hidden_and_kept_by_no_script(new_page: PageMaker, stand: Stand) -> None:
    page = new_page()
    page.goto(stand.open_url)
    expect(page.locator(FIRST)).to_have_text("1,469,307")
    assert page.url == stand.url + "/"
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert TOKEN not in kept
    page.reload()
    expect(page.locator(FIRST)).to_have_text("1,469,307")


def test_who_is_not_signed_in_is_asked_and_lands_on_the_page_they_wanted(
    new_page: PageMaker, stand: Stand, expected_errors: list[str]
) -> None:
    expected_errors.append(REFUSED)
    before = stand.asked
    page = new_page()
    page.goto(stand.url)
    expect(page.get_by_label("User")).to_be_focused()
    page.keyboard.type(USER)
    page.get_by_label("Password").fill("wrong horse")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="User, password or code is wrong.")).to_be_visible()
    assert stand.asked == before
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(FIRST)).to_have_text("1,469,307")


def test_a_wrong_token_is_said_to_be_wrong(new_page: PageMaker, stand: Stand, expected_errors: list[str]) -> None:
    expected_errors.append(REFUSED)
    page = new_page()
    page.goto(stand.url + "/#token=nft_wrong")
    expect(page.get_by_role("alert").filter(has_text="the link is not valid")).to_be_visible()
    page.get_by_role("button", name="Use an API token").click()
    page.get_by_label("API token").fill(stand.open_url)  # the whole address will do
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(FIRST)).to_have_text("1,469,307")


def test_signing_out_forgets_the_numbers(page: Page) -> None:
    page.get_by_role("button", name="Account").click()
    page.get_by_text("Sign out").click()
    expect(page.get_by_label("User")).to_be_visible()
    assert page.locator(".figure").count() == 0
    page.reload()
    expect(page.get_by_label("User")).to_be_visible()


def test_a_skeleton_stands_until_the_first_numbers(new_page: PageMaker, stand: Stand) -> None:
    stand.delay = 1.2
    page = new_page()
    page.goto(stand.open_url)
    expect(page.get_by_role("status", name="Loading…")).to_be_visible()
    expect(page.locator(".step")).to_have_count(9)


def test_it_finds_back_by_itself_when_the_server_went_away(
    page: Page, stand: Stand, expected_errors: list[str]
) -> None:
    expected_errors.append("Failed to load resource: net::ERR_CONNECTION_REFUSED")
    stand.stop()
    expect(page.locator(".trouble")).to_contain_text("The server cannot be reached.")
    expect(page.locator(".trouble")).to_contain_text("The numbers below are from")
    expect(page.locator(".live")).to_contain_text("Not live")
    expect(page.locator(FIRST)).to_have_text("1,469,307")
    stand.start()
    expect(page.locator(".trouble")).to_be_hidden()
    expect(page.locator(".live")).to_contain_text("Live")


def test_a_failing_server_is_quoted_and_can_be_asked_again(
    new_page: PageMaker, stand: Stand, expected_errors: list[str]
) -> None:
    expected_errors.append("Failed to load resource: the server responded with a status of 503")
    stand.failure = (503, {"message": "the events store does not answer", "hint": "see the log"})
    page = new_page()
    page.goto(stand.open_url)
    expect(page.get_by_role("alert")).to_contain_text("The events store does not answer.")
    expect(page.get_by_role("alert")).to_contain_text("See the log.")
    stand.failure = None
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(FIRST)).to_have_text("1,469,307")
