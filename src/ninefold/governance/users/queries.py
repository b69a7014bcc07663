"""SQL of users and sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.governance.tables import access_keys

from .tables import sessions, user_codes, user_links, users

_ALIVE = sessions.c.ended_at.is_(None)


def opened(digest: str) -> sa.Select[Any]:
    """A session with its owner, while neither was ended: one row or none. Whether its time is over is not asked."""
    s, u, k = sessions.c, users.c, access_keys.c
    owner_lives = sa.or_(sa.and_(s.user_id.isnot(None), u.state == "active"),
                         sa.and_(s.key_id.isnot(None), k.revoked_at.is_(None)))  # fmt: skip
    return (
        sa.select(
            s.id, s.user_id, s.key_id, s.method, s.seen_at, s.expires_at, u.login, u.name, u.roles, u.node,
            u.must_change, k.name.label("key_name"), k.scope,
        )
        .select_from(sessions.outerjoin(users, u.id == s.user_id).outerjoin(access_keys, k.id == s.key_id))
        .where(s.digest == digest, _ALIVE, owner_lives)
    )  # fmt: skip


def seen(session: int, now: datetime) -> sa.Update:
    """Note that a session is used."""
    return sa.update(sessions).where(sessions.c.id == session, sessions.c.seen_at < now).values(seen_at=now)


def living(user: int, now: datetime, idle_since: datetime) -> sa.Select[Any]:
    """The living sessions of a user, the last used first."""
    s = sessions.c
    mine = (s.user_id == user, _ALIVE, s.expires_at > now, s.seen_at > idle_since)
    return sa.select(sessions).where(*mine).order_by(s.seen_at.desc(), s.id.desc())


def end(session: int, now: datetime) -> sa.Update:
    """End a session."""
    return sa.update(sessions).where(sessions.c.id == session, _ALIVE).values(ended_at=now)


def end_all(user: int, now: datetime, *, but: int = 0) -> sa.Update:
    """End the sessions of a user, but for one."""
    return sa.update(sessions).where(sessions.c.user_id == user, _ALIVE, sessions.c.id != but).values(ended_at=now)


def prune(before: datetime) -> sa.Delete:
    """Forget sessions that are over since."""
    return sa.delete(sessions).where(sa.or_(sessions.c.expires_at < before, sessions.c.ended_at < before))


def prune_links(now: datetime) -> sa.Delete:
    """Forget links that open nothing any more."""
    return sa.delete(user_links).where(user_links.c.expires_at <= now)


def locked(login: str) -> sa.Select[Any]:
    """A user by login; the row is ours until the transaction ends."""
    return sa.select(users).where(users.c.login == login).with_for_update()


def of_subject(issuer: str, subject: str) -> sa.Select[Any]:
    """A user by what a provider calls them; the row is ours until the transaction ends."""
    return sa.select(users).where(users.c.issuer == issuer, users.c.subject == subject).with_for_update()


def of_link(digest: str, now: datetime) -> sa.Select[Any]:
    """The user whom a one-time link belongs to; the row is ours until the transaction ends."""
    owner = sa.select(user_links.c.user_id).where(user_links.c.digest == digest, user_links.c.expires_at > now)
    return sa.select(users).where(users.c.id == owner.scalar_subquery()).with_for_update()


def replace_link(user: int, digest: str, expires_at: datetime) -> tuple[sa.Executable, ...]:
    """Give a user a link; older ones open nothing any more."""
    return (
        drop_links(user),
        sa.insert(user_links).values(user_id=user, digest=digest, expires_at=expires_at),
    )


def drop_links(user: int) -> sa.Delete:
    """Take a user's links away."""
    return sa.delete(user_links).where(user_links.c.user_id == user)


def replace_codes(user: int, digests: Sequence[str]) -> tuple[sa.Executable, ...]:
    """Give a user recovery codes instead of the old ones."""
    rows = [{"user_id": user, "digest": digest} for digest in digests]
    fresh = (pg.insert(user_codes).values(rows),) if rows else ()
    return (sa.delete(user_codes).where(user_codes.c.user_id == user), *fresh)


def spend_code(user: int, digest: str) -> sa.Delete:
    """Use a recovery code up; a row is deleted when it was good."""
    return sa.delete(user_codes).where(user_codes.c.user_id == user, user_codes.c.digest == digest)
