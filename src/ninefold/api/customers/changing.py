"""Customers changed by a key. Every operation may be repeated with its ``Idempotency-Key``."""

from collections.abc import Callable

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel
from sqlalchemy.engine import Connection

from ninefold.api.auth import Caller
from ninefold.api.governance import note
from ninefold.base import Clock
from ninefold.customers import Customers, Given, Outcome

from .calls import PROBLEMS, Fingerprint, IdempotencyKey, limited, once
from .forms import CustomerIn, CustomersIn, Done, LinkIn, UnlinkIn, VerdictOut, VerdictsOut, pairs, verdict_out
from .reading import Reference

router = APIRouter(prefix="/v1", tags=["open API"], dependencies=[Depends(limited)], responses=PROBLEMS)


@router.put("/customers", response_model=VerdictOut)
def upsert_customer(
    request: Request, caller: Caller, body: CustomerIn, seen: Fingerprint, key: IdempotencyKey = None
) -> Response:
    """Make or change one customer: identifiers, traits, memberships and consents in one transaction.

    The answer names the customer by public id. Identifiers, memberships and consents hold when it is given; traits can
    be read a moment later, when the event of the receipt is processed.
    """
    _ = key
    given = body.given()

    def work(conn: Connection, name: str) -> VerdictOut:
        [outcome] = _upsert(request, caller, [given], conn, name)
        note(request, target=outcome.id, verb="upsert customer", outcome=outcome.status.value)
        return verdict_out(outcome)

    return _done(request, once(request, caller, seen, work))


@router.post("/customers", response_model=VerdictsOut)
def upsert_customers(
    request: Request, caller: Caller, body: CustomersIn, seen: Fingerprint, key: IdempotencyKey = None
) -> Response:
    """The same for up to 1,000 customers: each has its own verdict, and a wrong one does not stop the others."""
    _ = key
    items = [one.given() for one in body.customers]

    def work(conn: Connection, name: str) -> VerdictsOut:
        outcomes = _upsert(request, caller, items, conn, name)
        verdicts = [verdict_out(one) for one in outcomes]
        accepted = sum(one.status == "accepted" for one in verdicts)
        note(request, verb="upsert customers", people=accepted, rejected=len(verdicts) - accepted)
        return VerdictsOut(verdicts=verdicts, accepted=accepted, rejected=len(verdicts) - accepted)

    return _done(request, once(request, caller, seen, work))


@router.post("/customers/{reference}/link", response_model=VerdictOut)
def link_customer(
    request: Request, caller: Caller, reference: Reference, body: LinkIn, seen: Fingerprint, key: IdempotencyKey = None
) -> Response:
    """Say that identifiers belong to a customer, under the same rules as an event that carries them."""
    _ = key

    def work(conn: Connection, name: str) -> BaseModel:
        outcome = _desk(request).writing.link(
            conn, caller, reference, pairs(body.identifiers), message_id=f"{name}.0", now=_clock(request).now()
        )
        note(request, target=outcome.id, verb="link customer", namespaces=sorted(body.identifiers))
        return verdict_out(outcome)

    return _done(request, once(request, caller, seen, work))


@router.post("/customers/{reference}/unlink", response_model=Done)
def unlink_customer(
    request: Request, caller: Caller, reference: Reference, body: UnlinkIn, seen: Fingerprint,
    key: IdempotencyKey = None,
) -> Response:  # fmt: skip
    """Take back that an identifier belongs to a customer. What it is seen with later counts again.

    A key that sees only what its own sources said cannot take back what others say.
    """
    _ = key

    def work(conn: Connection, _name: str) -> BaseModel:
        _desk(request).writing.unlink(conn, caller, reference, (body.namespace, body.value), now=_clock(request).now())
        note(request, verb="unlink customer", namespace=body.namespace)
        return Done(status="done")

    return _done(request, once(request, caller, seen, work))


@router.delete("/customers/{reference}", status_code=202, response_model=Done)
def forget_customer(
    request: Request, caller: Caller, reference: Reference, seen: Fingerprint, key: IdempotencyKey = None
) -> Response:
    """Pass on that a customer wants to be forgotten; needs the verb `erase`.

    It becomes a request for erasure, carried out as a durable job. A customer who belongs to other nodes too leaves
    the key's node, and withdraws every consent there.
    """
    _ = key
    opened: list[int] = []

    def work(conn: Connection, _name: str) -> BaseModel:
        request_id = _desk(request).writing.forget(conn, caller, reference, now=_clock(request).now())
        opened.extend([request_id] if request_id else [])
        note(request, verb="forget customer", number=request_id)
        return Done(status="accepted")

    answer = _done(request, once(request, caller, seen, work, status=202))
    submit: Callable[[int], None] = request.app.state.submit_privacy
    for request_id in opened:
        submit(request_id)
    return answer


def _upsert(request: Request, caller: Caller, items: list[Given], conn: Connection, name: str) -> tuple[Outcome, ...]:
    return _desk(request).writing.upsert(conn, caller, items, ids=lambda k: f"{name}.{k}", now=_clock(request).now())


def _done(request: Request, answer: Response) -> Response:
    _desk(request).told()
    return answer


def _desk(request: Request) -> Customers:
    desk: Customers = request.app.state.customers
    return desk


def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock
