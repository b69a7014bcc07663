"""Messages as signed HTTP POSTs, several at once; the receiver recognises a repeat by its key.

Signed as in the Standard Webhooks specification (standardwebhooks.com), for which libraries exist in most languages:
``webhook-signature: v1,<base64 of HMAC-SHA256(secret, "id.timestamp.body")>``.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

import httpx

from ninefold.base import retry_after, secret_bytes, sign_post, to_ms

from .loop import Loop
from .model import Delivered, Doubtful, Failed, InDoubt, JsonValue, Message, Outcome, Retry

_AGAIN = frozenset({408, 425, 429})
_EXCERPT = 300  # characters of an answer that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Where to post messages.

    Attributes:
        url: http or https address.
        namespace: identifier namespace put into ``to``; ``person`` for the public id.
        secret_env: environment variable that holds the signing secret; empty leaves posts unsigned.
        token_env: environment variable that holds a bearer token; empty for none.
        connections: posts at the same time.
        timeout_seconds: for one post as a whole.
    """

    url: str
    namespace: str = "person"
    secret_env: str = ""
    token_env: str = ""
    connections: int = 8
    timeout_seconds: float = 10.0


class Webhook:
    """A channel that posts JSON."""

    def __init__(
        self,
        key: str,
        settings: WebhookSettings,
        *,
        secret: str = "",
        token: str = "",
        in_doubt: InDoubt = InDoubt.RESEND,
    ) -> None:
        self.key = key
        self.namespace = settings.namespace
        self.in_doubt = in_doubt
        self._settings = settings
        self._secret = secret_bytes(secret)
        self._token = token
        self._loop = Loop(key)
        self._client: httpx.AsyncClient | None = None

    def deliver(self, messages: Sequence[Message], *, now: datetime) -> tuple[Outcome, ...]:
        """Post messages, up to ``connections`` at once; one outcome per message, in order."""
        return self._loop.run(self._deliver(messages, now)) if messages else ()

    def close(self) -> None:
        """Close all connections."""
        self._loop.close(self._close())

    async def _deliver(self, messages: Sequence[Message], now: datetime) -> tuple[Outcome, ...]:
        if self._client is None:
            limits = httpx.Limits(max_connections=self._settings.connections)
            self._client = httpx.AsyncClient(timeout=self._settings.timeout_seconds, limits=limits)
        client, lanes = self._client, min(self._settings.connections, len(messages))
        outcomes: list[Outcome] = [Retry(reason="not_tried")] * len(messages)

        async def lane(number: int) -> None:
            trouble: Retry | None = None
            for index in range(number, len(messages), lanes):
                outcome = trouble or await self._post(client, messages[index], now)
                outcomes[index] = outcome
                # Once nobody listens the rest is not kept waiting for one time-out each.
                trouble = outcome if isinstance(outcome, Retry) and outcome.reason == "unreachable" else None

        await asyncio.gather(*(lane(number) for number in range(lanes)))
        return tuple(outcomes)

    async def _post(self, client: httpx.AsyncClient, message: Message, now: datetime) -> Outcome:
        body = json.dumps(_body(message), ensure_ascii=False, separators=(",", ":")).encode()
        request = client.build_request(
            "POST", self._settings.url, content=body, headers=self._headers(message, body, now)
        )
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                answer = await client.send(request, stream=True)
                async with aclosing(answer):
                    said = await _excerpt(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as exc:
            return Retry(reason="unreachable", detail=_words(exc))
        except httpx.InvalidURL as exc:
            return Failed(reason="bad_url", detail=_words(exc))
        except (httpx.HTTPError, TimeoutError) as exc:  # handed over, answer lost
            return Doubtful(reason="no_answer", detail=_words(exc))
        return _outcome(answer, said, now)

    def _headers(self, message: Message, body: bytes, now: datetime) -> dict[str, str]:
        timestamp = to_ms(now) // 1000
        headers = {
            "content-type": "application/json",
            "user-agent": "Ninefold",
            "idempotency-key": message.key,
            "webhook-id": message.key,
            "webhook-timestamp": str(timestamp),
        }
        if self._secret:
            headers["webhook-signature"] = sign_post(self._secret, message.key, timestamp, body)
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        return headers

    async def _close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _body(message: Message) -> JsonValue:
    """A JSON template is posted as it rendered; a text goes into an envelope."""
    content = message.content
    if content.payload is not None:
        return content.payload
    return {
        "key": message.key,
        "campaign": message.campaign,
        "person": message.person,
        "to": message.to,
        "subject": content.subject,
        "body": content.body,
        "format": "html" if content.html else "text",
    }


async def _excerpt(answer: httpx.Response) -> str:
    parts, size = [], 0
    async for part in answer.aiter_bytes():
        parts.append(part)
        size += len(part)
        if size > _EXCERPT * 4:
            break
    return b"".join(parts)[: _EXCERPT * 4].decode("utf-8", "replace")[:_EXCERPT]


def _outcome(answer: httpx.Response, said: str, now: datetime) -> Outcome:
    status, detail = answer.status_code, f"{answer.status_code} {said}".strip()
    if 200 <= status < 300:
        return Delivered(reference=answer.headers.get("x-request-id", "")[:200])
    if status >= 500 or status in _AGAIN:
        return Retry(
            reason=f"http_{status}", detail=detail, after_seconds=retry_after(answer.headers.get("retry-after"), now)
        )
    return Failed(reason=f"http_{status}", detail=detail)


def _words(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}"[:_EXCERPT]
