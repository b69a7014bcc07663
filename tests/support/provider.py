"""A small OpenID provider that signs ID tokens in earnest, and can be told to cheat."""

import base64
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class Provider:
    """Codes, PKCE, client secrets and tokens of one client.

    Attributes:
        issuer: set when it is served.
        claims: of the person who signs in next.
        cheat: claims that the next ID token has in place of the right ones; ``alg`` and ``key`` forge it.
        now: seconds since 1970, as the provider believes.
    """

    def __init__(self, client_id: str, secret: str, *, now: float) -> None:
        self.issuer = ""
        self.claims: dict[str, Any] = {"sub": "7"}
        self.cheat: dict[str, Any] = {}
        self.now = now
        self._client = (client_id, secret)
        self._key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self._codes: dict[str, dict[str, str]] = {}
        self.application = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._about),
                Route("/keys", self._keys),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    def authorize(self, url: str) -> dict[str, str]:
        """What the page at an authorization address answers when the person agrees: the query of the way back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == self._client[0]
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def _about(self, _: Request) -> Response:
        return JSONResponse({
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
        })  # fmt: skip

    def _keys(self, _: Request) -> Response:
        return JSONResponse(KeySet([self._key]).as_dict(private=False))

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        basic = base64.b64encode(":".join(map(quote_plus, self._client)).encode()).decode()
        asked = self._codes.pop(str(form["code"]), None)
        digest = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        fits = (
            asked is not None
            and request.headers.get("authorization") == f"Basic {basic}"
            and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
            and form["redirect_uri"] == asked["redirect_uri"]
        )
        if not fits or asked is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "at", "token_type": "Bearer", "id_token": self._signed(asked["nonce"])})

    def _signed(self, nonce: str) -> str:
        cheat = dict(self.cheat)
        algorithm, key = cheat.pop("alg", "RS256"), cheat.pop("key", self._key)
        right = {
            "iss": self.issuer, "aud": self._client[0], "nonce": nonce,
            "iat": int(self.now), "exp": int(self.now) + 300,
        }  # fmt: skip
        claims = {name: value for name, value in (right | self.claims | cheat).items() if value is not None}
        if algorithm == "none":
            plain = (json.dumps(one).encode() for one in ({"alg": "none", "typ": "JWT"}, claims))
            return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in plain) + "."
        return jwt.encode({"alg": algorithm, "kid": "one"}, claims, key, algorithms=[algorithm])
