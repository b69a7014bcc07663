"""Posting to addresses of others: signed, bounded in time and size, and not into our own network."""

import asyncio
import ipaddress
import socket
import threading
import time
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import CancelledError
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from ninefold.base import Error, refused, retry_after, sign_post, to_ms, unavailable

from .model import Answer

_EXCERPT = 1_024  # bytes of an answer that are kept
_T = TypeVar("_T")


class Poster:
    """Posts JSON to webhooks, from any thread; one event loop of its own does it."""

    def __init__(self, *, private: bool, timeout_seconds: float = 15.0) -> None:
        """Args: whether addresses of the local network may be called; for one post as a whole, however it drips."""
        self._private = private
        self._timeout = timeout_seconds
        self._client = httpx.AsyncClient(timeout=timeout_seconds, follow_redirects=False)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ninefold-poster", daemon=True)
        self._started = threading.Lock()

    def post(self, url: str, message: str, body: bytes, secrets: Sequence[bytes], *, now: datetime) -> Answer:
        """Post a body; whatever goes wrong is an answer too."""
        timestamp = to_ms(now) // 1000
        signatures = " ".join(sign_post(secret, message, timestamp, body) for secret in secrets)
        headers = {
            "content-type": "application/json", "user-agent": "Ninefold", "webhook-id": message,
            "webhook-timestamp": str(timestamp), "webhook-signature": signatures,
        }  # fmt: skip
        began = time.monotonic()
        try:
            status, said, asked = self._run(self._sent(url, body, headers))
            after = retry_after(asked, now)
        except Error as error:
            status, said, after = 0, error.message, None
        except TimeoutError:
            status, said, after = 0, f"no answer within {self._timeout:g} s", None
        except CancelledError:
            status, said, after = 0, "the server stopped before there was an answer", None
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            status, said, after = 0, f"{type(exc).__name__}: {exc}", None
        took = round((time.monotonic() - began) * 1000)
        return Answer(status=status, said=said[:_EXCERPT].replace("\0", ""), milliseconds=took, after_seconds=after)

    def close(self) -> None:
        """Give up the posts under way and close all connections; doing it twice is harmless."""
        with self._started:
            if self._thread.is_alive():
                asyncio.run_coroutine_threadsafe(self._ended(), self._loop).result()
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join()
            if not self._loop.is_closed():
                self._loop.close()

    def _run(self, work: Coroutine[None, None, _T]) -> _T:
        with self._started:
            if self._loop.is_closed():
                work.close()
                raise CancelledError
            if not self._thread.is_alive():
                self._thread.start()
            done = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result()

    async def _sent(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str, str | None]:
        """Status, the beginning of the answer, and its Retry-After."""
        async with asyncio.timeout(self._timeout):
            request = await self._request(url, body, headers)
            answer = await self._client.send(request, stream=True)
            try:
                return answer.status_code, await _excerpt(answer), answer.headers.get("retry-after")
            finally:
                await answer.aclose()

    async def _request(self, url: str, body: bytes, headers: Mapping[str, str]) -> httpx.Request:
        """A request to the address that was checked, so that the name cannot lead elsewhere a moment later."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = await asyncio.to_thread(checked_address, host, port, private=self._private)
        target = httpx.URL(url).copy_with(host=address)
        named = {**headers, "host": parts.netloc}
        return self._client.build_request("POST", target, content=body, headers=named,
                                          extensions={"sni_hostname": host})  # fmt: skip

    async def _ended(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._client.aclose()


async def _excerpt(answer: httpx.Response) -> str:
    """The first bytes of an answer."""
    taken = b""
    async for part in answer.aiter_raw():
        taken += part
        if len(taken) >= _EXCERPT:
            break
    return taken[:_EXCERPT].decode("utf-8", "replace")


def checked_address(host: str, port: int, *, private: bool) -> str:
    """An address of a host that may be called.

    Raises:
        Error: unavailable, when the name leads nowhere; refused ``private_address``, when one of its addresses is not
            a public one and `private` is not allowed.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise unavailable("unknown_host", f"the host {host} has no address") from exc
    addresses = [str(one[4][0]) for one in found]
    if not private and not all(ipaddress.ip_address(one.partition("%")[0]).is_global for one in addresses):
        raise refused("private_address", f"the host {host} is not on the public network",
                      hint="setting webhooks_to_private allows it")  # fmt: skip
    return addresses[0]
