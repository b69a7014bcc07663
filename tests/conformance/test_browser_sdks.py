"""Real SDKs in a real Chromium, on a page of another origin: nothing is lost, nothing counts twice."""

import json
from collections.abc import Callable, Iterator, Sequence

import pytest
from playwright.sync_api import Browser
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from tests.conformance.sdks import MODULES, need_sdks
from tests.e2e.chromium import chromium, need_chromium
from tests.support.collecting import quarantined, serving, stored
from tests.support.faults import REFUSED, Answer, Faulty

from ninefold.collect import Collector, Event, routes
from ninefold.store import Records

EVENTS = 12
PAGES = {
    "posthog": """
        <script src="/sdk/posthog-js/dist/array.full.no-external.js"></script>
        <script>
          posthog.init(KEY, {api_host: API, opt_out_useragent_filter: true, autocapture: false, capture_pageview: false,
            disable_session_recording: true, capture_pageleave: false, disable_surveys: true,
            advanced_disable_flags: true, request_queue_config: {flush_interval_ms: 250}});
          posthog.identify('u1', {city: '上海'});
          for (let n = 0; n < EVENTS; n++) posthog.capture('Seen', {n, emoji: '🎉'});
        </script>""",
    "sensors": """
        <script src="/sdk/sa-sdk-javascript/sensorsdata.min.js"></script>
        <script>
          const sensors = window['sensorsDataAnalytic201505'];
          sensors.init({server_url: API + '/sa?project=default&token=' + KEY, send_type: 'beacon', show_log: false,
            heatmap: {clickmap: 'not_collect', scroll_notice_map: 'not_collect'}, is_track_single_page: false});
          sensors.login('u1');
          for (let n = 0; n < EVENTS; n++) sensors.track('Seen', {n, emoji: '🎉'});
        </script>""",
    "snowplow": """
        <script src="/sdk/@snowplow/browser-tracker/dist/index.umd.min.js"></script>
        <script>
          const { newTracker, setUserId, trackSelfDescribingEvent } = window.snowplowBrowserTracking;
          newTracker('sp', API, {appId: KEY, bufferSize: 5});
          setUserId('u1');
          for (let n = 0; n < EVENTS; n++) {
            trackSelfDescribingEvent({event: {schema: 'iglu:com.acme/Seen/jsonschema/1-0-0', data: {n, emoji: '🎉'}}});
          }
        </script>""",
}
Visit = Callable[..., tuple[list[Event], int]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need_sdks()
    with chromium(need_chromium()) as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser, collector: Collector, records: Records, write_key: str) -> Visit:
    """Opens a page that sends numbered events, and waits until all are stored; and how many requests took them."""

    def visit(sdk: str, *, first: Sequence[Answer] = (), patience_ms: int = 20_000) -> tuple[list[Event], int]:
        writes = Faulty(Starlette(routes=routes(collector)), first=first)

        def page_of(request: object) -> HTMLResponse:
            port = request.url.port  # type: ignore[attr-defined]
            said = {"KEY": write_key, "API": f"http://localhost:{port}", "EVENTS": EVENTS}
            constants = "".join(f"const {name} = {json.dumps(value)};" for name, value in said.items())
            head = f'<meta charset="utf-8"><link rel="icon" href="data:,"><script>{constants}</script>'
            return HTMLResponse(f"<!doctype html><html><head>{head}</head><body>{PAGES[sdk]}</body></html>")

        app = Starlette(
            routes=[Route("/page", page_of), Mount("/sdk", StaticFiles(directory=MODULES)), Mount("/", writes)]
        )
        kept: list[Event] = []
        with serving(app) as url:
            context = browser.new_context(locale="zh-CN")
            page = context.new_page()
            page.goto(f"{url}/page")
            for _ in range(patience_ms // 250):
                page.wait_for_timeout(250)
                kept += stored(records)
                if len(numbers(kept)) >= EVENTS:
                    break
            page.wait_for_timeout(500)  # would anything come twice?
            context.close()
        return kept + stored(records), writes.requests

    return visit


def numbers(events: Sequence[Event]) -> list[int]:
    return sorted(int(event.nums["n"]) for event in events if event.name == "Seen")


@pytest.mark.parametrize("sdk", PAGES)
def test_all_is_well(visit: Visit, records: Records, sdk: str) -> None:
    events, _ = visit(sdk)
    assert numbers(events) == list(range(EVENTS))
    assert quarantined(records) == []
    seen = [event for event in events if event.name == "Seen"]
    assert {event.props["emoji"] for event in seen} == {"🎉"}
    assert all(("user_id", "u1") in event.identifiers for event in seen)


@pytest.mark.parametrize("sdk", ["posthog"])
def test_a_fault_that_passes_loses_and_doubles_nothing(visit: Visit, sdk: str) -> None:
    """A first answer without CORS headers and with 500 is a network error to a browser."""
    events, requests = visit(sdk, first=[(500, REFUSED, {})])
    assert numbers(events) == list(range(EVENTS))
    assert requests > 1
