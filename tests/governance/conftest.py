"""A platform and its API in this process."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ninefold.app import Ninefold, Settings, build_application
from ninefold.base import FixedClock


class Api:
    """Calls the application in this process."""

    def __init__(self, ninefold: Ninefold) -> None:
        self.ninefold = ninefold
        self.application = build_application(ninefold)
        self.token = ninefold.operator_token()

    def call(self, method: str, path: str, *, token: str = "", **arguments: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.token}"} | arguments.pop("headers", {})

        async def inside() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.application, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
                return await client.request(method, path, **arguments)

        return asyncio.run(inside())

    def ok(self, method: str, path: str, **arguments: Any) -> Any:
        answer = self.call(method, path, **arguments)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def collect(self, *events: dict[str, Any], source: str = "shop") -> None:
        """Send events on the wire and process them."""
        key = self.ninefold.keys.ensure_write_key(source, channel="web")
        answer = self.call("POST", "/v1/batch", json={"writeKey": key, "batch": list(events)})
        assert answer.status_code == 200, answer.text
        self.ninefold.pipeline.drain()


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC")
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.collector.start()
        yield Api(ninefold)
        ninefold.collector.stop()
