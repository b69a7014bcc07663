"""Health, readiness and access keys."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from ninefold.base import Error
from ninefold.governance import CallLimit, Keys, Scope, Verb

from .governance import note

health = APIRouter(prefix="/health", tags=["health"])
router = APIRouter(prefix="/v1/keys", tags=["keys"])


class Health(BaseModel):
    """Whether the parts of this process work."""

    ok: bool
    parts: dict[str, str] = Field(examples=[{"records": "ok", "events": "ok", "pipeline": "ok"}])


@health.get("/live")
def live() -> Health:
    """The process answers. For liveness probes."""
    return Health(ok=True, parts={})


@health.get("/ready", responses={503: {"model": Health, "description": "a part does not work"}})
def ready(request: Request, response: Response) -> Health:
    """Both stores answer and the workers run. For readiness probes and load balancers.

    A pipeline that lags behind (see the setting `lag_seconds`) says so here and stays ready: it works, and taking the
    server away would only make it later.
    """
    parts = request.app.state.health()
    ok = all(state == "ok" or state.startswith("lagging") for state in parts.values())  # late, but it works
    if not ok:
        response.status_code = 503
    return Health(ok=ok, parts=parts)


class ScopeIn(BaseModel):
    """What a token may do and see."""

    node: str = Field("", max_length=63, description="only people of this node and below", examples=["acme.sh"])
    clear: list[Literal["name", "phone", "email", "address", "birthday", "id_card", "identifiers"]] = Field(
        [], description="kinds of personal fields shown as they are; the others are masked", examples=[["name"]]
    )
    verbs: list[Verb] = Field(["read"], min_length=1)
    purposes: list[str] = Field(
        [], max_length=50, description="open API: only people who consent to one of these at the node; none: all",
        examples=[["marketing"]],
    )  # fmt: skip
    sees: Literal["own", "all"] = Field(
        "own", description="open API of a node's key: what the node's own sources said, or what everybody said"
    )
    calls_per_second: float = Field(50.0, gt=0.01, le=10_000, description="open API: calls a second, sustained")
    burst: int = Field(100, ge=1, le=100_000, description="open API: calls at once after a pause")


class KeyIn(BaseModel):
    """A key to make."""

    kind: Literal["write", "token"]
    name: str = Field(min_length=1, max_length=100, pattern=r"^[\w.\- ]+$", examples=["web"])
    channel: str = Field("", max_length=50, pattern=r"^[\w.\-]*$", examples=["web"])
    scope: ScopeIn | None = Field(None, description="of a token; everything by default")


class KeyMade(BaseModel):
    """A new key; the secret of a token is shown only here."""

    kind: str
    name: str
    secret: str


class KeyOut(BaseModel):
    """A key as lists show it."""

    id: int
    kind: str
    name: str
    channel: str
    shown: str
    created_at: datetime
    revoked_at: datetime | None


@router.get("")
def list_keys(request: Request) -> list[KeyOut]:
    """All keys, the living first."""
    keys: Keys = request.app.state.keys
    return [
        KeyOut(
            id=key.id,
            kind=key.kind,
            name=key.name,
            channel=key.channel,
            shown=key.shown,
            created_at=key.created_at,
            revoked_at=key.revoked_at,
        )
        for key in keys.list()
    ]


@router.post("", status_code=201)
def make_key(request: Request, body: KeyIn) -> KeyMade:
    """Make a write key for a source or a token for a caller of the API."""
    keys: Keys = request.app.state.keys
    note(request, target=body.name, kind=body.kind)
    return KeyMade(
        kind=body.kind,
        name=body.name,
        secret=keys.issue(body.kind, body.name, channel=body.channel, scope=_scope(request, body)),
    )


@router.post("/{key_id}/revoke", status_code=204)
def revoke_key(request: Request, key_id: int) -> None:
    """End a key."""
    keys: Keys = request.app.state.keys
    keys.revoke(key_id)


def _scope(request: Request, body: KeyIn) -> Scope | None:
    if body.scope is None or body.kind != "token":
        return None
    asked = body.scope
    with request.app.state.records.begin() as conn:
        if asked.node:
            request.app.state.org.get(conn, asked.node)
        for purpose in asked.purposes:
            request.app.state.consents.purpose(conn, purpose)
    return Scope(
        node=asked.node,
        clear=frozenset(asked.clear),
        verbs=frozenset(asked.verbs),
        purposes=frozenset(asked.purposes),
        sees=asked.sees,
        limit=CallLimit(per_second=asked.calls_per_second, burst=asked.burst),
    )


def health_of(checks: dict[str, object]) -> dict[str, str]:
    """Run named checks; each says ``ok`` or what is wrong."""
    found: dict[str, str] = {}
    for name, check in checks.items():
        try:
            answer = check() if callable(check) else None
        except Error as error:
            found[name] = error.message
        else:
            found[name] = str(answer) if answer else "ok"
    return found
