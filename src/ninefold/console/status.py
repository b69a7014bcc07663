"""Serves the status page: one page without a framework, and its assets, read into memory once.

Assets live under a path that contains the hash of all of them, so they are cached for ever and a new release is seen at
once; the page itself is always checked. The pages get no data here: the browser asks the API, with the caller's token.
"""

import gzip
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
"""Nothing inline, nothing from another host, no frame around us, no text parsed as HTML."""

_SECURITY = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_PAGE = "index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asset:
    """A file as it is sent, plain and packed."""

    body: bytes
    packed: bytes
    media_type: str


def status_routes() -> list[BaseRoute]:
    """The page's routes: ``/status`` and ``/status/assets/<hash>/<file>``.

    Every answer carries a Content-Security-Policy without inline code and external hosts.
    """
    sources = dict(_read(files("ninefold.console").joinpath("static")))
    mark = _hash(sources)
    page = _asset(_PAGE, _render(sources.pop(_PAGE).decode(), f"/status/assets/{mark}", sorted(sources)).encode())
    assets = {name: _asset(name, body) for name, body in sources.items()}
    etag = f'"{hashlib.blake2b(page.body, digest_size=12).hexdigest()}"'

    async def index(request: Request) -> Response:
        headers = {"Cache-Control": "no-cache", "ETag": etag}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=_SECURITY | headers)
        return _answer(page, request.headers, headers)

    async def asset(request: Request) -> Response:
        found = assets.get(request.path_params["name"])
        if found is None or request.path_params["mark"] != mark:
            headers = _SECURITY | {"Cache-Control": "no-store"}
            return PlainTextResponse("no such file; load the page again", status_code=404, headers=headers)
        return _answer(found, request.headers, {"Cache-Control": _FOR_EVER})

    return [
        Route("/status", index, name="status", include_in_schema=False),
        Route("/status/assets/{mark}/{name:path}", asset, name="status_asset", include_in_schema=False),
    ]


def _read(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _read(entry, f"{prefix}{entry.name}/")
        elif not entry.name.startswith("."):
            found.append((prefix + entry.name, entry.read_bytes()))
    return found


def _hash(sources: dict[str, bytes]) -> str:
    state = hashlib.blake2b(digest_size=8)
    for name in sorted(sources):
        state.update(f"{name}:{len(sources[name])}:".encode() + sources[name])
    return state.hexdigest()


def _render(page: str, root: str, names: list[str]) -> str:
    """The page with the assets' address, and every module announced, so that they load in one round trip."""
    modules = [name for name in names if name.startswith("js/") and name != "js/boot.js"]
    links = "\n".join(f'<link rel="modulepreload" href="{root}/{name}">' for name in modules)
    return page.replace("<!-- modules -->", links).replace("{assets}", root)


def _asset(name: str, body: bytes) -> _Asset:
    return _Asset(body=body, packed=gzip.compress(body, mtime=0), media_type=_MEDIA_TYPES[name.rpartition(".")[2]])


def _answer(asset: _Asset, asked: Headers, headers: dict[str, str]) -> Response:
    everywhere = _SECURITY | headers | {"Vary": "Accept-Encoding"}
    if "gzip" in asked.get("accept-encoding", ""):
        everywhere |= {"Content-Encoding": "gzip"}
        return Response(asset.packed, media_type=asset.media_type, headers=everywhere)
    return Response(asset.body, media_type=asset.media_type, headers=everywhere)
