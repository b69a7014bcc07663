"""What signing in is made of."""

from dataclasses import dataclass

from ninefold.governance import oidc
from ninefold.governance import users as people


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may come in, and how.

    Attributes:
        redirect: our callback as the provider of company accounts knows it; empty: by the address of the call.
    """

    users: people.Users
    sessions: people.Sessions
    sign_in: people.SignIn
    factors: people.Factors
    openid: oidc.OpenId
    redirect: str = ""
