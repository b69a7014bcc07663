"""Values of users and sessions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from ninefold.governance.model import Principal, Verb

Role = Literal["admin", "engineer", "operator", "analyst", "reviewer", "service", "auditor"]


class State(StrEnum):
    """Whether somebody can sign in."""

    INVITED = "invited"  # has no password yet
    ACTIVE = "active"
    LOCKED = "locked"  # too many wrong passwords in a row: an admin must let them in again
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRight:
    """What a role brings.

    Attributes:
        verbs: as in :class:`ninefold.governance.Scope`.
        clear: kinds of personal fields that are shown as they are.
        about: for whom it is, in a few words.
    """

    verbs: frozenset[Verb]
    clear: frozenset[str]
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """Somebody to be let in.

    Attributes:
        login: an e-mail address or a short name; stands as the actor in the audit log.
        name: as colleagues call them.
        roles: at least one.
        node: of the org tree; empty is all of it.
        password: the first one, to be changed at once; without it they get an invitation.
    """

    login: str
    name: str
    roles: tuple[str, ...]
    node: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be different about a user; None leaves as it is."""

    name: str | None = None
    roles: tuple[str, ...] | None = None
    node: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user as lists show them.

    Attributes:
        must_change: whether the password was chosen by somebody else and opens nothing but its own change.
        totp: whether a code is asked for beside the password.
        provider: the issuer that they sign in with; empty for a password.
    """

    id: int
    login: str
    name: str
    roles: tuple[str, ...]
    node: str
    state: State
    must_change: bool
    totp: bool
    provider: str
    created_at: datetime
    last_sign_in_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A link that lets somebody choose a password, once; the token is shown only here."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser as its owner sees it.

    Attributes:
        address: network address it was opened from.
        agent: what the browser called itself.
        method: ``password``, ``token`` or ``oidc``.
    """

    id: int
    opened_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A living session: who calls, with what right, and until when.

    Attributes:
        principal: the caller; its name is the login, or the token's name.
        user: number of the user; 0 for a session opened with a token.
        name: as colleagues call them.
        roles: of the user; none for a token.
        expires_at: the earlier of its end and the end of its idling, as of now.
        must_change: whether only the password may be changed.
    """

    id: int
    principal: Principal
    user: int
    name: str
    roles: tuple[str, ...]
    expires_at: datetime
    must_change: bool
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why somebody was not let in.

    Attributes:
        code: ``wrong_credentials``, ``code_needed`` or ``too_many_attempts``.
        login: the known user that it was about; empty when there is none.
        retry_seconds: when to come again, of the last.
    """

    code: Literal["wrong_credentials", "code_needed", "too_many_attempts"]
    login: str = ""
    retry_seconds: float = 0.0
