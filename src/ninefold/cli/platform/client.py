"""How commands reach the platform: over HTTP when a server runs, else the same application in this process."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from ninefold.base import Error, Kind, unavailable
from ninefold.store import running_server

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ninefold.app import Settings

TOKEN_FILE = "token"  # noqa: S105 - the name of a file in the data folder, readable by its owner only
_TIMEOUT = httpx.Timeout(600.0, connect=10.0)


class Client:
    """Calls the API and turns its error answers back into errors."""

    def __init__(self, *, token: str, address: str = "", application: "FastAPI | None" = None) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}
        self._address = address or "http://ninefold"
        self._application = application

    @property
    def address(self) -> str:
        """Where a browser finds the console; a general one when no server runs."""
        return "http://127.0.0.1:8009" if self._application else self._address

    def get(self, path: str, **params: object) -> Any:  # noqa: ANN401 - JSON
        """The JSON answer of a GET."""
        return self._call("GET", path, params={name: value for name, value in params.items() if value is not None})

    def post(self, path: str, body: Mapping[str, object] | None = None, **params: object) -> Any:  # noqa: ANN401
        """The JSON answer of a POST with a JSON body."""
        return self._call("POST", path, json=body or {}, params=params)

    def patch(self, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        """The JSON answer of a PATCH."""
        return self._call("PATCH", path, json=body)

    def delete(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """The JSON answer of a DELETE."""
        return self._call("DELETE", path)

    def upload(self, path: str, file: Path, **fields: str) -> Any:  # noqa: ANN401
        """The JSON answer of a POST that sends a file."""
        with file.open("rb") as stream:
            return self._call("POST", path, files={"file": (file.name, stream)}, data=fields)

    def download(self, path: str) -> bytes:
        """The bytes of a GET that answers no JSON."""
        return self._response("GET", path).content

    def _call(self, method: str, path: str, **arguments: Any) -> Any:  # noqa: ANN401
        response = self._response(method, path, **arguments)
        return response.json() if response.content else None

    def _response(self, method: str, path: str, **arguments: Any) -> httpx.Response:  # noqa: ANN401
        try:
            if self._application is None:
                with httpx.Client(base_url=self._address, headers=self._headers, timeout=_TIMEOUT) as client:
                    response = client.request(method, path, **arguments)
            else:
                response = asyncio.run(self._inside(self._application, method, path, arguments))
        except httpx.TransportError as exc:
            raise unavailable("server_unreachable", f"the server at {self._address} does not answer: {exc}") from exc
        if response.status_code >= 400:
            raise _error(response)
        return response

    async def _inside(
        self, application: "FastAPI", method: str, path: str, arguments: dict[str, Any]
    ) -> httpx.Response:
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(
            transport=transport, base_url=self._address, headers=self._headers, timeout=_TIMEOUT
        ) as client:
            return await client.request(method, path, **arguments)


@contextmanager
def connect(settings: "Settings") -> Iterator[Client]:
    """A client of the running server, or of a platform opened for the length of the block."""
    address = settings.server or running_server(settings.data_dir)
    if address:
        yield Client(token=settings.token or saved_token(settings), address=address)
        return
    from ninefold.app import Ninefold, build_application  # noqa: PLC0415 - only needed without a server

    with Ninefold.open(settings, holder="ninefold command") as ninefold:
        ninefold.start()
        yield Client(token=ninefold.operator_token(), application=build_application(ninefold))


def saved_token(settings: "Settings") -> str:
    """The token that the server of this data folder left for commands of the same user."""
    try:
        return (settings.data_dir / TOKEN_FILE).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _error(response: httpx.Response) -> Error:
    try:
        body = response.json()
        kind = Kind(body.get("kind", Kind.INVALID))
    except ValueError:
        return Error(Kind.DEFECT, f"http_{response.status_code}", response.text[:300])
    return Error(
        kind,
        str(body.get("code", "")),
        str(body.get("message", "")),
        hint=str(body.get("hint", "")),
        field=str(body.get("field", "")),
        got=body.get("got", ""),
        allowed=str(body.get("allowed", "")),
    )
