"""Values of OpenID Connect."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who vouches for people, and what is made of what it says.

    Attributes:
        issuer: its address, as it stands in ID tokens; empty when there is none.
        client_id: what it calls us.
        secret_env: variable with our secret; empty for a public client.
        scopes: what we ask for, by spaces.
        roles_claim: the claim that lists groups or roles.
        roles: role by value of that claim; ``*`` is everybody. Empty leaves roles to the admin.
        create: whether somebody new is let in at their first sign-in.
    """

    issuer: str = ""
    client_id: str = ""
    secret_env: str = ""
    scopes: str = "openid email profile"
    roles_claim: str = "groups"
    roles: Mapping[str, str] = field(default_factory=dict)
    create: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The way to the provider.

    Attributes:
        url: where the browser goes.
        kept: what the browser brings back, sealed; belongs in a cookie.
    """

    url: str
    kept: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Whom the provider vouches for.

    Attributes:
        issuer, subject: together the one name that never changes.
        login: their e-mail address, or what the provider calls them.
        verified: whether the provider vouches for the address as well.
        roles: by what the provider says; None when it is not asked.
    """

    issuer: str
    subject: str
    login: str
    verified: bool
    name: str
    roles: tuple[str, ...] | None
