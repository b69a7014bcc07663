"""Webhooks: how they stand, what was posted, and an operator's hand."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from ninefold.api.governance import note
from ninefold.feeds import webhooks

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

Key = Annotated[str, Path(max_length=63)]


class WebhookOut(BaseModel):
    """A webhook and how it stands."""

    key: str
    url: str
    node: str
    kinds: list[str] = Field(description="empty: all")
    active: bool = Field(description="what its document says")
    state: Literal["active", "paused", "gone"]
    attempts: int = Field(description="failed attempts at the post under way")
    failing_since: datetime | None
    due_at: datetime
    problem: str


class AttemptOut(BaseModel):
    """One post."""

    id: int
    message: str = Field(description="its `webhook-id`: the same for every attempt at the same changes")
    trigger: Literal["feed", "redelivery", "test"]
    at: datetime
    changes: int
    status: int = Field(description="of HTTP; 0 without an answer")
    milliseconds: int
    said: str = Field(description="the first kilobyte of the answer, or what went wrong")


class SecretOut(BaseModel):
    """A new secret, shown only here."""

    secret: str = Field(examples=["whsec_bm90IGEgcmVhbCBzZWNyZXQsIGFuIGV4YW1wbGU="])


class AgainIn(BaseModel):
    """What is to be posted again: one message, or those of a span of time."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field("", max_length=100, examples=["msg_4kM0"])
    since: datetime | None = None
    until: datetime | None = None


@router.get("")
def list_webhooks(request: Request) -> list[WebhookOut]:
    """All webhooks and how they stand."""
    return [webhook_out(one) for one in _desk(request).list()]


@router.get("/{key}/attempts")
def list_attempts(
    request: Request,
    key: Key,
    before: Annotated[int, Query(ge=0, description="go on before this attempt")] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> list[AttemptOut]:
    """What was posted, newest first."""
    return [attempt_out(one) for one in _desk(request).attempts(key, before=before, limit=limit)]


@router.post("/{key}/pause")
def pause_webhook(request: Request, key: Key) -> WebhookOut:
    """Post nothing more until it is resumed; what changes meanwhile waits."""
    return webhook_out(_desk(request).pause(key))


@router.post("/{key}/resume")
def resume_webhook(request: Request, key: Key) -> WebhookOut:
    """Post again at once, from where it stood, whatever stopped it."""
    return webhook_out(_desk(request).resume(key))


@router.post("/{key}/test")
def test_webhook(request: Request, key: Key) -> AttemptOut:
    """Post a message without changes and say what came back."""
    return attempt_out(_desk(request).test(key))


@router.post("/{key}/secret")
def rotate_secret(request: Request, key: Key) -> SecretOut:
    """Make a new signing secret, shown only here; for a day posts are signed with the old one too."""
    secret = _desk(request).rotate(key)
    note(request, target=key, verb="rotate webhook secret")
    return SecretOut(secret=secret)


@router.post("/{key}/redeliver")
def redeliver(request: Request, key: Key, body: AgainIn) -> list[AttemptOut]:
    """Post messages again under their old `webhook-id`, at most 50, until one is not taken."""
    done = _desk(request).redeliver(key, message=body.message, since=body.since, until=body.until)
    note(request, target=key, verb="redeliver", messages=len(done))
    return [attempt_out(one) for one in done]


def _desk(request: Request) -> webhooks.Webhooks:
    desk: webhooks.Webhooks = request.app.state.webhooks
    return desk


def webhook_out(one: webhooks.Standing) -> WebhookOut:
    """A webhook as it is answered."""
    wanted = one.subscription
    return WebhookOut(
        key=wanted.key, url=wanted.url, node=wanted.caller.scope.node, kinds=[kind.value for kind in wanted.kinds],
        active=wanted.active, state=one.state.value, attempts=one.attempts, failing_since=one.failing_since,
        due_at=one.due_at, problem=one.problem,
    )  # fmt: skip


def attempt_out(one: webhooks.Attempt) -> AttemptOut:
    """A post as it is answered."""
    return AttemptOut(
        id=one.id, message=one.message, trigger=one.trigger.value, at=one.at, changes=one.changes, status=one.status,
        milliseconds=one.milliseconds, said=one.said,
    )  # fmt: skip
