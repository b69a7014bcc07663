"""Codes beside the password: enrolment, replay, recovery, what is stored; one's own sessions."""

from datetime import timedelta

import pyotp

from ninefold.base import FixedClock
from tests.governance.conftest import Api

from .browser import OTHER, PASSWORD, Browser, let_in, signed_in


def _code(secret: str, clock: FixedClock, *, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(clock.now().timestamp() + 30 * steps)


def test_the_life_of_a_second_factor(api: Api, clock: FixedClock) -> None:
    ann = signed_in(api, "ann", "analyst")
    begun = ann.call("POST", "/v1/session/totp").json()
    assert begun["uri"].startswith("otpauth://totp/")
    assert begun["qr"].startswith("data:image/svg+xml")
    assert ann.sign_in("ann").is_success, "it counts only when it is confirmed"
    assert ann.call("POST", "/v1/session/totp/confirm", json={"code": "000000"}).json()["code"] == "wrong_code"
    first = _code(begun["secret"], clock)
    codes = ann.call("POST", "/v1/session/totp/confirm", json={"code": first}).json()["recovery_codes"]
    assert len(set(codes)) == 10
    with api.ninefold.records.begin() as conn:
        dump = str(conn.exec_driver_sql("TABLE users").all()) + str(conn.exec_driver_sql("TABLE user_codes").all())
    assert not [one for one in (begun["secret"], *codes) if one in dump or one.replace("-", "") in dump]
    assert api.ok("GET", "/v1/users/ann")["totp"] is True

    away = Browser(api, address="10.0.0.2")
    assert away.sign_in("ann").json()["code"] == "code_needed"
    assert away.sign_in("ann", code=first).json()["code"] == "wrong_credentials", "replay of the code that confirmed"
    clock.advance(timedelta(seconds=60))
    now = _code(begun["secret"], clock)
    assert away.sign_in("ann", OTHER, code=now).json()["code"] == "wrong_credentials", "the code alone opens nothing"
    assert away.sign_in("ann", code=f"{now[:3]} {now[3:]}").is_success
    assert away.sign_in("ann", code=now).status_code == 401, "once used, it opens nothing"
    assert away.sign_in("ann", code=_code(begun["secret"], clock, steps=-1)).status_code == 401, "nor an earlier one"
    away.address = "10.0.0.3"
    assert away.sign_in("ann", code=_code(begun["secret"], clock, steps=2)).status_code == 401, "nor one of the future"
    assert away.sign_in("ann", code=codes[0].upper()).is_success
    assert away.sign_in("ann", code=codes[0]).status_code == 401, "a recovery code opens once"
    assert away.sign_in("ann", code=codes[1]).is_success

    off = away.call("POST", "/v1/session/totp/remove", json={"password": OTHER})
    assert (off.status_code, off.json()["code"]) == (400, "wrong_password")
    assert away.call("POST", "/v1/session/totp/remove", json={"password": PASSWORD}).status_code == 204
    assert away.sign_in("ann").is_success
    verbs = {one["verb"] for one in api.ok("GET", "/v1/audit", params={"actor": "ann"})["entries"]}
    assert {"second factor begun", "second factor on", "second factor off", "sign-in refused"} <= verbs


def test_a_lost_device_is_taken_off_by_an_admin(api: Api, clock: FixedClock) -> None:
    ann = signed_in(api, "ann", "analyst")
    secret = ann.call("POST", "/v1/session/totp").json()["secret"]
    ann.call("POST", "/v1/session/totp/confirm", json={"code": _code(secret, clock)})
    link = api.ok("POST", "/v1/users/ann/reset")["invitation"]["token"]
    chosen = {"token": link, "password": OTHER}
    assert Browser(api).call("POST", "/v1/session/link", json=chosen).is_success
    assert Browser(api).call("POST", "/v1/session/link", json=chosen).json()["code"] == "unknown_link", "works once"
    assert Browser(api).sign_in("ann", OTHER).json()["code"] == "code_needed", "a new password is not a new device"
    link = api.ok("POST", "/v1/users/ann/reset", params={"factor": True})["invitation"]["token"]
    clock.advance(timedelta(days=4))
    late = Browser(api).call("POST", "/v1/session/link", json={"token": link, "password": PASSWORD})
    assert late.status_code == 404, "after three days"
    link = api.ok("POST", "/v1/users/ann/reset")["invitation"]["token"]
    assert Browser(api).call("POST", "/v1/session/link", json={"token": link, "password": PASSWORD}).is_success
    assert Browser(api).sign_in("ann").is_success


def test_ones_own_sessions(api: Api) -> None:
    let_in(api, "ann", "analyst")
    here, there, bob = Browser(api), Browser(api), signed_in(api, "bob", "admin")
    here.sign_in("ann")
    there.sign_in("ann")
    listed = here.call("GET", "/v1/session/list").json()
    assert [one["current"] for one in sorted(listed, key=lambda one: int(one["id"]))] == [True, False]
    other = next(one["id"] for one in listed if not one["current"])
    assert bob.call("DELETE", f"/v1/session/list/{other}").json()["code"] == "unknown_session"
    assert there.call("GET", "/v1/session").is_success
    assert here.call("DELETE", f"/v1/session/list/{other}").status_code == 204
    assert there.call("GET", "/v1/session").status_code == 401
    there.sign_in("ann")
    assert here.call("DELETE", "/v1/session/list").status_code == 204
    assert there.call("GET", "/v1/session").status_code == 401
    assert api.call("GET", "/v1/session/list").json()["code"] == "no_user"
    api.ok("POST", "/v1/users/ann/disable")
    assert here.call("GET", "/v1/session").status_code == 401
    assert here.sign_in("ann").status_code == 401
    api.ok("POST", "/v1/users/ann/enable")
    assert here.sign_in("ann").is_success


def test_a_change_of_roles_reaches_open_sessions(api: Api) -> None:
    ann = signed_in(api, "ann", "analyst")
    assert ann.call("GET", "/v1/users").json()["code"] == "out_of_scope"
    api.ok("PATCH", "/v1/users/ann", json={"roles": ["admin"]})
    assert ann.call("GET", "/v1/users").is_success
    wrong = api.call("PATCH", "/v1/users/ann", json={"roles": ["admn"]})
    assert (wrong.json()["code"], wrong.json()["hint"]) == ("unknown_role", 'did you mean "admin"?')
    api.ok("PATCH", "/v1/users/ann", json={"roles": ["auditor"]})
    assert ann.call("GET", "/v1/users").json()["code"] == "out_of_scope"
    assert ann.call("GET", "/v1/audit").is_success
