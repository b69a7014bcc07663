"""The console as it is served: which addresses lead to the page, what is kept for how long, under which rules."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from ninefold.console import DOMAINS, routes

PAGE = '<script src="/assets/index-1a2b.js" nonce="NINEFOLD_NONCE"></script><meta nonce="NINEFOLD_NONCE">'
Get = Callable[..., httpx.Response]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "icon.svg").write_text("<svg/>")
    for ending, body in (("", "plain"), (".br", "brotli"), (".gz", "gzip")):
        (assets / f"index-1a2b.js{ending}").write_text(body)
    return tmp_path


@pytest.fixture
def get(built: Path) -> Get:
    return getter(built)


def getter(folder: Path) -> Get:
    """Asks the console's routes without a network."""
    transport = httpx.ASGITransport(Starlette(routes=routes(folder)))

    async def asked(method: str, address: str, headers: dict[str, str]) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
            return await client.request(method, address, headers=headers)

    def get(address: str, *, method: str = "GET", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(asked(method, address, {"accept-encoding": "identity"} | named))

    return get


def test_every_page_of_the_console_is_the_one_page(get: Get) -> None:
    for address in ("/", *(f"/{domain}" for domain in DOMAINS), "/people/p_1/links", "/settings/audit"):
        answer = get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), address
        assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("address", ["/v1/people", "/track", "/i", "/health/live", "/peoples", "/docs"])
def test_nobody_elses_address_is_taken(get: Get, address: str) -> None:
    assert get(address).status_code == 404


def test_the_policy_lets_nothing_inline_run_and_every_answer_has_a_word_of_its_own(get: Get) -> None:
    words = set()
    for _ in range(2):
        answer = get("/")
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["connect-src"] == "'self'"
        found = re.fullmatch(r"'self' 'nonce-([\w-]{16,})'", policy["style-src"])
        assert found
        assert answer.text.count(f'nonce="{found[1]}"') == 2
        assert answer.headers["x-content-type-options"] == "nosniff"
        words.add(found[1])
    assert len(words) == 2


def test_an_unchanged_page_is_not_sent_again_and_keeps_the_policy_it_came_with(get: Get, built: Path) -> None:
    etag = get("/").headers["etag"]
    again = get("/people", if_none_match=etag)
    assert (again.status_code, again.content) == (304, b"")
    assert "content-security-policy" not in again.headers  # its word would not be the kept page's
    (built / "index.html").write_text(PAGE + "newer")
    assert getter(built)("/", if_none_match=etag).status_code == 200


def test_assets_are_kept_for_ever_and_come_packed_to_those_who_can_unpack(get: Get) -> None:
    address = "/assets/index-1a2b.js"
    for accepted, coding, body in (
        ("gzip, deflate, br", "br", b"brotli"),
        ("identity", None, b"plain"),
    ):
        answer = get(address, accept_encoding=accepted, method="HEAD" if coding else "GET")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers.get("content-encoding") == coding
        assert int(answer.headers["content-length"]) == len(body)
        assert answer.headers["vary"] == "Accept-Encoding"
    assert "immutable" not in get("/icon.svg").headers["cache-control"]


@pytest.mark.parametrize(
    "address",
    ["/assets/index-0000.js", "/assets/index-1a2b.js.br", "/assets/../index.html", "/assets/%2e%2e%2froutes.py"],
)
def test_nothing_else_is_served(get: Get, address: str) -> None:
    answer = get(address)
    if address.endswith("index.html"):  # the client has resolved the dots: an address that is nobody's
        assert answer.status_code == 404
        return
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")


def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    answer = getter(tmp_path / "none")("/people")
    assert answer.status_code == 200
    assert "make console" in answer.text
    assert 'href="/docs"' in answer.text


def test_the_server_knows_every_domain_of_the_console() -> None:
    source = Path(__file__).parents[2] / "web" / "src"
    paths = {
        path
        for file in source.glob("*/index.ts*")
        for path in re.findall(r'^(?:export const \w+: Domain = \{ |  )path: "(\w+)"', file.read_text(), re.MULTILINE)
    }
    assert paths == set(DOMAINS)
