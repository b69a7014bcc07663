"""The review desk over HTTP. Values are masked for tokens that may not see them; what agrees is always shown."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from ninefold.api.auth import Caller
from ninefold.api.governance import note
from ninefold.api.scope import scope_of, shown_as
from ninefold.base import Clock, Error, Kind
from ninefold.matching import Filter, Item, ReviewDesk, masked_item
from ninefold.profiles import ByPublicId, Profiles, read_reference

from .shapes import (
    BulkIn,
    BulkOut,
    ClaimIn,
    CountsOut,
    DecidedOut,
    DecisionIn,
    FilterIn,
    ItemOut,
    PageOut,
    PreviewOut,
    QueueQuery,
    ReleasedOut,
    ReleaseIn,
    UndoIn,
    decided_out,
    item_out,
)

router = APIRouter(prefix="/v1/reviews", tags=["reviews"])

Name = Annotated[str, Path(max_length=30, description="`m-<number>` a match, `i-<number>` a question of identity")]


@router.get("")
def list_items(request: Request, asked: Annotated[QueueQuery, Query()]) -> PageOut:
    """Items of the queue, a page at a time."""
    wanted = replace(_filter(request, asked), state=asked.state, valuable=asked.valuable)
    page = _desk(request).page(wanted, sort=asked.sort, limit=asked.limit, cursor=asked.cursor)
    note(request, target="reviews", items=len(page.items), shown=shown_as(scope_of(request)))
    return PageOut(items=[_shown(request, one) for one in page.items], next=page.next)


@router.post("/counts")
def count_items(request: Request, body: FilterIn) -> CountsOut:
    """How many items wait, by kind."""
    found = _desk(request).counts(_filter(request, body))
    return CountsOut(total=found.total, by_kind=dict(found.by_kind), valuable=found.valuable, held=found.held)


@router.post("/claims")
def claim(request: Request, caller: Caller, body: ClaimIn) -> list[ItemOut]:
    """Take items to work on them; gives those that nobody else held. Two who ask at once get different ones."""
    desk = _desk(request)
    got = list(desk.claim(body.items, caller.name, to=body.to)) if body.items else []
    found = [desk.get(one) for one in got]
    if body.next:
        taken = desk.take(caller.name, _filter(request, body.filter), limit=body.next)
        found += [one for one in taken if one.item not in got]
    note(request, target="reviews", items=len(found))
    return [_shown(request, one) for one in found]


@router.post("/release")
def release(request: Request, caller: Caller, body: ReleaseIn) -> ReleasedOut:
    """Let go of items."""
    return ReleasedOut(released=_desk(request).release(body.items, caller.name))


@router.post("/bulk/preview")
def preview_bulk(request: Request, caller: Caller, body: FilterIn) -> PreviewOut:
    """What a bulk decision would decide; nothing is written."""
    found = _desk(request).preview(_filter(request, body), caller.name)
    return PreviewOut(count=found.count, valuable=found.valuable, held=found.held, cap=found.cap)


@router.post("/bulk")
def decide_bulk(request: Request, caller: Caller, body: BulkIn) -> BulkOut:
    """Decide all matches that fit, in one transaction; the count of the preview must still hold."""
    done = _desk(request).bulk(
        _filter(request, body.filter), body.verdict, principal=caller.name, reason=body.reason, count=body.count
    )
    note(request, target="reviews", items=len(done))
    return BulkOut(
        done=sum(one.outcome == "done" for one in done),
        refused=sum(one.outcome == "refused" for one in done),
        items=[decided_out(one) for one in done],
    )


@router.get("/{item}")
def read_item(request: Request, item: Name) -> ItemOut:
    """One item with everything that was said about it."""
    found = _desk(request).get(item)
    note(request, target=item, shown=shown_as(scope_of(request)))
    return _shown(request, found)


@router.post("/{item}/decision")
def decide(request: Request, caller: Caller, item: Name, body: DecisionIn) -> DecidedOut:
    """Decide one item. For valuable people the first vote is kept until another one says the same."""
    found = _desk(request).decide(item, body.verdict, principal=caller.name, reason=body.reason)
    note(request, target=item, verdict=body.verdict, outcome=found.outcome)
    return decided_out(found)


@router.post("/{item}/undo")
def undo(request: Request, caller: Caller, item: Name, body: UndoIn) -> DecidedOut:
    """Take a decision about a match back; it is asked again, and never joined by itself."""
    found = _desk(request).undo(item, principal=caller.name, reason=body.reason)
    note(request, target=item, outcome=found.outcome)
    return decided_out(found)


def _desk(request: Request) -> ReviewDesk:
    desk: ReviewDesk = request.app.state.reviews
    return desk


def _filter(request: Request, given: FilterIn) -> Filter:
    return Filter(
        kinds=tuple(given.kinds), key=given.key, node=given.node, score_from=given.score_from,
        score_to=given.score_to, agrees=tuple(given.agrees), differs=tuple(given.differs), assigned=given.assigned,
        skipped=given.skipped, people=_people(request, given.person),
    )  # fmt: skip


def _people(request: Request, text: str) -> tuple[int, ...] | None:
    """The people a text may mean; None when nobody is asked for."""
    if not text.strip():
        return None
    profiles: Profiles = request.app.state.profiles
    try:
        return (profiles.oneid(read_reference(text)),)
    except Error as error:
        if error.kind not in {Kind.MISSING, Kind.INVALID}:
            raise
    clock: Clock = request.app.state.clock
    found = profiles.search(text, now=clock.now(), limit=20)
    return tuple(profiles.oneid(ByPublicId(public_id=one.public_id)) for one in found)


def _shown(request: Request, one: Item) -> ItemOut:
    return item_out(masked_item(one, scope_of(request).clear))
