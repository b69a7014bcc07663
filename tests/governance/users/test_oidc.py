"""Company accounts: against a provider that really signs, and that cheats in every way it can."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import OctKey, RSAKey

from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock
from tests.governance.conftest import Api
from tests.support.collecting import serving
from tests.support.provider import Provider

from .browser import Browser, let_in

ROLES = {"crm": "operator", "boss": "admin"}
ANN = {"sub": "7", "email": "Ann@Example.com", "email_verified": True, "name": "Ann Lee", "groups": ["crm", "other"]}


@pytest.fixture
def provider(clock: FixedClock) -> Iterator[Provider]:
    made = Provider("ninefold-client", "p&=s s", now=clock.now().timestamp())
    with serving(made.application) as address:
        made.issuer = address
        yield made


@pytest.fixture
def api(
    records_url: str, events_url: str, tmp_path: Path, clock: FixedClock, provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Api]:  # fmt: skip
    monkeypatch.setenv("OIDC_SECRET", "p&=s s")
    settings = Settings(
        data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC", oidc_issuer=provider.issuer,
        oidc_client_id="ninefold-client", oidc_secret_env="OIDC_SECRET", oidc_roles=ROLES, oidc_create=True,
    )  # fmt: skip
    with Ninefold.open(settings, clock=clock) as ninefold:
        yield Api(ninefold)


def _enter(browser: Browser, provider: Provider, **changes: str) -> str:
    """Go the whole way; where the browser ends up."""
    begun = browser.call("GET", "/v1/session/oidc/start")
    assert begun.status_code == 303
    assert "samesite=lax" in browser.set_cookie.lower()
    back = provider.authorize(begun.headers["location"]) | changes
    return browser.call("GET", "/v1/session/oidc/callback", params=back).headers["location"]


def test_somebody_comes_for_the_first_time_and_again(api: Api, provider: Provider) -> None:
    provider.claims = ANN
    browser = Browser(api)
    assert _enter(browser, provider) == "/"
    assert set(browser.cookies) == {"ninefold_session"}, "what was kept for the way is gone"
    assert "samesite=strict" in browser.set_cookie.lower() or "ninefold_oidc" in browser.set_cookie
    said = browser.call("GET", "/v1/session").json()
    assert (said["user"], said["name"], said["roles"], said["method"]) == (
        "ann@example.com", "Ann Lee", ["operator"], "oidc")  # fmt: skip
    entry = api.ok("GET", "/v1/audit", params={"actor": "ann@example.com"})["entries"][0]
    assert (entry["verb"], entry["detail"]["method"]) == ("sign-in", "oidc")
    provider.claims = ANN | {"email": "ann.lee@example.com", "groups": ["boss"]}
    assert _enter(browser, provider) == "/"
    said = browser.call("GET", "/v1/session").json()
    assert (said["user"], said["roles"]) == ("ann@example.com", ["admin"]), "the same subject, with today's roles"
    provider.claims = ANN | {"groups": []}
    assert _enter(Browser(api), provider) == "/#refused=not_let_in", "out of every group"
    api.ok("POST", "/v1/users/ann@example.com/disable")
    provider.claims = ANN
    assert _enter(Browser(api), provider) == "/#refused=not_let_in"


def test_an_account_is_taken_over_only_by_an_address_that_is_vouched_for(api: Api, provider: Provider) -> None:
    let_in(api, "ann@example.com", "analyst")
    provider.claims = ANN | {"email_verified": False}
    assert _enter(Browser(api), provider).startswith("/#refused="), "or anybody would be Ann"
    assert api.ok("GET", "/v1/users/ann@example.com")["provider"] == ""
    provider.claims = ANN
    assert _enter(Browser(api), provider) == "/"
    assert api.ok("GET", "/v1/users/ann@example.com")["provider"] == provider.issuer
    provider.claims = ANN | {"sub": "8"}
    assert _enter(Browser(api), provider).startswith("/#refused="), "another subject with her address"


CHEATS: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "another issuer": {"iss": "https://evil.example"},
    "another client": {"aud": "other"},
    "another party": {"aud": ["ninefold-client", "other"], "azp": "other"},
    "expired": {"exp": 1_000},
    "no end": {"exp": None},
    "not signed": {"alg": "none"},
    "signed with our secret": {"alg": "HS256", "key": OctKey.import_key("p&=s s" * 8)},
    "signed by somebody else": {"key": RSAKey.generate_key(2048)},
    "another access token": {"at_hash": "AAAA"},
}


def test_forged_tokens_let_nobody_in(api: Api, provider: Provider) -> None:
    provider.claims = ANN
    for name, cheat in CHEATS.items():
        provider.cheat = cheat
        browser = Browser(api)
        assert _enter(browser, provider) == "/#refused=id_token_refused", name
        assert browser.cookies == {}, name
    assert api.ok("GET", "/v1/users") == []


def test_the_way_back_fits_the_way_there(api: Api, provider: Provider, clock: FixedClock) -> None:
    provider.claims = ANN
    assert _enter(Browser(api), provider, state="other") == "/#refused=state_refused"
    assert _enter(Browser(api), provider, state="") == "/#refused=state_refused"
    assert _enter(Browser(api), provider, code="stolen") == "/#refused=provider_refused"
    assert _enter(Browser(api), provider, iss="https://evil.example") == "/#refused=provider_refused"
    mine, victim = Browser(api), Browser(api)
    back = provider.authorize(mine.call("GET", "/v1/session/oidc/start").headers["location"])
    lured = victim.call("GET", "/v1/session/oidc/callback", params=back)
    assert lured.headers["location"] == "/#refused=sign_in_expired", "somebody else's answer"
    victim.cookies = {"ninefold_oidc": "{}"}
    assert victim.call("GET", "/v1/session/oidc/callback", params=back).headers["location"].startswith("/#refused=")
    assert mine.call("GET", "/v1/session/oidc/callback", params=back).headers["location"] == "/"
    mine.call("GET", "/v1/session/oidc/start")
    assert mine.call("GET", "/v1/session/oidc/callback", params=back).headers["location"] == "/#refused=state_refused"
    late = Browser(api)
    url = late.call("GET", "/v1/session/oidc/start").headers["location"]
    assert parse_qs(urlsplit(url).query)["tenant"] == ["1"], "what the address had is kept"
    clock.set(clock.now().replace(minute=11))
    assert late.call("GET", "/v1/session/oidc/callback", params=provider.authorize(url)).headers["location"] == (
        "/#refused=sign_in_expired")  # fmt: skip
