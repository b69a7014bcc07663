"""The way to the provider and back. What the browser carries between is sealed, and opens for ten minutes."""

import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus

import httpx

from ninefold.base import Clock, Error, refused, unavailable
from ninefold.store import Seal

from .model import Claimed, Provider, Start

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

_LASTS_SECONDS: Final = 600
_KNOWN_SECONDS: Final = 3_600.0
_TIMEOUT: Final = httpx.Timeout(10.0)
_ABOUT: Final = "oidc/start"


class OpenId:
    """Signs people in with one provider."""

    def __init__(self, provider: Provider, clock: Clock, seal: Seal, environ: Mapping[str, str]) -> None:
        self.provider = provider
        self._clock = clock
        self._seal = seal
        self._environ = environ
        self._known: tuple[float, Mapping[str, Any], KeySet] | None = None

    async def start(self, redirect: str) -> Start:
        """Where the browser goes to sign in, and what it brings back.

        Args:
            redirect: our address that the provider sends it back to.

        Raises:
            Error: refused ``no_provider``; unavailable ``provider_unreachable``.
        """
        from authlib.common.urls import add_params_to_uri  # noqa: PLC0415 - slow to load, and seldom needed
        from authlib.oauth2.rfc7636 import create_s256_code_challenge  # noqa: PLC0415

        found, _ = await self._discovered()
        kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        asked = {
            "response_type": "code", "client_id": self.provider.client_id, "redirect_uri": redirect,
            "scope": self.provider.scopes, "state": kept["state"], "nonce": kept["nonce"],
            "code_challenge": create_s256_code_challenge(kept["verifier"]), "code_challenge_method": "S256",
        }  # fmt: skip
        document = {**kept, "redirect": redirect, "until": self._now() + _LASTS_SECONDS}
        url = add_params_to_uri(str(found["authorization_endpoint"]), list(asked.items()))
        return Start(url=url, kept=self._seal.close(json.dumps(document), about=_ABOUT))

    async def finish(self, kept: str, answer: Mapping[str, str]) -> Claimed:
        """Whom the provider vouches for.

        Args:
            kept: of :meth:`start`, from the same browser.
            answer: the query that the provider sent the browser back with.

        Raises:
            Error: refused ``sign_in_expired``, ``state_refused``, ``provider_refused``, ``id_token_refused``;
                unavailable ``provider_unreachable``.
        """
        from .rules import checked, claimed  # noqa: PLC0415 - slow to load, and seldom needed

        begun = self._begun(kept)
        if not hmac.compare_digest(answer.get("state", "").encode(), str(begun["state"]).encode()):
            raise refused("state_refused", "this answer belongs to another sign-in", hint="begin again")
        found, keys = await self._discovered()
        if answer.get("error") or not answer.get("code") or answer.get("iss", found["issuer"]) != found["issuer"]:
            raise refused("provider_refused", "the provider did not sign you in", hint="begin again, or ask an admin")
        tokens = await self._exchange(str(found["token_endpoint"]), answer["code"], begun)
        try:
            claims = checked(self.provider, keys, tokens, nonce=str(begun["nonce"]), now=self._now())
        except Error:
            _, keys = await self._discovered(anew=True)  # it may sign with a new key
            claims = checked(self.provider, keys, tokens, nonce=str(begun["nonce"]), now=self._now())
        return claimed(self.provider, claims)

    def _begun(self, kept: str) -> Mapping[str, Any]:
        expired = refused("sign_in_expired", "this sign-in was not begun here, or too long ago", hint="begin again")
        if not kept.startswith("sealed:"):
            raise expired
        try:
            begun: Mapping[str, Any] = json.loads(self._seal.open(kept, about=_ABOUT))
        except (Error, ValueError) as exc:
            raise expired from exc
        if self._now() > int(begun["until"]):
            raise expired
        return begun

    async def _exchange(self, endpoint: str, code: str, begun: Mapping[str, Any]) -> Mapping[str, Any]:
        """The tokens for a code (RFC 6749, 4.1.3, with the verifier of RFC 7636)."""
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": str(begun["redirect"]),
            "client_id": self.provider.client_id, "code_verifier": str(begun["verifier"]),
        }  # fmt: skip
        secret = self._environ.get(self.provider.secret_env, "") if self.provider.secret_env else ""
        names = (quote_plus(self.provider.client_id), quote_plus(secret))
        auth = httpx.BasicAuth(*names) if secret else httpx.Auth()
        async with httpx.AsyncClient(timeout=_TIMEOUT) as client:
            try:
                response = await client.post(endpoint, data=form, auth=auth, headers={"Accept": "application/json"})
                tokens = response.json()
            except (httpx.HTTPError, ValueError) as exc:
                raise self._unreachable() from exc
        if response.status_code >= 400 or not isinstance(tokens, dict):
            raise refused("provider_refused", "the provider did not accept the code", hint="begin again")
        return tokens

    async def _discovered(self, *, anew: bool = False) -> "tuple[Mapping[str, Any], KeySet]":
        """The provider's description and its keys, asked for once an hour."""
        if not self.provider.issuer:
            raise refused("no_provider", "no provider of company accounts is set", hint="see the setting oidc_issuer")
        if self._known is not None and not anew and time.monotonic() - self._known[0] < _KNOWN_SECONDS:
            return self._known[1], self._known[2]
        from joserfc.errors import JoseError  # noqa: PLC0415 - slow to load, and seldom needed
        from joserfc.jwk import KeySet  # noqa: PLC0415

        async with httpx.AsyncClient(timeout=_TIMEOUT) as client:
            try:
                place = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
                found = (await client.get(place)).raise_for_status().json()
                if found["issuer"] != self.provider.issuer:
                    raise refused("provider_refused", "the provider calls itself something else",
                                  hint="the setting oidc_issuer must be its issuer, to the letter")  # fmt: skip
                keys = KeySet.import_key_set((await client.get(str(found["jwks_uri"]))).raise_for_status().json())
            except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as exc:
                raise self._unreachable() from exc
        self._known = (time.monotonic(), found, keys)
        return found, keys

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    @staticmethod
    def _unreachable() -> Error:
        return unavailable("provider_unreachable", "the provider of company accounts does not answer as it should",
                           hint="sign in with a password, or try again")  # fmt: skip
