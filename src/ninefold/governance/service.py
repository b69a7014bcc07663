"""Access keys: write keys for collection, bearer tokens for the API.

A write key stands in web pages and apps, so it is stored as it is and can be shown again. A token opens customer
data: it is shown once and only its hash is stored.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Clock, conflict, missing
from ninefold.store import Records

from .model import FIELDS, VERBS, AccessKey, CallLimit, KeyKind, Principal, Scope, Source
from .tables import access_keys

_CACHE_SECONDS = 5.0  # how long a revoked key may still pass in another process


class Keys:
    """Issues, finds and revokes access keys."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, sa.Row[Any] | None]] = {}
        self._guard = threading.Lock()

    def issue(self, kind: KeyKind, name: str, *, channel: str = "", scope: Scope | None = None) -> str:
        """Make a key and return its secret; names are unique among the living keys of a kind.

        Args:
            kind: write key or token.
            name: of the source or the caller.
            channel: of a source.
            scope: of a token; everything by default.
        """
        secret = ("nfw_" if kind == "write" else "nft_") + secrets.token_urlsafe(24)
        with self._records.begin() as conn:
            if self._named(conn, kind, name) is not None:
                raise conflict("name_taken", f'there is a {kind} key named "{name}" already', hint="revoke it first")
            self._insert(conn, kind, name, channel, secret, scope=scope)
        return secret

    def ensure_write_key(self, name: str, *, channel: str = "", secret: str = "") -> str:
        """The living write key of a source, which is made when there is none (with the given secret, if any)."""
        with self._records.begin() as conn:
            found = self._named(conn, "write", name)
            if found is not None:
                return str(found.secret)
            secret = secret or "nfw_" + secrets.token_urlsafe(24)
            self._insert(conn, "write", name, channel, secret)
        self._forget()
        return secret

    def source_of(self, write_key: str) -> Source | None:
        """The source that a write key belongs to; None for an unknown or revoked key. Answers from memory mostly."""
        row = self._lookup("write", write_key)
        return Source(key=row.name, channel=row.channel) if row is not None else None

    def principal_of(self, token: str) -> Principal | None:
        """Who a bearer token belongs to; None for an unknown or revoked one. Answers from memory mostly."""
        row = self._lookup("token", _hashed(token))
        return Principal(name=row.name, scope=_scope(row.scope), key=row.id) if row is not None else None

    def remembers(self, token: str) -> bool:
        """Whether :meth:`principal_of` answers from memory at this moment."""
        return self._remembered(("token", _hashed(token))) is not None

    def list(self) -> tuple[AccessKey, ...]:
        """All keys, the living first, newest first."""
        order = (access_keys.c.revoked_at.isnot(None), access_keys.c.created_at.desc(), access_keys.c.id.desc())
        with self._records.begin() as conn:
            rows = conn.execute(sa.select(access_keys).order_by(*order)).all()
        return tuple(
            AccessKey(
                id=row.id,
                kind=row.kind,
                name=row.name,
                channel=row.channel,
                shown=row.secret if row.kind == "write" else "nft_…",
                created_at=row.created_at,
                revoked_at=row.revoked_at,
                scope=_scope(row.scope),
            )
            for row in rows
        )

    def revoke(self, key_id: int) -> None:
        """End a key; events under it are answered 401 within seconds."""
        with self._records.begin() as conn:
            done = conn.execute(
                sa.update(access_keys)
                .where(access_keys.c.id == key_id, access_keys.c.revoked_at.is_(None))
                .values(revoked_at=self._clock.now())
            ).rowcount
        if not done:
            raise missing("unknown_key", "there is no living key with this id", field="id", got=key_id)
        self._forget()

    def living(self, conn: Connection, name: str) -> tuple[int, ...]:
        """Numbers of the living tokens of a name."""
        k = access_keys.c
        wanted = sa.select(k.id).where(k.kind == "token", k.name == name, k.revoked_at.is_(None)).order_by(k.id)
        return tuple(conn.scalars(wanted))

    def end(self, conn: Connection, name: str) -> tuple[int, ...]:
        """End the living tokens of a name with the caller's transaction; gives their numbers."""
        found = self.living(conn, name)
        conn.execute(sa.update(access_keys).where(access_keys.c.id.in_(found)).values(revoked_at=self._clock.now()))
        self._forget()
        return found

    def restore(self, conn: Connection, numbers: Sequence[int]) -> tuple[int, ...]:
        """Let tokens live again that were ended, unless another lives under their name; gives their numbers."""
        k, other = access_keys.c, access_keys.alias("other")
        taken = sa.exists().where(other.c.kind == k.kind, other.c.name == k.name, other.c.revoked_at.is_(None))
        again = sa.update(access_keys).where(k.id.in_(numbers), k.revoked_at.isnot(None), ~taken)
        found = tuple(conn.scalars(again.values(revoked_at=None).returning(k.id)))
        self._forget()
        return found

    def _insert(
        self, conn: Connection, kind: KeyKind, name: str, channel: str, secret: str, *, scope: Scope | None = None
    ) -> None:
        stored = secret if kind == "write" else _hashed(secret)
        conn.execute(
            sa.insert(access_keys).values(
                kind=kind,
                name=name,
                channel=channel,
                secret=stored,
                scope=_document(scope),
                created_at=self._clock.now(),
            )
        )

    def _named(self, conn: Connection, kind: KeyKind, name: str) -> sa.Row[Any] | None:
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"access key/{kind}/{name}", 0))
        conn.execute(sa.select(lock))
        return conn.execute(
            sa.select(access_keys).where(
                access_keys.c.kind == kind, access_keys.c.name == name, access_keys.c.revoked_at.is_(None)
            )
        ).one_or_none()

    def _lookup(self, kind: str, stored: str) -> sa.Row[Any] | None:
        if not stored.isascii():  # no key of ours is, and some such text cannot even be sent to the database
            return None
        key = (kind, stored)
        present = time.monotonic()
        if (cached := self._remembered(key)) is not None:
            return cached[1]
        with self._records.begin() as conn:
            row = conn.execute(
                sa.select(access_keys).where(
                    access_keys.c.kind == kind,
                    access_keys.c.secret == stored,
                    access_keys.c.revoked_at.is_(None),
                )
            ).one_or_none()
        with self._guard:
            if len(self._known) > 10_000:  # somebody is guessing: forget the misses
                self._known.clear()
            self._known[key] = (present, row)
        return row

    def _remembered(self, key: tuple[str, str]) -> tuple[float, sa.Row[Any] | None] | None:
        """What was found under a key, and when, while it may be believed."""
        cached = self._known.get(key)
        return cached if cached is not None and time.monotonic() - cached[0] < _CACHE_SECONDS else None

    def _forget(self) -> None:
        with self._guard:
            self._known.clear()


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _document(scope: Scope | None) -> object:
    if scope is None:
        return sa.null()
    return {
        "node": scope.node,
        "clear": sorted(scope.clear),
        "verbs": sorted(scope.verbs),
        "purposes": sorted(scope.purposes),
        "sees": scope.sees,
        "limit": {"per_second": scope.limit.per_second, "burst": scope.limit.burst},
    }


def _scope(document: dict[str, Any] | None) -> Scope:
    """A scope as it was stored; what cannot be read grants nothing."""
    if document is None:
        return Scope()
    limit = document.get("limit", {})
    return Scope(
        node=str(document.get("node", "")),
        clear=FIELDS.intersection(document.get("clear", ())),
        verbs=VERBS.intersection(document.get("verbs", ())),
        purposes=frozenset(map(str, document.get("purposes", ()))),
        sees="all" if document.get("sees") == "all" else "own",
        limit=CallLimit(
            per_second=float(limit.get("per_second", CallLimit().per_second)),
            burst=int(limit.get("burst", CallLimit().burst)),
        ),
    )
