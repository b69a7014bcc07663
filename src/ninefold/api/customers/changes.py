"""The change feed by cursor."""

import asyncio
import time
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from ninefold.api.auth import Caller
from ninefold.api.governance import note
from ninefold.api.scope import shown_as
from ninefold.base import Clock
from ninefold.feeds import Change, Feed

from .calls import PROBLEMS, limited

router = APIRouter(prefix="/v1", tags=["open API"], dependencies=[Depends(limited)], responses=PROBLEMS)

_LOOK_AGAIN_SECONDS = 0.5


class ChangeOut(BaseModel):
    """A change of a customer."""

    id: str = Field(description="the same whenever it is told: drop what you had before")
    kind: str = Field(examples=["customer.merged"])
    at: datetime
    customer: str = Field(description="public id as known now: after a merge that of the person who lives on")
    data: dict[str, Any] = Field(description="what belongs to the kind")


class ChangesOut(BaseModel):
    """Changes in the one order of the feed."""

    changes: list[ChangeOut]
    next: str = Field(description="give it as `after` to go on, also when there was nothing")
    more: bool = Field(description="something waits already")


@router.get("/changes")
async def read_changes(
    request: Request,
    caller: Caller,
    after: Annotated[str, Query(max_length=200, description="what `next` said; `now` begins with what is to come, "
                                "empty with the oldest that is kept")] = "",
    kinds: Annotated[list[str] | None, Query(max_length=20, description="only these kinds")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    wait: Annotated[int, Query(ge=0, le=30, description="seconds to wait for a change when there is none")] = 0,
) -> ChangesOut:  # fmt: skip
    """What changed of the customers that the key sees, in an order in which nothing is skipped.

    410 `cursor_expired`: the cursor is older than what is kept. Ask with `after=now` and keep `next`, list all
    customers, then go on from there.
    """
    feed: Feed = request.app.state.feed
    clock: Clock = request.app.state.clock
    until = time.monotonic() + wait
    while True:
        page, cursor = await run_in_threadpool(
            feed.page, caller, after=after, kinds=kinds or (), limit=limit, now=clock.now()
        )
        if page.changes or page.more or time.monotonic() >= until:
            break
        after = cursor
        await asyncio.sleep(min(_LOOK_AGAIN_SECONDS, max(until - time.monotonic(), 0)))
    note(request, verb="read changes", people=len({one.customer for one in page.changes}), shown=shown_as(caller.scope))
    return ChangesOut(changes=[change_out(one) for one in page.changes], next=cursor, more=page.more)


def change_out(one: Change) -> ChangeOut:
    """A change as it is answered, and as webhooks are told."""
    return ChangeOut(id=one.id, kind=one.kind.value, at=one.at, customer=one.customer, data=dict(one.data))
