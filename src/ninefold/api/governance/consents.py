"""Consent over HTTP: what a person said, what follows, and how a million stand."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from ninefold.api.auth import Caller
from ninefold.base import Clock, from_ms, to_ms
from ninefold.governance import consent
from ninefold.identity import Identity
from ninefold.profiles import Profiles, read_reference

from .trail import note

router = APIRouter(prefix="/v1", tags=["consent"])

Reference = Annotated[str, Path(max_length=600, description="a public id, or `namespace:value`")]


class ConsentIn(BaseModel):
    """Something a person said about a purpose."""

    purpose: str = Field(max_length=63, examples=["marketing"])
    said: Literal["granted", "denied", "withdrawn"]
    node: str = Field("", max_length=63, description="node of the org tree and all below; empty is everywhere")
    at: datetime | None = Field(None, description="when it was said; now by default")
    expires_at: datetime | None = None
    text_version: str = Field("", max_length=200, examples=["privacy-2026-03"])
    channel: str = Field("", max_length=100, examples=["store tablet"])
    evidence: str = Field("", max_length=500, examples=["form 4711"])


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
        at = body.at or now
        ends = body.expires_at or (at + purpose.valid_for if purpose.valid_for else None)
        accounts = Identity.load(conn).accounts(conn, oneid)
        book.add(
            conn,
            [
                consent.Record(
                    oneid=account, purpose=purpose.key, said=body.said, at_ms=to_ms(at), node=body.node,
                    expires_ms=to_ms(ends) if ends and body.said == "granted" else None,
                    text_version=body.text_version, channel=body.channel, evidence=body.evidence,
                    source=f"api/{caller.name}",
                )
                for account in accounts
            ],
            now=now,
        )  # fmt: skip
    note(request, target=next(iter(accounts.values())), purpose=purpose.key, said=body.said, node=body.node)
    return _read(request, oneid, body.node)


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
            purpose=key, standing=one.standing.value, allowed=one.allowed, conflict=one.conflict, until=one.until,
            because=[_out(record) for record in one.because],
        )
        for key, one in decisions.items()
    ]  # fmt: skip
    return ConsentsOut(standings=standings, records=[_out(one) for one in records])


def _oneid(request: Request, reference: str) -> int:
    profiles: Profiles = request.app.state.profiles
    return profiles.oneid(read_reference(reference))


def _out(one: consent.Record) -> ConsentOut:
    return ConsentOut(
        purpose=one.purpose, said=one.said, node=one.node, at=from_ms(one.at_ms),
        expires_at=from_ms(one.expires_ms) if one.expires_ms is not None else None, text_version=one.text_version,
        channel=one.channel, evidence=one.evidence, source=one.source,
    )  # fmt: skip
