"""The console as it is served: what is sent, under which rules, and that its parts fit together."""

import asyncio
import re
from importlib.resources import files

import httpx
import pytest
from starlette.applications import Starlette
from typer.core import TyperGroup
from typer.main import get_command

from ninefold.cli.main import app
from ninefold.console import status_routes

STATIC = files("ninefold.console").joinpath("static")


class Client:
    """Asks the console's routes without a network."""

    def __init__(self) -> None:
        self._transport = httpx.ASGITransport(Starlette(routes=status_routes()))

    def ask(self, method: str, address: str, headers: dict[str, str] | None = None) -> httpx.Response:
        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://console") as client:
                return await client.request(method, address, headers=headers)

        return asyncio.run(asked())

    def get(self, address: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.ask("GET", address, headers)


@pytest.fixture
def client() -> Client:
    return Client()


def sources(*endings: str) -> dict[str, str]:
    """The console's text files by their path below ``static``."""
    found: dict[str, str] = {}
    folders = [(STATIC, "")]
    while folders:
        folder, prefix = folders.pop()
        for entry in folder.iterdir():
            if entry.is_dir():
                folders.append((entry, f"{prefix}{entry.name}/"))
            elif entry.name.endswith(endings or (".html", ".css", ".js", ".svg")):
                found[prefix + entry.name] = entry.read_text(encoding="utf-8")
    return found


def texts(language: str) -> dict[str, str]:
    found = dict(re.findall(r'"([\w.]+)": "((?:[^"\\]|\\.)*)"', sources()[f"js/texts/{language}.js"]))
    assert len(found) > 80
    return found


def referenced(client: Client) -> list[str]:
    return re.findall(r'(?:src|href)="([^"]+)"', client.get("/status").text)


def test_the_page_is_checked_every_time_and_guarded(client: Client) -> None:
    answer = client.get("/status")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_an_unchanged_page_is_not_sent_again(client: Client) -> None:
    etag = client.get("/status").headers["etag"]
    again = client.get("/status", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/status", headers={"If-None-Match": '"older"'}).status_code == 200


def test_assets_are_cached_for_ever_under_the_hash_of_all_of_them(client: Client) -> None:
    addresses = referenced(client)
    assert all(re.match(r"/status/assets/[0-9a-f]{16}/", address) for address in addresses)
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert {client.get(address).headers["content-type"] for address in addresses if address.endswith(".js")} == {
        "text/javascript; charset=utf-8"
    }


def test_every_module_is_announced_and_every_import_is_served(client: Client) -> None:
    addresses = referenced(client)
    root = addresses[0].split("/")[3]
    announced = {address.removeprefix(f"/status/assets/{root}/") for address in addresses if address.endswith(".js")}
    modules = sources(".js")
    assert announced == set(modules)
    for name, text in modules.items():
        folder = name.rpartition("/")[0].split("/")
        for target in re.findall(r'^import .*?"(\.[^"]+)";$', text, re.MULTILINE):
            parts = list(folder)
            for part in target.split("/"):
                if part == "..":
                    parts.pop()
                elif part != ".":
                    parts.append(part)
            assert "/".join(parts) in modules, f"{name} imports {target}"


@pytest.mark.parametrize(
    "address",
    [
        "/status/assets/0000000000000000/js/main.js",
        "/status/assets/{mark}/js/none.js",
        "/status/assets/{mark}/index.html",
        "/status/assets/{mark}/%2e%2e%2f%2e%2e%2f__init__.py",
    ],
)
def test_nothing_else_is_served(client: Client, address: str) -> None:
    mark = referenced(client)[0].split("/")[3]
    answer = client.get(address.replace("{mark}", mark))
    assert answer.status_code == 404
    assert answer.headers.get("cache-control", "no-store") == "no-store"


def test_texts_are_packed_for_those_who_can_unpack(client: Client) -> None:
    plain = client.get("/status", headers={"Accept-Encoding": "identity"})
    packed = client.get("/status", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"


def test_head_and_other_methods(client: Client) -> None:
    assert client.ask("HEAD", "/status").status_code == 200
    assert client.ask("POST", "/status").status_code == 405


def test_nothing_inline_and_nobody_elses_host() -> None:
    page = sources(".html")["index.html"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    for name, text in sources().items():
        hosts = set(re.findall(r"https?://[^\s\"'`)]+", text))
        assert hosts <= {"http://www.w3.org/2000/svg"}, name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text), name


def test_both_languages_say_the_same_things() -> None:
    english, chinese = texts("en"), texts("zh")
    assert english.keys() == chinese.keys()
    for key, words in english.items():
        if not key.endswith("_one"):
            assert set(re.findall(r"{\w+}", words)) == set(re.findall(r"{\w+}", chinese[key])), key
        assert words.count("`") == chinese[key].count("`"), key


def test_every_word_is_used_and_every_used_word_exists() -> None:
    english = texts("en")
    code = "\n".join(text for name, text in sources(".js").items() if not name.startswith("js/texts/e"))
    code = re.sub(r"/\*.*?\*/", "", code, flags=re.DOTALL)
    said = set(re.findall(r'\btn?\(\s*"([\w.]+)"', code)) | set(re.findall(r'[?:]\s*"([a-z]+\.\w+)"', code))
    families = set(re.findall(r"`([a-z]+)\.\$\{", code))
    for key in said:
        assert key in english or f"{key}_other" in english, f"no words for {key}"
    for key in english:
        plain = re.sub(r"_(one|other)$", "", key)
        assert plain in said or plain.split(".")[0] in families, f"nobody says {key}"


def test_files_stay_small_enough_to_read() -> None:
    folders: dict[str, int] = {}
    for name, text in sources().items():
        assert text.count("\n") <= 500, name
        assert max(map(len, text.splitlines())) <= 400, name
        folder = name.rpartition("/")[0]
        folders[folder] = folders.get(folder, 0) + 1
    assert max(folders.values()) <= 12


def test_every_command_the_console_teaches_exists() -> None:
    code = "\n".join(text for name, text in sources(".js").items())
    taught = set(re.findall(r"[`\"](ninefold [a-z][^`\"]*)[`\"]", code))
    assert {"ninefold serve", "ninefold demo"} <= taught
    for line in taught:
        command, words = get_command(app), line.split()[1:]
        while isinstance(command, TyperGroup) and words:
            found = command.commands.get(words[0])
            assert found is not None, f"{line}: there is no {words[0]}"
            command, words = found, words[1:]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, line
