"""A browser: keeps cookies, sends the CSRF token of its page, says where its calls come from."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from tests.governance.conftest import Api

PASSWORD = "brook lantern sixty plum"
OTHER = "velvet anchor nine rivers"


class Browser:
    """One browser at one address, without a bearer token."""

    def __init__(self, api: Api, *, scheme: str = "http", address: str = "10.0.0.1") -> None:
        self.api = api
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        self.address = address
        self.base = f"{scheme}://test"
        self.set_cookie = ""

    def call(
        self, method: str, path: str, *, headers: Mapping[str, str | bytes] | None = None, **arguments: Any
    ) -> httpx.Response:
        sent: dict[str, Any] = {"X-CSRF-Token": self.csrf} if self.csrf else {}
        sent |= headers or {}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())

        async def inside() -> httpx.Response:
            transport = httpx.ASGITransport(
                app=self.api.application, raise_app_exceptions=False, client=(self.address, 4711)
            )
            async with httpx.AsyncClient(transport=transport, base_url=self.base) as client:
                return await client.request(method, path, headers=sent, **arguments)

        answer = asyncio.run(inside())
        for header in answer.headers.get_list("set-cookie"):
            self.set_cookie = header
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
            if "max-age=0" in header.lower():
                del self.cookies[name]
        return answer

    def sign_in(self, user: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        answer = self.call("POST", "/v1/session", json={"user": user, "password": password, **more})
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf"]
        return answer


def let_in(api: Api, login: str, *roles: str, node: str = "") -> None:
    """A user with PASSWORD, chosen with the link of the invitation."""
    body = {"login": login, "name": login.title(), "roles": list(roles), "node": node}
    token = api.ok("POST", "/v1/users", json=body)["invitation"]["token"]
    assert Browser(api).call("POST", "/v1/session/link", json={"token": token, "password": PASSWORD}).is_success


def signed_in(api: Api, login: str, *roles: str, node: str = "") -> Browser:
    """A new user's browser."""
    let_in(api, login, *roles, node=node)
    browser = Browser(api)
    assert browser.sign_in(login).is_success
    return browser
