"""What is made of an ID token: checked claims, and roles by them. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ninefold.base import refused

from .model import Claimed, Provider

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a key that only the provider has: never ``none``, never one with a secret that we know too."""
LEEWAY_SECONDS: Final = 60


def checked(provider: Provider, keys: KeySet, answer: Mapping[str, Any], *, nonce: str, now: int) -> Mapping[str, Any]:
    """The claims of an ID token that this provider signed for us, now, for this sign-in (OpenID Connect Core, 3.1.3.7).

    Raises:
        Error: refused ``id_token_refused``, saying which check failed.
    """
    try:
        token = jwt.decode(str(answer.get("id_token", "")), keys, algorithms=list(ALGORITHMS))
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": provider.issuer},
                "aud": {"essential": True, "value": provider.client_id},
                "sub": {"essential": True},
            },
            params={"nonce": nonce, "client_id": provider.client_id, "access_token": answer.get("access_token")},
        )
        claims.validate(now=now, leeway=LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError, KeyError) as exc:
        raise refused("id_token_refused", f"the provider's ID token does not fit: {exc}",
                      hint="check issuer, client id and the clocks of both sides") from exc  # fmt: skip
    return dict(claims)


def claimed(provider: Provider, claims: Mapping[str, Any]) -> Claimed:
    """Whom checked claims are about.

    >>> one = claimed(Provider(roles={"crm": "operator", "*": "analyst"}), {"sub": "7", "groups": ["crm", "x"]})
    >>> one.login, one.roles
    ('7', ('analyst', 'operator'))
    """
    said = claims.get(provider.roles_claim, ())
    groups = {said} if isinstance(said, str) else {str(one) for one in said} if isinstance(said, list) else set()
    roles = {role for value, role in provider.roles.items() if value == "*" or value in groups}
    login = claims.get("email") or claims.get("preferred_username") or claims["sub"]
    return Claimed(
        issuer=provider.issuer,
        subject=str(claims["sub"]),
        login=str(login),
        verified=claims.get("email_verified") is True and bool(claims.get("email")),
        name=str(claims.get("name") or login)[:200],
        roles=tuple(sorted(roles)) if provider.roles else None,
    )
