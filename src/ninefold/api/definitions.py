"""Definitions as code: plan what a set of documents would change, apply it, look at versions."""

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.engine import Connection

from ninefold.base import Clock, Error, conflict, did_you_mean, invalid
from ninefold.store import (
    Definition,
    Records,
    definition_history,
    find_definition,
    get_definition,
    list_definitions,
)

from .auth import Caller
from .governance import note
from .scope import check_kinds

router = APIRouter(prefix="/v1/definitions", tags=["definitions"])

_ONE = "default"  # the key of documents of which there is one, such as rules and policies
Save = Callable[[Connection, Mapping[str, Any], datetime, str], Sequence[str] | None]
"""Checks a document and keeps it as the next version, in the caller's transaction; may return advice."""


class Later(tuple[str, ...]):
    """The advice of a document that is not in force with its transaction, but when durable work is done."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """Which kinds of documents there are, in the order in which they may refer to each other.

    Attributes:
        records: the store.
        clock: the clock.
        save: how each is saved.
        later: begins the durable work of those that come into force later.
    """

    records: Records
    clock: Clock
    save: Mapping[str, Save]
    later: Callable[[], None]


class DocumentSet(BaseModel):
    """Documents to plan or apply, all or none."""

    documents: list[dict[str, Any]] = Field(
        max_length=2_000,
        examples=[
            [
                {
                    "kind": "segment",
                    "key": "vips",
                    "name": "VIPs",
                    "owner": "crm",
                    "condition": {"trait": "level", "op": "eq", "value": "gold"},
                }
            ]
        ],
    )


class DocumentsOver(DocumentSet):
    """Documents to apply, and which versions they were written over."""

    over: dict[str, Annotated[int, Field(ge=0, le=2**31 - 1)]] = Field(
        {},
        description="by kind/key the version that was edited, 0: none; where there is a newer one, all is refused",
        examples=[{"segment/vips": 3}],
    )


class Change(BaseModel):
    """What applying one document does."""

    kind: str
    key: str
    action: Literal["create", "update", "same", "error"]
    version: int = Field(description="version after applying; 0 with an error")
    diff: list[str] = Field(description="lines of a unified diff of the documents as JSON")
    advice: list[str] = Field(
        [], description="what may be amiss, e.g. a name that no event has had yet; it is kept all the same"
    )
    later: bool = Field(
        default=False, description="it comes into force when its durable work is done: people change with it"
    )
    problem: dict[str, Any] | None = None


class Plan(BaseModel):
    """Changes in the order of applying."""

    changes: list[Change]
    ok: bool


class DefinitionOut(BaseModel):
    """One version of a definition."""

    kind: str
    key: str
    version: int
    document: dict[str, Any]
    author: str
    created_at: datetime
    retired_at: datetime | None


class _Planned(Exception):  # noqa: N818 - not an error: it rolls a plan back
    pass


@router.post("/plan")
def plan(request: Request, caller: Caller, body: DocumentSet) -> Plan:
    """Say what applying would change, and every problem in the documents; nothing is kept."""
    found: list[Change] = []
    kinds: Kinds = request.app.state.kinds
    try:
        with kinds.records.begin() as conn:
            found = _run(conn, kinds, body.documents, caller.name)
            raise _Planned
    except _Planned:
        pass
    return Plan(changes=found, ok=all(change.action != "error" for change in found))


@router.post("/apply")
def apply(request: Request, caller: Caller, body: DocumentsOver) -> Plan:
    """Keep all documents as new versions in one transaction; with a problem in any, keep none."""
    check_kinds(caller.scope, (str(one.get("kind", "")) for one in body.documents))
    found: list[Change] = []
    kinds: Kinds = request.app.state.kinds
    try:
        with kinds.records.begin() as conn:
            _refuse_stale(conn, body.over)
            found = _run(conn, kinds, body.documents, caller.name)
            if any(change.action == "error" for change in found):
                raise _Planned
    except _Planned:
        return Plan(changes=found, ok=False)
    kinds.later()
    note(request, changes=[f"{one.action} {one.kind}/{one.key} version {one.version}" for one in found[:50]])
    return Plan(changes=found, ok=True)


@router.get("/{kind}")
def list_kind(request: Request, kind: str) -> list[DefinitionOut]:
    """The newest versions of all definitions of a kind."""
    kinds: Kinds = request.app.state.kinds
    _known(kinds, kind, "kind")
    with kinds.records.begin() as conn:
        return [_out(one) for one in list_definitions(conn, kind)]


@router.get("/{kind}/{key}")
def read(
    request: Request, kind: str, key: str, version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> DefinitionOut:
    """A definition, newest or of a version."""
    with request.app.state.kinds.records.begin() as conn:
        return _out(get_definition(conn, kind, key, version))


@router.get("/{kind}/{key}/history")
def history(request: Request, kind: str, key: str) -> list[DefinitionOut]:
    """All versions of a definition, newest first."""
    with request.app.state.kinds.records.begin() as conn:
        return [_out(one) for one in definition_history(conn, kind, key)]


def _refuse_stale(conn: Connection, over: Mapping[str, int]) -> None:
    """Refuse to save over what somebody else has changed since."""
    for name, version in over.items():
        kind, _, key = name.partition("/")
        before = find_definition(conn, kind, key)
        present = before.version if before else 0
        if present != version:
            raise conflict(
                "changed_since",
                f"{kind} {key} has been changed meanwhile: it is at version {present}, not {version}",
                hint="look at what changed, then save over the present version",
            )


def _run(conn: Connection, kinds: Kinds, documents: list[dict[str, Any]], author: str) -> list[Change]:
    order = list(kinds.save)
    for index, document in enumerate(documents):
        _known(kinds, str(document.get("kind", "")), f"documents[{index}].kind")
    now = kinds.clock.now()
    waiting = sorted(documents, key=lambda one: order.index(str(one["kind"])))
    done: list[Change] = []
    while waiting:  # a document may refer to one that stands behind it: what fails is tried again after the others
        tried = [(document, _one(conn, kinds, document, now, author)) for document in waiting]
        failed = [document for document, change in tried if change.action == "error"]
        stuck = len(failed) == len(waiting)
        done += [change for _, change in tried if stuck or change.action != "error"]
        waiting = [] if stuck else failed
    return done


def _one(conn: Connection, kinds: Kinds, document: dict[str, Any], now: datetime, author: str) -> Change:
    kind, key = str(document["kind"]), str(document.get("key", ""))
    before = find_definition(conn, kind, key or _ONE)
    old = dict(before.document) if before else {}
    try:
        with conn.begin_nested():
            advice = kinds.save[kind](conn, document, now, author)
    except Error as error:
        diff = _diff(old, document)
        return Change(kind=kind, key=key, action="error", version=0, diff=diff, problem=error.as_dict())
    after = find_definition(conn, kind, key or _ONE)
    later = isinstance(advice, Later)
    same = not later and before is not None and after is not None and before.version == after.version
    return Change(
        kind=kind,
        key=key or (after.key if after else ""),
        version=after.version if after else 0,
        diff=_diff(old, after.document if after and not later else document),
        action="same" if same else "update" if before else "create",
        advice=list(advice or ()),
        later=later,
    )


def _diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    def lines(document: Mapping[str, Any]) -> list[str]:
        return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).splitlines() if document else []

    return [
        line
        for line in difflib.unified_diff(lines(old), lines(new), lineterm="", n=2)
        if line[:3] not in {"---", "+++"}
    ]


def _known(kinds: Kinds, kind: str, field: str) -> None:
    if kind not in kinds.save:
        raise invalid(
            "unknown_kind",
            f'there is no kind of definition "{kind}"',
            field=field,
            got=kind,
            allowed=", ".join(kinds.save),
            hint=did_you_mean(kind, kinds.save),
        )


def _out(one: Definition) -> DefinitionOut:
    return DefinitionOut(
        kind=one.kind,
        key=one.key,
        version=one.version,
        document=dict(one.document),
        author=one.author,
        created_at=one.created_at,
        retired_at=one.retired_at,
    )
