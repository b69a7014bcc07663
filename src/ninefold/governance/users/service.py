"""Users: letting people in, changing what they may, letting them go.

Each verb works in the caller's transaction, with the audit entry or not at all, and tells nothing of passwords.
"""

import secrets
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Clock, conflict, invalid, missing, refused
from ninefold.governance.oidc import Claimed
from ninefold.governance.secret import hashed

from . import queries
from .model import Change, Invitation, NewUser, Person, State
from .passwords import Passwords
from .rules import check_password, check_roles, clean_login, folded
from .sessions import Sessions
from .tables import users

_LINK_LASTS: Final = timedelta(days=3)


class Users:
    """Who may sign in."""

    def __init__(self, clock: Clock, passwords: Passwords, sessions: Sessions) -> None:
        self._clock = clock
        self._passwords = passwords
        self._sessions = sessions

    def listed(self, conn: Connection) -> tuple[Person, ...]:
        """All users, by login."""
        return tuple(person(row) for row in conn.execute(sa.select(users).order_by(users.c.login)))

    def any(self, conn: Connection) -> bool:
        """Whether anybody can sign in: somebody is let in and neither disabled nor without a password."""
        return bool(conn.scalar(sa.select(sa.exists().where(users.c.state == State.ACTIVE))))

    def get(self, conn: Connection, login: str) -> Person:
        """A user.

        Raises:
            Error: missing ``unknown_user``.
        """
        return person(self._row(conn, login))

    def add(self, conn: Connection, new: NewUser) -> tuple[Person, Invitation | None]:
        """Let somebody in: with a first password, or with an invitation to choose one.

        Raises:
            Error: invalid (login, roles, password); conflict ``login_taken``.
        """
        login, roles = clean_login(new.login), check_roles(new.roles)
        name = new.name.strip() or login
        if new.password:
            check_password(new.password, login=login, name=name)
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"user/{login}", 0))
        conn.execute(sa.select(lock))
        if conn.execute(queries.locked(login)).one_or_none() is not None:
            raise conflict("login_taken", f'there is a user "{login}" already', hint="change that one instead")
        row = conn.execute(
            sa.insert(users)
            .values(
                login=login, name=name, roles=list(roles), node=new.node, created_at=self._clock.now(),
                state=State.ACTIVE if new.password else State.INVITED, must_change=bool(new.password),
                password=self._passwords.hashed(new.password) if new.password else None,
            )
            .returning(users)
        ).one()  # fmt: skip
        return person(row), None if new.password else self._link(conn, row.id)

    def change(self, conn: Connection, login: str, change: Change) -> tuple[Person, Person]:
        """Change a user's name, roles or node; what they were before, and are now. Open sessions follow in seconds.

        Raises:
            Error: missing ``unknown_user``; invalid ``unknown_role``.
        """
        before = person(self._row(conn, login))
        values: dict[str, object] = {}
        if change.name is not None:
            values["name"] = change.name.strip() or before.login
        if change.roles is not None:
            values["roles"] = list(check_roles(change.roles))
        if change.node is not None:
            values["node"] = change.node
        return before, self._set(conn, before.id, values) if values else before

    def disable(self, conn: Connection, login: str) -> Person:
        """Let somebody in no more: sessions and links end at once. Doing it twice is harmless."""
        row = self._row(conn, login)
        conn.execute(queries.drop_links(row.id))
        self._sessions.end_all(conn, row.id)
        return self._set(conn, row.id, {"state": State.DISABLED})

    def enable(self, conn: Connection, login: str) -> Person:
        """Let somebody in again who was disabled or locked, with the password they have.

        Raises:
            Error: missing ``unknown_user``.
        """
        row = self._row(conn, login)
        state = State.ACTIVE if row.password or row.issuer else State.INVITED
        return self._set(conn, row.id, {"state": state, "failures": 0})

    def reset(self, conn: Connection, login: str, *, factor: bool = False) -> tuple[Person, Invitation]:
        """A new one-time link for somebody who was invited, or forgot the password: the old password and all
        sessions end, and with ``factor`` the codes of their device as well.

        Raises:
            Error: missing ``unknown_user``; conflict ``user_disabled``.
        """
        row = self._row(conn, login)
        if row.state == State.DISABLED:
            raise conflict("user_disabled", f'"{row.login}" is disabled', hint="enable the user first")
        self._sessions.end_all(conn, row.id)
        values: dict[str, object] = {"password": None, "state": State.INVITED, "failures": 0, "must_change": False}
        if factor:
            values |= {"totp": None, "totp_on": False}
            for statement in queries.replace_codes(row.id, ()):
                conn.execute(statement)
        return self._set(conn, row.id, values), self._link(conn, row.id)

    def vouched(self, conn: Connection, who: Claimed, *, create: bool) -> Person:
        """The user whom a provider vouches for, with the roles that it says; made at the first sign-in if that is set.

        A user who was let in by the same e-mail address becomes theirs, when the provider vouches for the address.

        Raises:
            Error: refused ``not_let_in``, for whoever nobody let in, was disabled, or has no role.
        """
        row = conn.execute(queries.of_subject(who.issuer, who.subject)).one_or_none()
        login = clean_login(who.login)
        if row is None and who.verified:
            found = conn.execute(queries.locked(login)).one_or_none()
            row = found if found is not None and not found.issuer else None
        roles = check_roles(who.roles or ()) if who.roles or (row is None and create) else None
        if row is None and create and roles:
            new = NewUser(login=login, name=who.name, roles=roles)
            row = self._row(conn, self.add(conn, new)[0].login)
        if row is None or row.state in {State.DISABLED, State.LOCKED} or who.roles == ():
            raise refused("not_let_in", "you are not let in here", hint="ask an admin to add you as a user")
        conn.execute(queries.drop_links(row.id))
        values: dict[str, object] = {"issuer": who.issuer, "subject": who.subject, "last_sign_in_at": self._clock.now()}
        if roles:
            values["roles"] = list(roles)
        return self._set(conn, row.id, {**values, "state": State.ACTIVE, "must_change": False})

    def take_link(self, conn: Connection, token: str, password: str) -> Person:
        """Choose a password with a one-time link, which opens nothing any more after it.

        Raises:
            Error: missing ``unknown_link`` (used, replaced, too old); invalid ``weak_password``, which keeps it.
        """
        row = conn.execute(queries.of_link(hashed(token), self._clock.now())).one_or_none()
        if row is None or row.state == State.DISABLED:
            raise missing("unknown_link", "this link opens nothing any more", hint="ask an admin for a new one")
        check_password(password, login=row.login, name=row.name)
        conn.execute(queries.drop_links(row.id))
        self._sessions.end_all(conn, row.id)
        values = {"password": self._passwords.hashed(password), "state": State.ACTIVE, "failures": 0}
        return self._set(conn, row.id, {**values, "must_change": False})

    def change_password(self, conn: Connection, user: int, old: str, new: str, *, session: int) -> Person:
        """Change one's own password, the old one having been checked; all other sessions and links end.

        Raises:
            Error: invalid ``same_password``, ``weak_password``.
        """
        row = conn.execute(sa.select(users).where(users.c.id == user).with_for_update()).one()
        if old == new:
            raise invalid("same_password", "this is the password you have", field="password", allowed="another one")
        check_password(new, login=row.login, name=row.name)
        conn.execute(queries.drop_links(user))
        self._sessions.end_all(conn, user, but=session)
        return self._set(conn, user, {"password": self._passwords.hashed(new), "must_change": False})

    def _row(self, conn: Connection, login: str) -> sa.Row[Any]:
        row = conn.execute(queries.locked(folded(login))).one_or_none()
        if row is None:
            raise missing("unknown_user", "there is no such user", field="login", got=login)
        return row

    def _set(self, conn: Connection, user: int, values: dict[str, object]) -> Person:
        row = conn.execute(sa.update(users).where(users.c.id == user).values(values).returning(users)).one()
        self._sessions.forget()
        return person(row)

    def _link(self, conn: Connection, user: int) -> Invitation:
        token, expires_at = secrets.token_urlsafe(32), self._clock.now() + _LINK_LASTS
        for statement in queries.replace_link(user, hashed(token), expires_at):
            conn.execute(statement)
        return Invitation(token=token, expires_at=expires_at)


def person(row: sa.Row[Any]) -> Person:
    """A row of users as lists show it."""
    return Person(
        id=row.id, login=row.login, name=row.name, roles=tuple(row.roles), node=row.node, state=State(row.state),
        must_change=row.must_change, totp=row.totp_on, provider=row.issuer, created_at=row.created_at,
        last_sign_in_at=row.last_sign_in_at,
    )  # fmt: skip
