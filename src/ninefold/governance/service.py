"""Access keys: write keys for collection, bearer tokens for the API.

A write key stands in web pages and apps, so it is stored as it is and can be shown again. A token opens customer
data: it is shown once and only its hash is stored.
"""

import secrets
import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Clock, conflict, missing
from ninefold.store import Records

from .model import AccessKey, KeyKind, Principal, Scope, Source
from .scopes import read_scope, scope_document
from .secret import Memory, hashed
from .tables import access_keys


class Keys:
    """Issues, finds and revokes access keys."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._memory: Memory[sa.Row[Any]] = Memory()

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
        self._memory.forget()
        return secret

    def source_of(self, write_key: str) -> Source | None:
        """The source that a write key belongs to; None for an unknown or revoked key. Answers from memory mostly."""
        row = self._lookup("write", write_key)
        return Source(key=row.name, channel=row.channel) if row is not None else None

    def principal_of(self, token: str) -> Principal | None:
        """Who a bearer token belongs to; None for an unknown or revoked one. Answers from memory mostly."""
        row = self._lookup("token", hashed(token))
        return Principal(name=row.name, scope=read_scope(row.scope), key=row.id) if row is not None else None

    def remembers(self, token: str) -> bool:
        """Whether :meth:`principal_of` answers from memory at this moment."""
        return self._memory.recall(f"token/{hashed(token)}") is not None

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
                scope=read_scope(row.scope),
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
        self._memory.forget()

    def living(self, conn: Connection, name: str) -> tuple[int, ...]:
        """Numbers of the living tokens of a name."""
        k = access_keys.c
        wanted = sa.select(k.id).where(k.kind == "token", k.name == name, k.revoked_at.is_(None)).order_by(k.id)
        return tuple(conn.scalars(wanted))

    def end(self, conn: Connection, name: str) -> tuple[int, ...]:
        """End the living tokens of a name with the caller's transaction; gives their numbers."""
        found = self.living(conn, name)
        conn.execute(sa.update(access_keys).where(access_keys.c.id.in_(found)).values(revoked_at=self._clock.now()))
        self._memory.forget()
        return found

    def restore(self, conn: Connection, numbers: Sequence[int]) -> tuple[int, ...]:
        """Let tokens live again that were ended, unless another lives under their name; gives their numbers."""
        k, other = access_keys.c, access_keys.alias("other")
        taken = sa.exists().where(other.c.kind == k.kind, other.c.name == k.name, other.c.revoked_at.is_(None))
        again = sa.update(access_keys).where(k.id.in_(numbers), k.revoked_at.isnot(None), ~taken)
        found = tuple(conn.scalars(again.values(revoked_at=None).returning(k.id)))
        self._memory.forget()
        return found

    def _insert(
        self, conn: Connection, kind: KeyKind, name: str, channel: str, secret: str, *, scope: Scope | None = None
    ) -> None:
        stored = secret if kind == "write" else hashed(secret)
        conn.execute(
            sa.insert(access_keys).values(
                kind=kind,
                name=name,
                channel=channel,
                secret=stored,
                scope=sa.null() if scope is None else scope_document(scope),
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
        key = f"{kind}/{stored}"
        present = time.monotonic()
        if (remembered := self._memory.recall(key)) is not None:
            return remembered[0]
        with self._records.begin() as conn:
            row = conn.execute(
                sa.select(access_keys).where(
                    access_keys.c.kind == kind,
                    access_keys.c.secret == stored,
                    access_keys.c.revoked_at.is_(None),
                )
            ).one_or_none()
        self._memory.keep(key, row, since=present)
        return row
