"""Tells other systems whom to forget: as signed HTTP POSTs (Standard Webhooks), or as files for somebody to take."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import httpx

from ninefold.base import secret_bytes, sign_post, to_ms
from ninefold.governance import privacy

_AT_ONCE = 8
_TIMEOUT_SECONDS = 10.0
_EXCERPT = 200


class DeletionSender:
    """Reaches destinations of deletion notices."""

    def __init__(self, *, environ: Mapping[str, str], folder: Path) -> None:
        """Args: where secrets are read from; the folder in which files are left, one below it per destination."""
        self._environ = environ
        self._folder = folder

    def send(
        self, destination: privacy.notices.Destination, due: Sequence[privacy.notices.Notice], *, now: datetime
    ) -> Sequence[privacy.notices.Answer]:
        """Tell a destination; one answer per notice, in order. The receiver knows a repeat by its ``webhook-id``."""
        if destination.type == "file":
            return [self._leave(one) for one in due]
        secret = self._environ.get(destination.secret_env, "") if destination.secret_env else ""
        if destination.secret_env and not secret:
            return [_again(f"the environment variable {destination.secret_env} is not set")] * len(due)
        key, timestamp = secret_bytes(secret), to_ms(now) // 1000
        with httpx.Client(timeout=_TIMEOUT_SECONDS) as client, ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda one: _post(client, destination.url, one, (key, timestamp)), due))

    def drop(self, notice: privacy.notices.Notice) -> None:
        """Delete the file of a settled notice."""
        self._file(notice).unlink(missing_ok=True)

    def _leave(self, notice: privacy.notices.Notice) -> privacy.notices.Answer:
        file = self._file(notice)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = file.with_suffix(".part")
        aside.write_bytes(_body(notice))
        aside.chmod(0o600)
        aside.replace(file)
        return privacy.notices.Answer(state=privacy.notices.NoticeState.ACCEPTED, detail=f"left as {file.name}")

    def _file(self, notice: privacy.notices.Notice) -> Path:
        return self._folder / notice.destination / f"{notice.key}.json"


def _post(
    client: httpx.Client, url: str, notice: privacy.notices.Notice, signing: tuple[bytes, int]
) -> privacy.notices.Answer:
    body, (secret, timestamp) = _body(notice), signing
    headers = {
        "content-type": "application/json", "user-agent": "Ninefold", "idempotency-key": notice.key,
        "webhook-id": notice.key, "webhook-timestamp": str(timestamp),
    }  # fmt: skip
    if secret:
        headers["webhook-signature"] = sign_post(secret, notice.key, timestamp, body)
    try:
        answer = client.post(url, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _again(f"no answer: {type(error).__name__}")
    if answer.status_code == HTTPStatus.ACCEPTED:
        return privacy.notices.Answer(
            state=privacy.notices.NoticeState.ACCEPTED, detail="taken: it will say when it is done"
        )
    if answer.is_success:
        return privacy.notices.Answer(
            state=privacy.notices.NoticeState.CONFIRMED, detail=f"answered {answer.status_code}"
        )
    return _again(f"answered {answer.status_code}: {answer.text[:_EXCERPT]}")


def _again(detail: str) -> privacy.notices.Answer:
    return privacy.notices.Answer(state=privacy.notices.NoticeState.PENDING, detail=detail)


def _body(notice: privacy.notices.Notice) -> bytes:
    return json.dumps(notice.payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
