"""Consent over HTTP: what a person said, what follows, and how a million stand."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from ninefold.api.auth import Caller
from ninefold.base import Clock, from_ms, to_ms
from ninefold.governance import consent
from ninefold.identity import Identity, erasing
from ninefold.profiles import Profiles, masking, read_reference

from .trail import note

router = APIRouter(prefix="/v1", tags=["consent"])

Reference = Annotated[str, Path(max_length=600, description="a public id, or `namespace:value`")]


class ConsentIn(BaseModel):
    """Something a person said about a purpose."""

    purpose: str = Field(max_length=63, examples=["marketing"])
    said: Literal["granted", "denied", "withdrawn", "requested"]
    node: str = Field("", max_length=63, description="node of the org tree and all below; empty is everywhere")
    at: datetime | None = Field(None, description="when it was said; now by default")
    expires_at: datetime | None = None
    text_version: str = Field("", max_length=200, examples=["privacy-2026-03"])
    channel: str = Field("", max_length=100, examples=["store tablet"])
    evidence: str = Field("", max_length=500, examples=["form 4711"])
    confirmation: str = Field("", max_length=200, description="what confirmed a yes, for double opt-in")


class ConsentRow(ConsentIn):
    """What a person said, in a file."""

    person: str = Field(max_length=600, description="public id, or `namespace:value`", examples=["phone:13912340001"])
    at: datetime = Field(description="when it was said: by it the same row is known again")


class ImportIn(BaseModel):
    """Rows of a file of consents; send a large file in parts."""

    name: str = Field(max_length=200, min_length=1, description="of the file: part of the proof", examples=["pos.csv"])
    rows: list[ConsentRow] = Field(min_length=1, max_length=10_000)


class ImportOut(BaseModel):
    """What became of the rows."""

    written: int = Field(description="records made; a person of several accounts has one for each")
    known: int = Field(description="rows that said what is known already")
    unknown: list[str] = Field(description="references that lead to nobody, masked")


class ConsentOut(BaseModel):
    """A record; records are never changed."""

    purpose: str
    said: str
    node: str
    at: datetime
    expires_at: datetime | None
    text_version: str
    channel: str
    evidence: str
    source: str


class StandingOut(BaseModel):
    """What holds for a purpose now, and why."""

    purpose: str
    standing: Literal["granted", "denied", "expired", "unknown"]
    allowed: bool
    conflict: bool = Field(description="accounts that were merged disagree; the strictest is in force: ask the person")
    pending: bool = Field(description="a yes waits to be confirmed")
    until: datetime | None
    because: list[ConsentOut]


class ConsentsOut(BaseModel):
    """A person's consents: standings per purpose, and every record, newest first."""

    standings: list[StandingOut]
    records: list[ConsentOut]


class PurposeCount(BaseModel):
    """How the accounts that said something about a purpose stand."""

    purpose: str
    name: str
    unknown: Literal["allow", "deny"] = Field(description="what happens to those who never said anything")
    granted: int
    denied: int
    expired: int


@router.get("/people/{reference}/consents")
def read(request: Request, reference: Reference, node: Annotated[str, Query(max_length=63)] = "") -> ConsentsOut:
    """What a person said, and what follows from it for a node."""
    return _read(request, _oneid(request, reference), node)


@router.post("/people/{reference}/consents")
def add(request: Request, caller: Caller, reference: Reference, body: ConsentIn) -> ConsentsOut:
    """Write down what a person said, for all accounts of the person: so it also settles a conflict."""
    book: consent.Consents = request.app.state.consents
    clock: Clock = request.app.state.clock
    now = clock.now()
    oneid = _oneid(request, reference)
    with request.app.state.records.begin() as conn:
        purpose = book.purpose(conn, body.purpose)
        if body.node:
            request.app.state.org.get(conn, body.node)
        accounts = Identity.load(conn).accounts(conn, oneid)
        source = f"api/{caller.name}"
        book.add(conn, [_record(body, purpose, account, source, now) for account in accounts], now=now)
    note(request, target=next(iter(accounts.values())), purpose=purpose.key, said=body.said, node=body.node)
    return _read(request, oneid, body.node)


@router.post("/consents/import")
def bring_in(request: Request, body: ImportIn) -> ImportOut:
    """Write down what many people said elsewhere, with proof; sending rows again writes nothing twice."""
    book: consent.Consents = request.app.state.consents
    profiles: Profiles = request.app.state.profiles
    clock: Clock = request.app.state.clock
    now = clock.now()
    found = profiles.oneids([read_reference(one.person) for one in body.rows])
    named = [(row, oneid) for row, oneid in zip(body.rows, found, strict=True) if oneid is not None]
    with request.app.state.records.begin() as conn:
        purposes = {key: book.purpose(conn, key) for key in {row.purpose for row, _ in named}}
        for node in {row.node for row, _ in named if row.node}:
            request.app.state.org.get(conn, node)
        people = erasing.subjects_of(conn, [oneid for _, oneid in named])
        by_row = [
            [
                _record(row, purposes[row.purpose], account, f"file/{body.name}", now)
                for account in people[oneid].accounts
            ]
            for row, oneid in named
        ]
        before = book.known(conn, [record for records in by_row for record in records])
        written = book.add(conn, [record for records in by_row for record in records], now=now)
    known = sum(all(record in before for record in records) for records in by_row)
    unknown = [_masked(row.person) for row, oneid in zip(body.rows, found, strict=True) if oneid is None]
    note(request, verb="consents imported", target=body.name, rows=len(body.rows), written=written)
    return ImportOut(written=written, known=known, unknown=unknown)


@router.get("/consents")
def summary(request: Request, node: Annotated[str, Query(max_length=63)] = "") -> list[PurposeCount]:
    """How many accounts stand how, per purpose, for a node."""
    book: consent.Consents = request.app.state.consents
    clock: Clock = request.app.state.clock
    found: list[PurposeCount] = []
    with request.app.state.records.begin() as conn:
        for purpose in book.purposes(conn).purposes.values():
            counts = Counter(book.standings(conn, purpose.key, node=node, now=clock.now()).values())
            found.append(
                PurposeCount(
                    purpose=purpose.key,
                    name=purpose.name,
                    unknown=purpose.unknown,
                    granted=counts[consent.Standing.GRANTED],
                    denied=counts[consent.Standing.DENIED],
                    expired=counts[consent.Standing.EXPIRED],
                )
            )
    return found


def _read(request: Request, oneid: int, node: str) -> ConsentsOut:
    book: consent.Consents = request.app.state.consents
    clock: Clock = request.app.state.clock
    with request.app.state.records.begin() as conn:
        accounts = list(Identity.load(conn).accounts(conn, oneid))
        decisions = {
            key: book.decide(conn, accounts, key, node=node, now=clock.now()) for key in book.purposes(conn).purposes
        }
        records = book.records(conn, accounts)
    standings = [
        StandingOut(
            purpose=key, standing=one.standing.value, allowed=one.allowed, conflict=one.conflict, pending=one.pending,
            until=one.until,
            because=[_out(record) for record in one.because],
        )
        for key, one in decisions.items()
    ]  # fmt: skip
    return ConsentsOut(standings=standings, records=[_out(one) for one in records])


def _record(body: ConsentIn, purpose: consent.Purpose, account: int, source: str, now: datetime) -> consent.Record:
    at = body.at or now
    ends = body.expires_at or (at + purpose.valid_for if purpose.valid_for else None)
    said = consent.confirmed(purpose, body.said, body.confirmation)
    return consent.Record(
        oneid=account, purpose=purpose.key, said=said, at_ms=to_ms(at), node=body.node,
        expires_ms=to_ms(ends) if ends and said == "granted" else None, text_version=body.text_version,
        channel=body.channel, evidence=body.confirmation or body.evidence, source=source,
    )  # fmt: skip


def _masked(reference: str) -> str:
    namespace, colon, value = reference.partition(":")
    return f"{namespace}:{masking.hidden_identifier(namespace, value)}" if colon else reference


def _oneid(request: Request, reference: str) -> int:
    profiles: Profiles = request.app.state.profiles
    return profiles.oneid(read_reference(reference))


def _out(one: consent.Record) -> ConsentOut:
    return ConsentOut(
        purpose=one.purpose, said=one.said, node=one.node, at=from_ms(one.at_ms),
        expires_at=from_ms(one.expires_ms) if one.expires_ms is not None else None, text_version=one.text_version,
        channel=one.channel, evidence=one.evidence, source=one.source,
    )  # fmt: skip
