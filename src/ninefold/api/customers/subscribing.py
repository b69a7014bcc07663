"""Webhooks that a key makes for itself: it is told there what it could read by cursor."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from ninefold.api.auth import Caller
from ninefold.api.governance import note
from ninefold.base import Clock
from ninefold.feeds import webhooks

from .calls import PROBLEMS, limited
from .webhooks import AttemptOut, WebhookOut, attempt_out, webhook_out

router = APIRouter(
    prefix="/v1/changes/webhooks", tags=["open API"], dependencies=[Depends(limited)], responses=PROBLEMS
)

Key = Annotated[str, Path(max_length=63)]


class SubscribeIn(BaseModel):
    """Where changes are to be posted."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern="^[a-z0-9_]{1,40}$", description="among the key's own", examples=["crm"])
    url: str = Field(max_length=2_000, examples=["https://crm.dealer.example/ninefold"])
    kinds: list[str] = Field([], max_length=20, description="only these; empty is all", examples=[["customer.merged"]])
    batch: int = Field(100, ge=1, le=1_000, description="changes in one post")


class SubscribedOut(BaseModel):
    """A new webhook."""

    key: str
    secret: str = Field(description="signs the posts; shown only here")


@router.post("", status_code=201)
def subscribe(request: Request, caller: Caller, body: SubscribeIn) -> SubscribedOut:
    """Post what changes from now on to this address: what the key may know, signed, in order, at least once."""
    desk: webhooks.Webhooks = request.app.state.webhooks
    clock: Clock = request.app.state.clock
    wanted = webhooks.Wanted(name=body.name, url=body.url, kinds=tuple(body.kinds), batch=body.batch)
    with request.app.state.records.begin() as conn:
        made = desk.subscribe(conn, caller, wanted, now=clock.now())
    note(request, target=made.key, verb="subscribe webhook")
    return SubscribedOut(key=made.key, secret=desk.rotate(made.key))


@router.get("")
def list_own(request: Request, caller: Caller) -> list[WebhookOut]:
    """The webhooks that the key made, and how they stand."""
    desk: webhooks.Webhooks = request.app.state.webhooks
    return [webhook_out(one) for one in desk.own(caller)]


@router.get("/{key}/attempts")
def list_own_attempts(request: Request, caller: Caller, key: Key) -> list[AttemptOut]:
    """What was posted to one of them, newest first, at most 100."""
    desk: webhooks.Webhooks = request.app.state.webhooks
    desk.own_one(caller, key)
    return [attempt_out(one) for one in desk.attempts(key)]


@router.post("/{key}/resume")
def resume_own(request: Request, caller: Caller, key: Key) -> WebhookOut:
    """Post again at once, from where it stood, whatever stopped it."""
    desk: webhooks.Webhooks = request.app.state.webhooks
    desk.own_one(caller, key)
    return webhook_out(desk.resume(key))


@router.delete("/{key}", status_code=204)
def unsubscribe(request: Request, caller: Caller, key: Key) -> None:
    """Post nothing more there."""
    desk: webhooks.Webhooks = request.app.state.webhooks
    clock: Clock = request.app.state.clock
    with request.app.state.records.begin() as conn:
        desk.end(conn, caller, key, now=clock.now())
    note(request, target=key, verb="unsubscribe webhook")
