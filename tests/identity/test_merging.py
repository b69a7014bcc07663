"""Merges through the API: the whole preview, cool-off, cancelling, blockers, notices, what a merge does not start."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ninefold.app import Ninefold, Settings
from ninefold.base import Error, FixedClock
from ninefold.identity import Redirects, joining
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


def test_other_policies_of_traits_say_whose_values_and_which_segments_change(api: Api, clock: FixedClock) -> None:
    tell(api, "crm", identify("ana", points=100, city="Rome"), identify("ben", points=60, city="Bonn"))
    clock.advance(timedelta(minutes=1))
    tell(api, "shop", identify("ana", points=60, city="Oslo"), identify("ben", city="Bonn"))
    apply(api, RICH, {**RICH, "key": "few", "name": "Not rich", "condition": {"not": {"trait": "points", "op": "gte",
          "value": 150}}}, {**RICH, "key": "roman", "name": "Rome", "condition": {"trait": "city", "op": "eq",
          "value": "Rome"}})  # fmt: skip
    found = api.ok("POST", "/v1/traits/policies/simulate", json={"document": POLICIES})
    told = {one["trait"]: (one["before"], one["after"], one["people"]) for one in found["traits"]}
    assert told == {"city": ("newest", "sources crm, then newest", 1), "points": ("newest", "sum", 1)}
    samples = {one["trait"]: [(each["before"], each["after"]) for each in one["samples"]] for one in found["traits"]}
    assert samples == {"city": [("Oslo", "Rome")], "points": [("60", "160")]}
    sizes = {one["key"]: (one["before"], one["after"]) for one in found["segments"]}
    assert sizes == {"rich": (0, 1), "few": (2, 1), "roman": (0, 1)}
    assert traits(api, "ana")["city"] == "Oslo"  # nothing was written
    apply(api, POLICIES)
    assert traits(api, "ana") == {"points": 160, "city": "Rome"}
    assert api.ok("POST", "/v1/traits/policies/simulate", json={"document": POLICIES}) == {"traits": [], "segments": []}
    wrong = api.call("POST", "/v1/traits/policies/simulate", json={"document": {"traits": {"city": {"chose": []}}}})
    assert (wrong.status_code, wrong.json()["field"]) == (400, "traits.city.chose")


USERS = tuple(("user_id", who) for who in ("ben", "cyd", "dan", "eve"))


def numbers(api: Api, *references: tuple[str, str]) -> list[int]:
    with api.ninefold.records.begin() as conn:
        return [found or 0 for found in api.ninefold.identity.find_many(conn, references)]


class Recorder:
    """An asset class that remembers whom it was told of."""

    key = "recorded"

    def __init__(self) -> None:
        self.followed: list[tuple[int, int]] = []

    def preview(self, *_: object, **__: object) -> tuple[()]:
        return ()

    def blockers(self, *_: object, **__: object) -> tuple[()]:
        return ()

    def follow(self, conn: object, moved: Redirects, *, now: datetime) -> None:
        _ = conn, now
        self.followed += zip(moved.oneid.tolist(), moved.root.tolist(), strict=True)


def test_assets_and_feeds_follow_what_matching_joins_parts_and_takes_back(api: Api, clock: FixedClock) -> None:
    tell(api, "crm", identify("ana"), identify("ben"))
    recorder = Recorder()
    links = joining.Joining((), [recorder])
    said = joining.Said(author="matching", reason="run 1", now=clock.now())
    with api.ninefold.records.begin() as conn:
        [done] = links.join(conn, [(1, 2)], said, by_rules=False)
    assert done.link is not None
    assert recorder.followed == [(2, 1)]
    with api.ninefold.records.begin() as conn:
        assert links.take_back(conn, [done.link], said) == 1
    assert recorder.followed == [(2, 1), (2, 2)]
    api.ninefold.drain()
    for who, feed in (("ana", ["People Merged", "People Unmerged"]), ("ben", ["People Unmerged"])):
        entries = api.ok("GET", f"/v1/people/user_id:{who}/timeline")["entries"]
        assert sorted(one["name"] for one in entries if one["name"].startswith("People")) == feed


def test_sure_matches_of_valuable_people_wait_and_keep_to_the_rules_when_due(api: Api, clock: FixedClock) -> None:
    alone = {"type": "identify", "anonymousId": "web-1", "traits": {"points": 100, "email": "a@example.org"}}
    tell(api, "crm", alone, identify("ben"), identify("cyd"), identify("dan", points=500), identify("eve"))
    apply(api, {**COOL, "causes": ["match"]})
    links = joining.Joining((), (), api.ninefold.merging)
    one, ben, cyd, dan, eve = numbers(api, ("email", "a@example.org"), *USERS)
    pairs = [(one, ben), (ben, cyd), (one, eve), (dan, eve)]

    def join(at: datetime) -> list[tuple[bool, str]]:
        said = joining.Said(author="matching", reason="run 1", now=at)
        with api.ninefold.records.begin() as conn:
            return [(each.link is not None, each.refusal) for each in links.join(conn, pairs, said, by_rules=True)]

    until = (False, "waits for its cool-off to end, 2026-06-02 08:00 UTC")
    first = join(clock.now())
    assert [first[0], first[2]] == [until, until]
    assert "user_id" in first[1][1]  # nothing waits that the rules refuse anyhow
    assert "user_id" in first[3][1]
    assert join(clock.now())[0] == until  # asked again, waits once
    waits = api.ok("GET", "/v1/identity/merges?state=waiting")
    assert [(each["cause"], each["author"], each["reason"]) for each in waits] == [("match", "matching", "run 1")] * 2
    api.ok("POST", f"/v1/identity/merges/{waits[1]['id']}/cancel", json={"reason": "a guess"})
    assert join(clock.now())[2] == (False, "its merge was cancelled by operator")
    clock.advance(timedelta(hours=24))
    [done] = api.ninefold.merging.carry_out(now=clock.now())
    assert (done.state, done.note) == ("done", "")
    assert len(set(numbers(api, ("email", "a@example.org"), USERS[0]))) == 1


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"cool_off_hours": -1}, "cool_off_hours"),
        ({"cool_off_hours": 1, "valuble": {}}, "valuble"),
        ({"cool_off_hours": 1, "valuable": "gold"}, "valuable"),
        ({"cool_off_hours": 1, "causes": ["rule"]}, "causes"),
    ],
    ids=str,
)
def test_a_wrong_policy_names_its_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(Error) as caught:
        parse_policy(document)
    assert caught.value.field == field
