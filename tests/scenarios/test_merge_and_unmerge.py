"""Two people are made one by mistake and taken apart again: profile, segments and counts are what they were before."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.api.house import OWNED, Api

from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock

SPENT = {"event": "Order Completed", "measure": "sum", "of": "revenue", "op": "gte", "value": 300}
BIG = {"kind": "segment", "key": "big", "name": "Spent 300 or more", "condition": SPENT, **OWNED}
HOME = {"kind": "segment", "key": "home", "name": "In Shanghai", **OWNED,
        "condition": {"trait": "city", "op": "eq", "value": "上海"}}  # fmt: skip
MERGE: dict[str, Any] = {"one": "user_id:ana", "other": "user_id:ben", "reason": "same telephone"}


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC", role="api")
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.start()
        yield Api(ninefold)


def send(api: Api, key: str, *items: dict[str, Any]) -> None:
    headers = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
    assert api.call("POST", "/v1/batch", json={"batch": items}, headers=headers).status_code == 200
    api.ninefold.drain()


def order(who: str, number: int, amount: float, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Order Completed", "userId": who, "messageId": f"{who}-{number}",
            "properties": {"order_id": f"{who}-{number}", "revenue": amount, "currency": "CNY"}} | more  # fmt: skip


def seen(api: Api, who: str) -> dict[str, Any]:
    """What anybody can see of a person, but for when it was asked."""
    person = api.ok("GET", f"/v1/people/user_id:{who}")
    return {
        "public_id": person["public_id"],
        "identities": sorted((one["namespace"], one["value"]) for one in person["identities"]),
        "traits": {one["key"]: one["chosen"]["value"] for one in person["traits"]},
        "revenue": person["counters"]["revenue"],
        "events": sorted(
            (one["name"], one["count"])
            for one in person["counters"]["events"]
            if one["name"] not in {"People Merged", "People Unmerged"}
        ),
        "timeline": [
            one["message_id"]
            for one in api.ok("GET", f"/v1/people/user_id:{who}/timeline")["entries"]
            if one["name"] not in {"People Merged", "People Unmerged"}
        ],
        "big": api.ok("GET", f"/v1/segments/big/why/user_id:{who}")["member"],
        "home": api.ok("GET", f"/v1/segments/home/why/user_id:{who}")["member"],
    }


def sizes(api: Api) -> tuple[int, int, int]:
    counts = [int(api.ok("POST", f"/v1/segments/{key}/preview")["size"]) for key in ("big", "home")]
    return counts[0], counts[1], int(api.ok("GET", "/v1/identity")["people"])


def test_a_merge_by_mistake_is_taken_back_without_loss(api: Api, clock: FixedClock) -> None:
    key = api.ninefold.keys.issue("write", "shop")
    send(
        api,
        key,
        {
            "type": "identify",
            "userId": "ana",
            "anonymousId": "a-web",
            "traits": {"city": "上海", "phone": "13812345601"},
        },
        {"type": "identify", "userId": "ben", "traits": {"city": "北京", "email": "ben@example.org"}},
        order("ana", 1, 200),
        order("ben", 1, 150),
        order("ana", 2, 20, userId=None, anonymousId="a-web"),
    )
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [BIG, HOME]})["ok"]
    clock.advance(timedelta(hours=1))
    ana, ben, before = seen(api, "ana"), seen(api, "ben"), sizes(api)
    assert (ana["big"], ben["big"], before) == (False, False, (0, 1, 2))

    preview = api.ok("POST", "/v1/identity/merge", json={**MERGE, "preview": True})
    assert sizes(api) == before, preview
    api.ok("POST", "/v1/identity/merge", json=MERGE)
    both = seen(api, "ben")
    assert both == seen(api, "ana")
    assert both["big"] is True
    assert len(both["timeline"]) == len(ana["timeline"]) + len(ben["timeline"])
    assert sizes(api)[2] == 1
    assert sizes(api)[0] == 1

    clock.advance(timedelta(hours=1))
    send(api, key, order("ben", 2, 5), order("ana", 3, 7))  # both go on while they are one
    leaving = [{"namespace": "user_id", "value": "ben"}, {"namespace": "email", "value": "ben@example.org"}]
    api.ok("POST", "/v1/identity/unmerge", json={"person": "user_id:ana", "identifiers": leaving, "reason": "no"})
    ana_after, ben_after = seen(api, "ana"), seen(api, "ben")
    assert sizes(api) == before
    for then, now, extra in ((ana, ana_after, "ana-3"), (ben, ben_after, "ben-2")):
        assert {k: now[k] for k in ("public_id", "identities", "traits", "big", "home")} == {
            k: then[k] for k in ("public_id", "identities", "traits", "big", "home")
        }
        assert sorted(now["timeline"]) == sorted([*then["timeline"], extra])

    send(api, key, order("ben", 4, 1, anonymousId="a-web"))  # the shared browser does not bring them together again
    assert sizes(api)[2] == 2
    assert seen(api, "ana")["public_id"] != seen(api, "ben")["public_id"]
    rebuilt = api.ok("POST", "/v1/identity/rebuild")
    assert (rebuilt["moved"], rebuilt["merged"], rebuilt["split"]) == (0, 0, 0)
