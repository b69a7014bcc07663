"""Consent through the real API: from an SDK's event to a message that is not sent."""

from datetime import timedelta
from typing import Any

from .conftest import Api

OWNED = {"owner": "crm", "purpose": "test"}
DOCUMENTS = [
    {"kind": "channel", "key": "outbox", "name": "Outbox", "type": "outbox", "address": "person", **OWNED},
    {"kind": "campaign", "key": "news", "name": "News", "status": "live", "start": {"by_hand": True},
     "audience": {"condition": {"everyone": True}}, "channel": "outbox",
     "template": {"subject": "Hi", "body": "News"}, **OWNED},
]  # fmt: skip


def _identify(user: str) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "messageId": f"i-{user}", "timestamp": "2026-05-01T00:00:00Z"}


def _preferences(user: str, *, advertising: bool) -> dict[str, Any]:
    return {
        "type": "track", "userId": user, "event": "Segment Consent Preference Updated", "messageId": f"c-{user}",
        "timestamp": "2026-05-02T00:00:00Z",
        "context": {"consent": {"categoryPreferences": {"Advertising": advertising, "Analytics": True}}},
    }  # fmt: skip


def _standing(api: Api, user: str, purpose: str = "marketing") -> dict[str, Any]:
    found = api.ok("GET", f"/v1/people/user_id:{user}/consents")
    return next(one for one in found["standings"] if one["purpose"] == purpose)


def test_who_said_no_gets_nothing(api: Api) -> None:
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": DOCUMENTS})["ok"]
    api.collect(*map(_identify, ("u_yes", "u_no", "u_silent")))
    api.collect(_preferences("u_yes", advertising=True), _preferences("u_no", advertising=False))
    assert _standing(api, "u_yes")["standing"] == "granted"
    assert _standing(api, "u_no")["standing"] == "denied"
    assert _standing(api, "u_silent")["standing"] == "unknown"
    now = api.ninefold.clock.now()
    api.ninefold.campaigns.run("news", "june", now=now)
    done = api.ninefold.campaigns.deliver(now=now)
    assert (done.delivered, done.suppressed) == (2, 1)
    held = api.ok("GET", "/v1/people/user_id:u_no")["timeline"]["entries"]
    api.ninefold.drain()
    said = [one for one in api.ok("GET", "/v1/people/user_id:u_no")["timeline"]["entries"]
            if one["name"] == "message_suppressed"]  # fmt: skip
    assert [one["properties"]["reason"] for one in said] == ["refused"], held
    counts = {one["purpose"]: one for one in api.ok("GET", "/v1/consents")}
    assert (counts["marketing"]["granted"], counts["marketing"]["denied"]) == (1, 1)


def test_a_merge_of_yes_and_no_is_a_no_with_a_mark_until_the_person_is_asked(api: Api) -> None:
    api.collect(_identify("a"), _identify("b"))
    api.ok("POST", "/v1/people/user_id:a/consents", json={"purpose": "marketing", "said": "granted"})
    api.ok("POST", "/v1/people/user_id:b/consents", json={"purpose": "marketing", "said": "denied"})
    rules = {"kind": "identity-rules", "namespaces": {"user_id": {"cap": 5}}}
    applied = api.ok("POST", "/v1/definitions/apply", json={"documents": [rules]})
    assert applied["ok"], applied
    [change] = api.ninefold.rule_changes.due()
    while api.ninefold.rule_changes.advance(change.job):
        pass
    api.collect({"type": "alias", "userId": "a", "previousId": "b", "messageId": "al",
                 "timestamp": "2026-05-03T00:00:00Z"})  # fmt: skip
    merged = _standing(api, "b")
    assert (merged["standing"], merged["allowed"], merged["conflict"], len(merged["because"])) == (
        "denied", False, True, 2,
    )  # fmt: skip
    api.ninefold.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]  # a FixedClock
    body = {"purpose": "marketing", "said": "granted", "text_version": "v2", "channel": "store"}
    api.ok("POST", "/v1/people/user_id:a/consents", json=body)
    asked = _standing(api, "b")
    assert (asked["standing"], asked["conflict"]) == ("granted", False)


def test_a_purpose_may_be_strict_and_bad_input_is_named(api: Api) -> None:
    api.collect(_identify("a"))
    strict = {"kind": "consent-purposes", "key": "default", "purposes": {"marketing": {"unknown": "deny"}}}
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [strict]})["ok"]
    assert _standing(api, "a")["allowed"] is False
    wrong = api.call("POST", "/v1/people/user_id:a/consents", json={"purpose": "marketin", "said": "granted"})
    assert (wrong.status_code, wrong.json()["field"], wrong.json()["hint"]) == (
        400, "purpose", 'did you mean "marketing"?',
    )  # fmt: skip
    nowhere = {"purpose": "marketing", "said": "granted", "node": "nowhere"}
    assert api.call("POST", "/v1/people/user_id:a/consents", json=nowhere).status_code == 404
