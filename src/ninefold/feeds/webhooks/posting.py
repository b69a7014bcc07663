"""Posting to addresses of others: signed, bounded in time and size, and not into our own network."""

import ipaddress
import socket
import time
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from ninefold.base import Error, refused, retry_after, sign_post, to_ms, unavailable

from .model import Answer

_EXCERPT = 1_024  # bytes of an answer that are kept


class Poster:
    """Posts JSON to webhooks."""

    def __init__(self, *, private: bool, timeout_seconds: float = 15.0) -> None:
        """Args: whether addresses of the local network may be called; for one post as a whole."""
        self._private = private
        self._client = httpx.Client(timeout=timeout_seconds, follow_redirects=False)
        self._timeout = timeout_seconds

    def post(self, url: str, message: str, body: bytes, secrets: Sequence[bytes], *, now: datetime) -> Answer:
        """Post a body; whatever goes wrong is an answer too."""
        began = time.monotonic()
        timestamp = to_ms(now) // 1000
        signatures = " ".join(sign_post(secret, message, timestamp, body) for secret in secrets)
        headers = {
            "content-type": "application/json", "user-agent": "Ninefold", "webhook-id": message,
            "webhook-timestamp": str(timestamp), "webhook-signature": signatures,
        }  # fmt: skip
        after: float | None = None
        try:
            request = self._request(url, body, headers)
            answer = self._client.send(request, stream=True)
            try:
                said, status = self._excerpt(answer, began), answer.status_code
                after = retry_after(answer.headers.get("retry-after"), now)
            finally:
                answer.close()
        except Error as error:
            said, status = error.message, 0
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            said, status = f"{type(exc).__name__}: {exc}", 0
        took = round((time.monotonic() - began) * 1000)
        return Answer(status=status, said=said[:_EXCERPT].replace("\0", ""), milliseconds=took, after_seconds=after)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _request(self, url: str, body: bytes, headers: dict[str, str]) -> httpx.Request:
        """A request to the address that was checked, so that the name cannot lead elsewhere a moment later."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = checked_address(host, port, private=self._private)
        target = httpx.URL(url).copy_with(host=address)
        named = headers | {"host": parts.netloc}
        return self._client.build_request("POST", target, content=body, headers=named,
                                          extensions={"sni_hostname": host})  # fmt: skip

    def _excerpt(self, answer: httpx.Response, began: float) -> str:
        """The first bytes of an answer, as far as they come in time."""
        taken = b""
        for part in answer.iter_raw():
            taken += part
            if len(taken) >= _EXCERPT or time.monotonic() - began > self._timeout:
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
