"""Signing in, out, and what a browser on the wrong page cannot do."""

from datetime import timedelta

from ninefold.base import FixedClock
from tests.governance.conftest import Api

from .browser import OTHER, PASSWORD, Browser, let_in, signed_in


def test_a_story_of_one_day(api: Api) -> None:
    let_in(api, "li.lei@example.com", "operator")
    browser = Browser(api)
    assert browser.call("GET", "/v1/session").status_code == 401
    done = browser.sign_in("Li.Lei@Example.com")
    assert done.status_code == 200
    said = done.json()
    assert (said["user"], said["name"], said["roles"]) == ("li.lei@example.com", "Li.Lei@Example.Com", ["operator"])
    assert said["verbs"] == ["define", "read", "review", "tag", "write"]
    assert said["csrf"]
    assert browser.call("GET", "/v1/session").json() == said
    assert browser.call("GET", "/v1/status").status_code == 200
    assert browser.call("GET", "/v1/keys").json()["code"] == "out_of_scope"
    assert browser.call("DELETE", "/v1/session").status_code == 204
    assert browser.cookies == {}
    assert browser.call("GET", "/v1/session").status_code == 401
    book = api.ok("GET", "/v1/audit", params={"actor": "li.lei@example.com"})["entries"]
    assert [one["verb"] for one in reversed(book)] == ["password chosen", "sign-in", "sign-out"]
    assert PASSWORD not in api.call("GET", "/v1/audit").text


def test_the_cookie_is_hidden_from_scripts_and_from_other_sites(api: Api) -> None:
    browser = signed_in(api, "ann", "analyst")
    flags = [part.strip().lower() for part in browser.set_cookie.split(";")[1:]]
    assert {"httponly", "samesite=strict", "path=/"} <= set(flags)
    assert "secure" not in flags
    safe = Browser(api, scheme="https")
    safe.sign_in("ann")
    assert "secure" in safe.set_cookie.lower()
    secret = browser.cookies["ninefold_session"]
    with api.ninefold.records.begin() as conn:
        dump = "".join(str(conn.exec_driver_sql(f"TABLE {name}").all()) for name in ("sessions", "users", "user_links"))
    assert secret not in dump
    assert PASSWORD not in dump


FOREIGN: list[tuple[dict[str, str], str]] = [
    ({"X-CSRF-Token": ""}, "bad_csrf"),
    ({"X-CSRF-Token": "0" * 64}, "bad_csrf"),
    ({"X-CSRF-Token": "\xe9"}, "bad_csrf"),
    ({"Origin": "http://evil.example"}, "cross_origin"),
    ({"Origin": "null"}, "cross_origin"),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://test"}, "cross_origin"),
    ({"Sec-Fetch-Site": "same-site"}, "cross_origin"),
]


def test_a_page_of_another_site_changes_nothing(api: Api) -> None:
    browser = signed_in(api, "ann", "admin")
    body = {"kind": "token", "name": "stolen"}
    for headers, code in FOREIGN:
        sent = {name: value.encode("latin-1") for name, value in headers.items()}
        answer = browser.call("POST", "/v1/keys", json=body, headers=sent)
        assert (answer.status_code, answer.json()["code"]) == (403, code), headers
    assert "stolen" not in api.call("GET", "/v1/keys").text
    assert browser.call("POST", "/v1/keys", json=body, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 201


def test_the_csrf_token_of_another_session_is_none(api: Api) -> None:
    first, second = signed_in(api, "ann", "admin"), signed_in(api, "bob", "admin")
    first.csrf = second.csrf
    assert first.call("POST", "/v1/keys", json={"kind": "token", "name": "x"}).json()["code"] == "bad_csrf"


def test_another_site_cannot_sign_a_visitor_in(api: Api) -> None:
    let_in(api, "mallory", "analyst")
    body = {"user": "mallory", "password": PASSWORD}
    answer = Browser(api).call("POST", "/v1/session", json=body, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.json()["code"] == "cross_origin"


def test_signing_in_makes_a_new_session_and_ends_the_one_there_was(api: Api) -> None:
    planted = signed_in(api, "mallory", "analyst")
    secret = planted.cookies["ninefold_session"]
    let_in(api, "ann", "admin")
    victim = Browser(api)
    victim.cookies = {"ninefold_session": secret}
    assert victim.sign_in("ann").is_success
    assert victim.cookies["ninefold_session"] != secret
    assert planted.call("GET", "/v1/session").status_code == 401
    unknown = Browser(api)
    unknown.cookies = {"ninefold_session": "chosen-by-somebody"}
    unknown.sign_in("ann")
    assert unknown.cookies["ninefold_session"] != "chosen-by-somebody"


def test_whoever_does_not_exist_is_refused_in_the_same_words(api: Api) -> None:
    let_in(api, "ann", "analyst")
    let_in(api, "gone", "analyst")
    api.ok("POST", "/v1/users/gone/disable")
    api.ok("POST", "/v1/users", json={"login": "invited", "roles": ["analyst"]})
    answers = [
        Browser(api).sign_in(user, password)
        for user, password in (("ann", OTHER), ("nobody", OTHER), ("gone", PASSWORD), ("invited", PASSWORD),
                               ("\x00", OTHER), ("日本語 ", OTHER))
    ]  # fmt: skip
    assert {one.status_code for one in answers} == {401}
    assert len({one.text for one in answers}) == 1
    assert answers[0].json()["code"] == "wrong_credentials"


def test_a_session_opened_with_a_token_has_its_right_and_ends_with_it(api: Api) -> None:
    made = api.ok("POST", "/v1/keys", json={"kind": "token", "name": "link", "scope": {"verbs": ["read"]}})
    browser = Browser(api)
    assert browser.call("POST", "/v1/session/token", json={"token": "nft_wrong"}).status_code == 401
    opened = browser.call("POST", "/v1/session/token", json={"token": made["secret"]}).json()
    browser.csrf = opened["csrf"]
    assert (opened["user"], opened["verbs"], opened["roles"]) == ("link", ["read"], [])
    assert browser.call("GET", "/v1/status").is_success
    assert browser.call("POST", "/v1/definitions/apply", json={"documents": []}).json()["code"] == "out_of_scope"
    number = next(one["id"] for one in api.ok("GET", "/v1/keys") if one["name"] == "link")
    api.ok("POST", f"/v1/keys/{number}/revoke")
    api.ninefold.sessions.forget()  # another process would believe it for five seconds
    assert browser.call("GET", "/v1/status").status_code == 401


def test_a_session_ends_when_it_idles_and_when_its_time_is_over(api: Api, clock: FixedClock) -> None:
    browser = signed_in(api, "ann", "analyst")
    for _ in range(11):
        clock.advance(timedelta(minutes=119))
        api.ninefold.sessions.forget()  # by a clock that nobody moves it forgets after five seconds
        assert browser.call("GET", "/v1/session").is_success
    clock.advance(timedelta(minutes=119))
    api.ninefold.sessions.forget()
    assert browser.call("GET", "/v1/session").is_success
    clock.advance(timedelta(minutes=12))
    assert browser.call("GET", "/v1/session").status_code == 401, "24 hours"
    browser.sign_in("ann")
    clock.advance(timedelta(minutes=120))
    assert browser.call("GET", "/v1/session").status_code == 401, "two hours of silence"
    assert api.ninefold.sessions.prune() == 0
    clock.advance(timedelta(days=40))
    assert api.ninefold.sessions.prune() == 2


def test_a_first_password_opens_nothing_but_its_change(api: Api) -> None:
    api.ok("POST", "/v1/users", json={"login": "ann", "roles": ["admin"], "password": OTHER})
    browser = Browser(api)
    assert browser.sign_in("ann", OTHER).json()["must_change"] is True
    assert browser.call("GET", "/v1/status").json()["code"] == "password_change_needed"
    second = Browser(api)
    second.sign_in("ann", OTHER)
    weak = browser.call("POST", "/v1/session/password", json={"old": OTHER, "password": "password1234"})
    assert weak.json()["code"] == "weak_password"
    assert "password1234" not in weak.text
    wrong = browser.call("POST", "/v1/session/password", json={"old": "x", "password": PASSWORD})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "wrong_password")
    assert browser.call("POST", "/v1/session/password", json={"old": OTHER, "password": PASSWORD}).status_code == 204
    assert browser.call("GET", "/v1/status").is_success
    assert second.call("GET", "/v1/session").status_code == 401
    assert browser.sign_in("ann", OTHER).status_code == 401
    assert browser.sign_in("ann").is_success


def test_many_attempts_have_to_wait(api: Api) -> None:
    let_in(api, "ann", "analyst")
    browser = Browser(api)
    assert [browser.sign_in("ann", OTHER).status_code for _ in range(6)] == [401] * 5 + [429]
    late = browser.sign_in("ann")
    assert (late.status_code, late.json()["code"]) == (429, "too_many_attempts")
    assert 50 <= int(late.headers["retry-after"]) <= 60
    assert Browser(api, address="10.0.0.2").sign_in("ann").is_success, "her own place is another"
    assert [Browser(api).sign_in("nobody").status_code for _ in range(6)] == [401] * 5 + [429]


def test_a_bearer_token_still_needs_no_csrf(api: Api) -> None:
    answer = api.call("GET", "/v1/session")
    assert (answer.json()["user"], answer.json()["csrf"], answer.json()["method"]) == ("operator", "", "bearer")
    assert api.call("POST", "/v1/keys", json={"kind": "token", "name": "x"}).status_code == 201


def test_a_malformed_sign_in_is_not_repeated_in_the_answer(api: Api) -> None:
    answer = Browser(api).call("POST", "/v1/session", json={"password": PASSWORD})
    assert answer.status_code == 422
    assert PASSWORD not in answer.text
