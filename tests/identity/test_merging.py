"""Merges through the API: the whole preview, cool-off, cancelling, blockers, notices, what a merge does not start."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ninefold.app import Ninefold, Settings
from ninefold.base import Error, FixedClock
from ninefold.identity.merging import parse_policy
from tests.api.house import OWNED, Api

POLICIES = {
    "kind": "trait-policies",
    "traits": {"points": {"combine": "sum"}, "city": {"choose": [{"sources": ["crm"]}]}},
}
RICH = {
    "kind": "segment",
    "key": "rich",
    "name": "150 points",
    "condition": {"trait": "points", "op": "gte", "value": 150},
    **OWNED,
}
COOL = {"kind": "merge-policy", "cool_off_hours": 24, "valuable": {"trait": "points", "op": "gte", "value": 100}}
BOTH = {"one": "user_id:ana", "other": "user_id:ben"}


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC", role="api")
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.start()
        yield Api(ninefold)


def tell(api: Api, source: str, *items: dict[str, Any]) -> None:
    key = api.ninefold.keys.issue("write", source)
    batch = [{"messageId": f"{source}-{api.ninefold.clock.now():%H%M}-{k}", **one} for k, one in enumerate(items)]
    assert api.call("POST", "/v1/batch", json={"batch": batch}, auth=(key, "")).status_code == 200
    api.ninefold.drain()


def identify(who: str, **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": who, "traits": traits}


def traits(api: Api, who: str) -> dict[str, Any]:
    return {one["key"]: one["chosen"]["value"] for one in api.ok("GET", f"/v1/people/user_id:{who}")["traits"]}


def apply(api: Api, *documents: dict[str, Any]) -> None:
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": list(documents)})["ok"]


def test_a_merge_is_seen_whole_before_it_waits_is_cancelled_and_is_done(api: Api, clock: FixedClock) -> None:
    tell(api, "crm", identify("ana", points=100, city="Rome"))
    tell(api, "shop", identify("ben", points=60, city="Bonn"))
    apply(api, POLICIES, RICH, COOL)
    seen = api.ok("POST", "/v1/identity/merge/preview", json=BOTH)
    changed = {(one["what"], one["key"]): (one["before"], one["after"], one["rule"]) for one in seen["differences"]}
    assert changed["trait", "points"] == (["100", "60"], ["160"], "sum")
    assert changed["trait", "city"] == (["Rome", "Bonn"], ["Rome"], "sources crm, then newest")
    assert changed["segment", "rich"] == ([None, None], ["in"], "")
    assert changed["events", "$identify"][:2] == (["1", "1"], ["2"])
    assert [len(seen[side]) for side in ("before", "after")] == [2, 1]
    assert seen["after"][0]["public_id"] == seen["before"][0]["public_id"]
    assert len(seen["after"][0]["identifiers"]) == 2
    assert seen["waits_until"] == "2026-06-02T08:00:00Z"
    assert traits(api, "ben")["points"] == 60  # nothing was written

    asked = api.ok("POST", "/v1/identity/merge", json={**BOTH, "reason": "same telephone"})
    assert (asked["waiting"]["state"], asked["merged"]) == ("waiting", 0)
    assert api.call("POST", "/v1/identity/merge", json=BOTH).status_code == 409
    [waits] = api.ok("GET", "/v1/identity/merges?state=waiting")
    assert waits["reason"] == "same telephone"
    cancelled = api.ok("POST", f"/v1/identity/merges/{waits['id']}/cancel", json={"reason": "no"})
    assert (cancelled["state"], cancelled["note"]) == ("cancelled", "no")
    assert api.call("POST", f"/v1/identity/merges/{waits['id']}/cancel", json={}).status_code == 409

    api.ok("POST", "/v1/identity/merge", json=BOTH)
    assert api.ninefold.merging.carry_out(now=clock.now() + timedelta(hours=23)) == ()
    clock.advance(timedelta(hours=24))
    [done] = api.ninefold.merging.carry_out(now=clock.now())
    assert done.state == "done"
    assert api.ninefold.merging.carry_out(now=clock.now()) == ()
    api.ninefold.drain()
    assert traits(api, "ben") == {"points": 160, "city": "Rome"}
    feed = [one["name"] for one in api.ok("GET", "/v1/people/user_id:ana/timeline")["entries"]]
    assert feed[0] == "People Merged"
    assert api.ok("POST", "/v1/segments/rich/preview")["size"] == 1  # at once

    back = {"person": "user_id:ana", "identifiers": [{"namespace": "user_id", "value": "ben"}]}
    apart = api.ok("POST", "/v1/identity/unmerge/preview", json=back)
    again = {(one["what"], one["key"]): (one["before"], one["after"]) for one in apart["differences"]}
    assert again["trait", "points"] == (["160"], ["100", "60"])
    assert again["segment", "rich"] == (["in"], [None, None])
    api.ok("POST", "/v1/identity/unmerge", json=back)
    assert (traits(api, "ana")["points"], traits(api, "ben")["points"]) == (100, 60)


def test_what_is_open_speaks_against_a_merge_and_consents_that_disagree_are_marked(api: Api, clock: FixedClock) -> None:
    tell(api, "crm", identify("ana", city="Rome"), {"type": "track", "userId": "ana", "event": "Consent Granted",
         "properties": {"purpose": "marketing"}})  # fmt: skip
    tell(api, "shop", identify("ben", city="Bonn"), {"type": "track", "userId": "ben", "event": "Consent Denied",
         "properties": {"purpose": "marketing"}})  # fmt: skip
    seen = api.ok("POST", "/v1/identity/merge/preview", json=BOTH)
    [consent] = [line for line in seen["assets"] if line["asset"] == "consents"]
    assert (consent["before"], consent["after"], consent["conflict"]) == (["granted", "denied"], ["denied"], True)
    assert (seen["blockers"], seen["waits_until"]) == ([], None)
    api.ok("POST", "/v1/privacy/requests", json={"kind": "access", "person": "user_id:ana", "reason": "letter"})
    seen = api.ok("POST", "/v1/identity/merge/preview", json=BOTH)
    assert [one["code"] for one in seen["blockers"]] == ["open_privacy_request"]
    refused = api.call("POST", "/v1/identity/merge", json=BOTH)
    assert (refused.status_code, refused.json()["code"]) == (403, "merge_blocked")


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"cool_off_hours": -1}, "cool_off_hours"),
        ({"cool_off_hours": 1, "valuble": {}}, "valuble"),
        ({"cool_off_hours": 1, "valuable": "gold"}, "valuable"),
    ],
    ids=str,
)
def test_a_wrong_policy_names_its_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(Error) as caught:
        parse_policy(document)
    assert caught.value.field == field
