"""What each role may is enforced on every route, whatever its pages show; and small rules of users."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import Error
from ninefold.governance import VERBS, Scope, users
from ninefold.governance.users import rules
from tests.governance.conftest import Api

from .browser import Browser, signed_in

# What somebody without the verb must not get, whatever is sent: beginnings of routes, by the verbs that open them.
WRITING = {"POST", "PUT", "PATCH", "DELETE"}
ADMIN = ("/v1/keys", "/v1/users", "/v1/privacy", "/v1/retention")
ASKS = {
    "/v1/people/query", "/v1/conditions/preview", "/v1/conditions/inspect", "/v1/conditions/describe",
    "/v1/definitions/plan", "/v1/segments/{key}/preview",
    "/v1/analysis/run", "/v1/analysis/people", "/v1/customers/query", "/v1/reviews/counts", "/v1/reviews/bulk/preview",
}  # fmt: skip
DEFINING = ("/v1/definitions/apply", "/v1/conditions", "/v1/segments", "/v1/tags", "/v1/analysis")
REVIEWING = ("/v1/reviews", "/v1/identity/merge", "/v1/identity/unmerge", "/v1/identity/reviews")


def _allowed(role: str, method: str, path: str) -> bool:
    """Written down a second time, by hand and by role."""
    if path.startswith("/v1/session") or role == "admin":
        return True
    raw = path.startswith(("/v1/quarantine", "/v1/identity")) or path.endswith("/errors")
    if raw and role not in {"engineer", "reviewer"}:
        return False
    if path.startswith(ADMIN):
        return False
    if path.startswith("/v1/audit"):
        return role == "auditor"
    if method not in WRITING or path in ASKS:
        return True
    kept = path == "/v1/customers/tags" or path.startswith("/v1/changes/webhooks")
    if method == "DELETE" and path.startswith(("/v1/customers", "/v1/changes")) and not kept:
        return False  # only admin erases
    return (
        role in {"engineer", "operator"}
        or (role == "analyst" and path.startswith(DEFINING))
        or (role == "reviewer" and path.startswith(REVIEWING))
        or (role == "service" and path == "/v1/customers/tags")
    )


def test_every_route_asks_for_the_right_of_the_role(api: Api) -> None:
    browsers: dict[str, Browser] = {role: signed_in(api, role, role) for role in users.ROLES if role != "admin"}
    wrong = []
    for path, item in api.application.openapi()["paths"].items():
        for method, operation in item.items():
            if (
                not path.startswith("/v1/")
                or operation.get("security") == {"bearer": []}
                or "security" not in operation
            ):
                continue
            for role, browser in browsers.items():
                if path.startswith("/v1/session"):
                    continue
                names = dict.fromkeys((part.partition("}")[0] for part in path.split("{")[1:]), "1")
                answer = browser.call(method.upper(), path.format(**names), content=b"{")  # refused before it is read
                refused = answer.status_code == 403 and answer.json()["code"] == "out_of_scope"
                if refused == _allowed(role, method.upper(), path):
                    wrong.append(f"{role} {method.upper()} {path}: {answer.status_code} {answer.text[:80]}")
    assert not wrong, "\n".join(wrong)


def test_who_defines_segments_does_not_change_the_org(api: Api) -> None:
    ann = signed_in(api, "ann", "analyst")
    condition = {"event": "Order Completed", "measure": "did"}
    segment = {"kind": "segment", "key": "buyers", "name": "Buyers", "owner": "ann", "purpose": "x"}
    apply = "/v1/definitions/apply"
    assert ann.call("POST", apply, json={"documents": [segment | {"condition": condition}]}).json()["ok"]
    org = {"kind": "org", "key": "o", "nodes": [{"code": "acme", "level": "group"}]}
    refused: tuple[list[Any], ...] = ([org], [segment, org], [{"kind": "nothing"}], [{}])
    for documents in refused:
        assert ann.call("POST", apply, json={"documents": documents}).json()["code"] == "out_of_scope"
    stored = ann.call("GET", "/v1/definitions/segment/buyers").json()
    assert stored["author"] == "ann"


def test_a_role_at_a_node_sees_the_people_of_the_node_only(api: Api) -> None:
    org = {"kind": "org", "key": "o", "nodes": [{"code": "acme", "level": "group"}]}
    api.ok("POST", "/v1/definitions/apply", json={"documents": [org]})
    ann = signed_in(api, "ann", "operator", node="acme")
    assert ann.call("GET", "/v1/session").json()["node"] == "acme"
    assert ann.call("GET", "/v1/status").json()["code"] == "out_of_scope"
    assert ann.call("POST", "/v1/people/query", json={}).json()["total"] == 0
    assert api.call("POST", "/v1/users", json={"login": "bo", "roles": ["admin"], "node": "nowhere"}).status_code == 404


def test_two_people_with_one_role_are_two_in_the_book(api: Api) -> None:
    for login in ("ann", "bob"):
        browser = signed_in(api, login, "admin")
        assert browser.call("POST", "/v1/keys", json={"kind": "token", "name": f"of {login}"}).is_success
    entries = api.ok("GET", "/v1/audit", params={"verb": "POST /v1/keys"})["entries"]
    assert {one["actor"]: one["target"] for one in entries} == {"ann": "of ann", "bob": "of bob"}


@given(st.sets(st.sampled_from(sorted(users.ROLES)), min_size=1))
def test_roles_add_up_and_never_bring_more_than_their_union(roles: set[str]) -> None:
    whole = users.scope_of(roles, "")
    assert whole.verbs == {verb for role in roles for verb in users.ROLES[role].verbs}
    assert whole.clear == {one for role in roles for one in users.ROLES[role].clear}
    assert users.scope_of({"admin", *roles}, "").verbs == VERBS
    assert users.scope_of(["no such role"], "").verbs == Scope(verbs=frozenset()).verbs


WEAK = ("short", "password1234", "Passw0rd1234", "aaaaaaaaaaaaaa", "abababababab", "qwertyuiop12", "123456789012345",
        "li.lei-li.lei", "administrator", "welcome12345", "ninefold2026!!")  # fmt: skip


@pytest.mark.parametrize("password", WEAK)
def test_passwords_that_are_guessed_first_are_refused(password: str) -> None:
    with pytest.raises(Error) as caught:
        rules.check_password(password, login="li.lei-li", name="Li Lei")
    assert caught.value.code == "weak_password"
    assert caught.value.got == ""


@pytest.mark.parametrize(
    "password", ["brook lantern sixty plum", "天地玄黄宇宙洪荒日月盈昃", "xK9$mQ2v!Lw7", "ann went to sea alone"]
)
def test_passwords_of_any_script_pass(password: str) -> None:
    rules.check_password(password, login="ann@example.com", name="Ann")


@pytest.mark.parametrize("text", ["", "a", "two words", "a@b@c", "-x", "x" * 64, "a/b", "a\x00b", "@example.com"])
def test_what_cannot_be_a_login_is_refused(text: str) -> None:
    with pytest.raises(Error, match="login"):
        rules.clean_login(text)


def test_one_person_has_one_login() -> None:
    forms = ("Ann@Example.com", "ann@example.COM ", "ａｎｎ@example.com")
    assert {rules.clean_login(text) for text in forms} == {"ann@example.com"}
