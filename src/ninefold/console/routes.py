"""Serves the console: one page for all of its addresses, and the files that page loads, read into memory once.

The files are what ``make console`` built from ``web/``. Their names contain the hash of their content, so they are
cached for ever and a new release is seen at once; the page itself is always checked. The pages get no data here: the
browser asks the API, as whoever is signed in.
"""

import hashlib
import secrets
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

DOMAINS = ("people", "reviews", "segments", "analysis", "campaigns", "data", "settings")
"""First parts of the console's addresses; the page behind ``/`` answers them all, whatever comes after."""

_NONCE = "NINEFOLD_NONCE"
_SECURITY = {
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
_PACKINGS = {"br": "br", "gz": "gzip"}
"""Ending of a packed file, and its name as a content encoding; the best first."""
_FOR_EVER = "public, max-age=31536000, immutable"
_A_DAY = "public, max-age=86400"
_NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Ninefold</title></head><body>
<h1>The console is not built here</h1>
<p>The server runs. Its pages are built from the folder <code>web</code> with Node 20 or newer: run
<code>make console</code> and start the server again. An installed package has them already.</p>
<p>The API is described under <a href="/docs">/docs</a>.</p>
</body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file as it is sent: plain, and packed by content encoding."""

    body: bytes
    packed: dict[str, bytes]
    media_type: str


def content_security_policy(nonce: str) -> str:
    """What the page may load: nothing from another host, no inline script, styles made in the browser only with the
    word of this answer.
    """
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def routes(built: Traversable | None = None) -> list[BaseRoute]:
    """The console's routes: ``/``, its domains, ``/assets/<file>``; add them to the application that serves ``/v1``.

    Args:
        built: folder of the built console; the package's own by default. Without one, the page says how to build it.
    """
    found = _read(built or files("ninefold.console").joinpath("built"))
    page = found.pop("index.html", _NOT_BUILT.encode()).decode()
    etag = f'"{hashlib.blake2b(page.encode(), digest_size=12).hexdigest()}"'

    async def index(request: Request) -> Response:
        headers = {"Cache-Control": "no-cache", "ETag": etag, "Vary": "Accept-Encoding"}
        if etag in request.headers.get("if-none-match", ""):
            # The page the browser kept goes with the policy it kept: both hold the same word.
            return Response(status_code=304, headers=_SECURITY | headers)
        nonce = secrets.token_urlsafe(16)
        headers |= {"Content-Security-Policy": content_security_policy(nonce)}
        return Response(page.replace(_NONCE, nonce), media_type=_MEDIA_TYPES["html"], headers=_SECURITY | headers)

    async def asset(request: Request) -> Response:
        name = request.url.path.removeprefix("/")
        if name not in files_by_name:
            headers = _SECURITY | {"Cache-Control": "no-store"}
            return PlainTextResponse("no such file; load the page again", status_code=404, headers=headers)
        hashed = name.startswith("assets/")
        return _answer(files_by_name[name], request.headers, {"Cache-Control": _FOR_EVER if hashed else _A_DAY})

    files_by_name = _files(found)
    return [
        Route("/", index, name="console", include_in_schema=False),
        Route("/icon.svg", asset, name="console_icon", include_in_schema=False),
        Route("/assets/{name:path}", asset, name="console_asset", include_in_schema=False),
        *(
            Route(f"/{domain}{rest}", index, include_in_schema=False)
            for domain in DOMAINS
            for rest in ("", "/{p:path}")
        ),
    ]


def _read(folder: Traversable, prefix: str = "") -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.is_dir():
            found |= _read(entry, f"{prefix}{entry.name}/")
        elif not entry.name.startswith("."):
            found[prefix + entry.name] = entry.read_bytes()
    return found


def _files(found: dict[str, bytes]) -> dict[str, _File]:
    return {
        name: _File(
            body=body,
            packed={coding: found[f"{name}.{end}"] for end, coding in _PACKINGS.items() if f"{name}.{end}" in found},
            media_type=_MEDIA_TYPES[ending],
        )
        for name, body in found.items()
        if (ending := name.rpartition(".")[2]) in _MEDIA_TYPES
    }


def _answer(file: _File, asked: Headers, headers: dict[str, str]) -> Response:
    everywhere = _SECURITY | headers | {"Vary": "Accept-Encoding"}
    accepted = {one.split(";")[0].strip() for one in asked.get("accept-encoding", "").split(",")}
    for coding, body in file.packed.items():
        if coding in accepted:
            return Response(body, media_type=file.media_type, headers=everywhere | {"Content-Encoding": coding})
    return Response(file.body, media_type=file.media_type, headers=everywhere)
