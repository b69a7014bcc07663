"""Changes of the identity rules over HTTP: draft, follow, look at whom it concerns, apply, discard, undo."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from ninefold.api.auth import Caller
from ninefold.api.governance import note
from ninefold.identity import KIND, changing
from ninefold.profiles import masking

router = APIRouter(prefix="/v1/identity/rules/changes", tags=["identity"])

Number = Annotated[int, Path(ge=1, le=2**53, description="number of the change")]
Why = Annotated[str, Field(max_length=1_000, description="kept with the change", examples=["tablets are shared"])]


class RuleChangeIn(BaseModel):
    """Rules to try; what the document leaves out is as in the default rules."""

    document: dict[str, Any] = Field(examples=[{"kind": KIND, "namespaces": {"phone": {"cap": 2}}}])
    reason: Why = ""


class ApplyIn(BaseModel):
    """How a simulated change is applied."""

    anyway: bool = Field(default=False, description="also where the report is stale")


class SettleIn(BaseModel):
    """Why a change is given up, or taken back."""

    reason: Why = ""


@router.post("", status_code=202)
def draft(request: Request, caller: Caller, body: RuleChangeIn) -> changing.RuleChange:
    """Have other rules simulated on everything that was ever seen, as a durable job; nobody is touched."""
    made = _changes(request).draft(body.document, author=caller.name, reason=body.reason)
    return _submitted(request, made)


@router.get("")
def history(
    request: Request,
    before: Annotated[int, Query(ge=0, le=2**53, description="number of the last one of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[changing.RuleChange]:
    """All changes of the rules, the newest first: who, when, why, what was found and what became of it."""
    return list(_changes(request).list(before=before, limit=limit))


@router.get("/{change}")
def read(request: Request, change: Number) -> changing.RuleChange:
    """A change: how far it is, what the simulation found, and how much the ledger has grown since."""
    return _changes(request).get(change)


@router.get("/{change}/people")
def people(
    request: Request, caller: Caller, change: Number, kind: changing.ChangedKind = changing.ChangedKind.MERGE,
    after: Annotated[int, Query(ge=0, le=2**31, description="place of the last one of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[changing.ChangedPeople]:  # fmt: skip
    """The people who become one, who become several, or the identifiers that are blocked; the largest first, with the
    pairs of identifiers that decide it.
    """
    found = _changes(request).people(change, kind, after=after, limit=limit)
    return [_shown(one, caller.scope.clear) for one in found]


@router.post("/{change}/simulate", status_code=202)
def simulate(request: Request, change: Number) -> changing.RuleChange:
    """Simulate a change anew, on everything that is known by then."""
    return _submitted(request, _changes(request).again(change))


@router.post("/{change}/apply", status_code=202)
def apply(request: Request, caller: Caller, change: Number, body: ApplyIn) -> changing.RuleChange:
    """Store the rules and replay everything that was ever seen under them, numbers kept, as a durable job.

    Until it is done everybody reads the old people; events are accepted meanwhile. Refused while the report is stale:
    other rules came into force since, or much was learnt.
    """
    return _submitted(request, _changes(request).apply(change, author=caller.name, anyway=body.anyway))


@router.post("/{change}/discard")
def discard(request: Request, caller: Caller, change: Number, body: SettleIn) -> changing.RuleChange:
    """Give a change up; it stays in the history."""
    return _changes(request).discard(change, author=caller.name, reason=body.reason)


@router.post("/{change}/undo", status_code=202)
def undo(request: Request, caller: Caller, change: Number, body: SettleIn) -> changing.RuleChange:
    """Draft the change that brings back the rules which an applied change replaced; it is simulated first as well."""
    return _submitted(request, _changes(request).undo(change, author=caller.name, reason=body.reason))


def _changes(request: Request) -> changing.RuleChanges:
    found: changing.RuleChanges = request.app.state.rule_changes
    return found


def _submitted(request: Request, change: changing.RuleChange) -> changing.RuleChange:
    submit: Callable[[str], None] = request.app.state.submit_rules
    submit(change.job)
    note(request, target=f"rule change {change.id}")
    return change


def _shown(one: changing.ChangedPeople, clear: Collection[str]) -> changing.ChangedPeople:
    """People as far as a scope sees identifiers in the clear."""
    if "identifiers" in clear:
        return one

    def shown(identifier: tuple[str, str]) -> tuple[str, str]:
        return identifier[0], masking.hidden_identifier(*identifier)

    return replace(
        one,
        members=tuple(replace(member, identifier=shown(member.identifier)) for member in one.members),
        causes=tuple(replace(cause, a=shown(cause.a), b=shown(cause.b)) for cause in one.causes),
    )
