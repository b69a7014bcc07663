"""A merge taken back leaves everything as if it had never been: compared with twins who were never merged."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.api.house import OWNED, Api
from tests.properties.histories import examples

from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock

POLICIES = {
    "kind": "trait-policies",
    "traits": {
        "total": {"combine": "sum"}, "best": {"choose": ["max"]}, "least": {"choose": ["min"]},
        "first": {"choose": ["oldest"]}, "trusted": {"choose": [{"sources": ["b"]}, "longest"]},
        "likes": {"combine": "union"}, "common": {"choose": ["most_frequent"]},
    },
}  # fmt: skip
TRAITS = ("plain", "total", "best", "least", "first", "trusted", "likes", "common", "count", "list", "member",
          "consent", "tag")  # fmt: skip
TREE = {"kind": "org", "key": "o", "nodes": [{"code": "hq"}, {"code": "s1", "parent": "hq"}]}
PURPOSES = {"kind": "consent-purposes", "key": "default", "purposes": {"sms": {"name": "SMS"}}}
SEGMENTS = [
    {"kind": "segment", "key": f"s_{key}", "name": key, "condition": {"trait": key, "op": "gte", "value": 12}, **OWNED}
    for key in ("plain", "total", "count")
]
Deeds = list[tuple[str, str, str, int]]
NOTICES = {"People Merged", "People Unmerged"}
RUNS = iter(range(10**6))
KEYS: dict[str, str] = {}
SAYS = st.tuples(
    st.sampled_from(["one", "two"]), st.sampled_from(["a", "b"]), st.sampled_from(TRAITS), st.integers(1, 20)
)
DEEDS = st.lists(SAYS, min_size=1, max_size=6)


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    chosen = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC", role="api")
    with Ninefold.open(chosen, clock=clock) as ninefold:
        ninefold.start()
        api = Api(ninefold)
        applied = api.ok("POST", "/v1/definitions/apply", json={"documents": [POLICIES, TREE, PURPOSES, *SEGMENTS]})
        assert applied["ok"], applied
        yield api


def item(who: str, trait: str, number: int) -> dict[str, Any]:
    """One statement, addition or event; `who` is a user id."""
    if trait == "count":
        return {"type": "track", "userId": who, "event": "Visit", "properties": {"n": number}}
    if trait == "member":
        said = {"node": ("hq", "s1")[number % 2], "number": ("", "n1")[number // 2 % 2], "tier": f"t{number}"}
        return {"type": "track", "userId": who, "event": "Membership Updated", "properties": said}
    if trait == "consent":
        said = {"purpose": "sms", "node": ("hq", "s1")[number % 2]}
        return {"type": "track", "userId": who, "event": f"Consent {('Granted', 'Withdrawn')[number // 2 % 2]}",
                "properties": said}  # fmt: skip
    value: object = [f"i{number}"] if trait in {"likes", "list"} else number
    return {"type": "identify", "userId": who, "traits": {trait: value}, "anonymousId": f"{who}-web{number % 2}"}


def seen(api: Api, who: str) -> dict[str, Any]:
    person = api.ok("GET", f"/v1/people/user_id:{who}")
    mark = who.partition("-")[2]
    return {
        "identities": sorted(one["value"].replace(mark, "") for one in person["identities"]),
        "traits": {one["key"]: (one["chosen"]["value"], one["policy"], len(one["others"])) for one in person["traits"]},
        "events": sorted(
            (one["name"], one["count"]) for one in person["counters"]["events"] if one["name"] not in NOTICES
        ),
        "tags": sorted((one["key"], one["value"]) for one in person["tags"]),
        "memberships": sorted(
            (one["node"], one["number"], one["status"], one["tier"], one["conflict"])
            for one in api.ok("GET", f"/v1/people/user_id:{who}/memberships")
        ),
        "consents": [
            (one["node"], one["said"]) for one in api.ok("GET", f"/v1/people/user_id:{who}/consents")["records"]
        ],
        "segments": {key: api.ok("GET", f"/v1/segments/{key}/why/user_id:{who}")["member"]
                     for key in ("s_plain", "s_total", "s_count")},
    }  # fmt: skip


@given(before=DEEDS, meanwhile=DEEDS, after=DEEDS, repeat=st.booleans())
@settings(max_examples=examples(2))
def test_a_merge_taken_back_leaves_what_twins_have_who_never_merged(
    api: Api, clock: FixedClock, before: Deeds, meanwhile: Deeds, after: Deeds, repeat: bool
) -> None:
    run = next(RUNS)
    for source in ("a", "b") if not KEYS else ():
        KEYS[source] = api.ninefold.keys.issue("write", source)

    def tell(deeds: Deeds, phase: str) -> None:
        for number, (who, source, trait, value) in enumerate(deeds):
            clock.advance(timedelta(seconds=1))
            for world in ("x", "y"):
                if trait == "tag" and phase == "meanwhile":  # by hand: said of the one person they are then
                    continue
                if trait == "tag":
                    tag = {"customer": f"user_id:{who}-{world}{run}", "tag": "chosen", "value": str(value)}
                    api.ok("POST", "/v1/customers/tags", json={"tags": [tag]})
                    continue
                one = {**item(f"{who}-{world}{run}", trait, value), "messageId": f"{run}{phase}{number}{world}"}
                for _ in range(2 if repeat else 1):
                    head = {"Authorization": "Basic " + base64.b64encode(f"{KEYS[source]}:".encode()).decode()}
                    assert api.call("POST", "/v1/batch", json={"batch": [one]}, headers=head).status_code == 200
        api.ninefold.drain()

    for who in ("one", "two"):
        tell([(who, "a", "plain", 1)], f"start-{who}")
    tell(before, "before")
    x = {"one": f"user_id:one-x{run}", "other": f"user_id:two-x{run}"}
    api.ok("POST", "/v1/identity/merge", json=x)
    tell(meanwhile, "meanwhile")
    both = seen(api, f"one-x{run}")
    assert both["identities"] == seen(api, f"two-x{run}")["identities"]
    person = api.ok("GET", f"/v1/people/user_id:two-x{run}")
    leaving = [
        {"namespace": one["namespace"], "value": one["value"]}
        for one in person["identities"]
        if one["value"].startswith("two-")
    ]
    api.ok("POST", "/v1/identity/unmerge", json={"person": f"user_id:one-x{run}", "identifiers": leaving})
    tell(after, "after")
    for who in ("one", "two"):
        assert seen(api, f"{who}-x{run}") == seen(api, f"{who}-y{run}")
    rebuilt = api.ok("POST", "/v1/identity/rebuild")
    assert (rebuilt["moved"], rebuilt["merged"], rebuilt["split"]) == (0, 0, 0)
