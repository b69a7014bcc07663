"""How one gets in, and what happens when the server does not answer."""

import pytest
from playwright.sync_api import Page, expect

from .conftest import PageMaker
from .stand import TOKEN, Stand

pytestmark = pytest.mark.e2e


def test_a_token_in_the_address_is_taken_and_hidden(new_page: PageMaker, stand: Stand) -> None:
    page = new_page()
    page.goto(stand.open_url)
    expect(page.locator("#step-1 dd").first).to_have_text("1,469,307")
    assert page.url == stand.url
    assert page.evaluate("sessionStorage.getItem('ninefold.token')") == TOKEN
    page.reload()
    expect(page.locator("#step-1 dd").first).to_have_text("1,469,307")


def test_without_a_token_nothing_is_asked_but_the_token(new_page: PageMaker, stand: Stand) -> None:
    before = stand.asked
    page = new_page()
    page.goto(stand.url)
    box = page.get_by_label("API token")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("type", "password")
    expect(page.locator("#loop")).to_be_hidden()
    expect(page.locator(".access")).to_contain_text("ninefold init")
    assert stand.asked == before
    page.keyboard.type(f"  {TOKEN} ")
    page.keyboard.press("Enter")
    expect(page.locator("#step-1 dd").first).to_have_text("1,469,307")
    expect(page.locator(".access")).to_be_hidden()


def test_a_wrong_token_is_said_to_be_wrong(new_page: PageMaker, stand: Stand, expected_errors: list[str]) -> None:
    expected_errors.append("Failed to load resource: the server responded with a status of 401")
    page = new_page()
    page.goto(stand.url + "#token=nft_wrong")
    expect(page.get_by_role("alert").filter(has_text="This token was not accepted")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('ninefold.token')") is None
    page.get_by_label("API token").fill("令牌")  # cannot even be sent in a header
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="This token was not accepted")).to_be_visible()
    page.get_by_label("API token").fill(stand.open_url)  # the whole address will do
    page.get_by_role("button", name="Open the console").click()
    expect(page.locator("#step-1 dd").first).to_have_text("1,469,307")


def test_the_token_can_be_looked_at(new_page: PageMaker, stand: Stand) -> None:
    page = new_page()
    page.goto(stand.url)
    page.get_by_role("button", name="Show the token").click()
    expect(page.get_by_label("API token")).to_have_attribute("type", "text")
    expect(page.get_by_role("button", name="Hide the token")).to_have_attribute("aria-pressed", "true")


def test_leaving_forgets_the_token_and_the_numbers(page: Page) -> None:
    page.get_by_role("button", name="Forget the token of this tab").click()
    expect(page.get_by_label("API token")).to_be_visible()
    expect(page.get_by_label("API token")).to_have_value("")
    expect(page.locator("#loop")).to_be_hidden()
    assert page.locator(".figure").count() == 0
    page.reload()
    expect(page.get_by_label("API token")).to_be_visible()


def test_a_skeleton_stands_until_the_first_numbers(new_page: PageMaker, stand: Stand) -> None:
    stand.delay = 1.2
    page = new_page()
    page.goto(stand.open_url)
    expect(page.locator("main")).to_have_attribute("aria-busy", "true")
    expect(page.locator(".step[data-waiting]")).to_have_count(9)
    expect(page.locator("main")).to_have_attribute("aria-busy", "false")
    expect(page.locator("[data-waiting]")).to_have_count(0)


def test_it_finds_back_by_itself_when_the_server_went_away(
    page: Page, stand: Stand, expected_errors: list[str]
) -> None:
    expected_errors.append("Failed to load resource: net::ERR_CONNECTION_REFUSED")
    stand.stop()
    expect(page.locator(".trouble")).to_contain_text("The connection to the server is lost.")
    expect(page.locator(".trouble")).to_contain_text("The numbers below are from")
    expect(page.locator(".live")).to_contain_text("Not live")
    expect(page.locator("#step-1 dd").first).to_have_text("1,469,307")
    stand.start()
    expect(page.locator(".trouble")).to_be_hidden()
    expect(page.locator(".live")).to_contain_text("Live")
    expect(page.get_by_role("status").filter(has_text="The connection is back.")).to_have_count(1)


def test_a_failing_server_is_quoted_and_can_be_asked_again(
    new_page: PageMaker, stand: Stand, expected_errors: list[str]
) -> None:
    expected_errors.append("Failed to load resource: the server responded with a status of 503")
    stand.failure = (503, {"message": "the events store does not answer", "hint": "see `ninefold serve`"})
    page = new_page()
    page.goto(stand.open_url)
    alert = page.locator(".trouble").get_by_role("alert")
    expect(alert).to_have_text(
        "The server could not answer (503). The events store does not answer. See ninefold serve."
    )
    expect(page.locator("#loop")).to_be_hidden()
    stand.failure = None
    page.get_by_role("button", name="Try now").click()
    expect(page.locator("#step-1 dd").first).to_have_text("1,469,307")


def test_an_answer_of_another_form_is_not_drawn(new_page: PageMaker, stand: Stand) -> None:
    stand.make = lambda _now: {"as_of": "2026-06-01T08:00:00Z", "steps": []}
    page = new_page()
    page.goto(stand.open_url)
    expect(page.locator(".trouble")).to_contain_text("in a form this page does not understand")
