"""Tags by hand: whose they are, how they end, and that merges and erasure know of them."""

from datetime import timedelta
from typing import Any

from ninefold.base import FixedClock
from tests.governance.conftest import Api

from .conftest import Partner


def _say(partner: Partner, *tags: dict[str, Any]) -> list[Any]:
    found: list[Any] = partner.ok("POST", "/v1/customers/tags", json={"tags": list(tags)})["verdicts"]
    return found


def _tags(partner: Partner, reference: str) -> list[tuple[str, str]]:
    shown = partner.ok("GET", f"/v1/customers/{reference}", params={"fields": ["tags"]})["tags"]
    return [(one["tag"], one["value"]) for one in shown]


def test_each_item_has_its_verdict_and_a_repeat_changes_nothing(api: Api, east: Partner, west: Partner) -> None:
    made = east.upsert(identifiers={"dealer_no": "D-1"})["id"]
    other = west.upsert(identifiers={"dealer_no": "W-1"})["id"]
    drive = {"customer": made, "tag": "test_drive", "value": "ES8"}
    found = _say(east, drive, {"customer": other, "tag": "vip"}, {"customer": made, "tag": "Not A Tag"},
                 {"customer": made, "tag": "late", "until": "2020-01-01T00:00:00Z"},
                 {"customer": "dealer_no:D-1", "tag": "vip"})  # fmt: skip
    assert [(one["status"], one["code"]) for one in found] == [
        ("added", ""), ("rejected", "unknown_customer"), ("rejected", "bad_tag"), ("rejected", "bad_tag"),
        ("added", ""),
    ]  # fmt: skip
    assert _tags(east, made) == [("test_drive", "ES8"), ("vip", "true")]
    assert [one["status"] for one in _say(east, drive)] == ["unchanged"]
    assert [one["status"] for one in _say(east, {**drive, "value": "ET5"})] == ["changed"]
    assert [one["status"] for one in _say(east, {**drive, "remove": True})] == ["removed"]
    assert [one["status"] for one in _say(east, {**drive, "remove": True})] == ["unchanged"]
    assert _tags(east, made) == [("vip", "true")]


def test_a_key_that_may_only_tag_may_not_write(api: Api, east: Partner) -> None:
    made = east.upsert(identifiers={"dealer_no": "D-1"})["id"]
    tagger = Partner(api, "tagger", node="east", verbs=["read", "tag"])
    assert [one["status"] for one in _say(tagger, {"customer": made, "tag": "vip"})] == ["added"]
    assert tagger.call("PUT", "/v1/customers", json={"identifiers": {"dealer_no": "D-2"}}).status_code == 403
    reader = Partner(api, "reader", node="east", verbs=["read"])
    body = {"tags": [{"customer": made, "tag": "vip"}]}
    assert reader.call("POST", "/v1/customers/tags", json=body).status_code == 403


def test_nodes_neither_see_nor_take_away_tags_of_each_other(api: Api, east: Partner, west: Partner) -> None:
    made = east.upsert(identifiers={"phone": "13912340001"})["id"]
    west.upsert(identifiers={"phone": "13912340001"})
    _say(east, {"customer": made, "tag": "hot"})
    _say(west, {"customer": made, "tag": "cold"})
    assert _tags(east, made) == [("hot", "true")]
    assert [one["status"] for one in _say(west, {"customer": made, "tag": "hot", "remove": True})] == ["unchanged"]
    office = Partner(api, "head office")
    assert _tags(office, made) == [("cold", "true"), ("hot", "true")]
    assert [one["status"] for one in _say(office, {"customer": made, "tag": "hot", "remove": True})] == ["removed"]
    assert _tags(east, made) == []


def test_a_tag_ends_by_itself_and_the_feed_says_so(api: Api, east: Partner, clock: FixedClock) -> None:
    made = east.upsert(identifiers={"dealer_no": "D-1"})["id"]
    until = (clock.now() + timedelta(hours=1)).isoformat()
    _say(east, {"customer": made, "tag": "hot", "until": until})
    api.ninefold.pipeline.drain()
    condition = {"condition": {"trait": "tag.hot", "op": "exists"}}
    office = Partner(api, "head office")
    asked = {"fields": ["tags"], **condition}
    assert len(office.ok("POST", "/v1/customers/query", json=asked)["customers"]) == 1, "conditions know it"
    cursor = east.ok("GET", "/v1/changes", params={"after": "now"})["next"]
    clock.advance(timedelta(hours=2))
    assert _tags(east, made) == [], "over at once"
    assert api.ninefold.manual_tags.end() == 1
    assert api.ninefold.manual_tags.end() == 0
    api.ninefold.pipeline.drain()
    assert office.ok("POST", "/v1/customers/query", json=asked)["customers"] == []
    told = east.ok("GET", "/v1/changes", params={"after": cursor})["changes"]
    assert ("tag.removed", {"tag": "hot"}) in [(one["kind"], one["data"]) for one in told]


def test_tags_follow_a_merge_and_come_back_with_an_unmerge(api: Api, east: Partner, clock: FixedClock) -> None:
    one = east.upsert(identifiers={"dealer_no": "D-1", "phone": "13912340001"})["id"]
    other = east.upsert(identifiers={"dealer_no": "D-2", "phone": "13912340002"})["id"]
    _say(east, {"customer": one, "tag": "first"}, {"customer": other, "tag": "second"})
    api.ninefold.pipeline.drain()
    clock.advance(timedelta(minutes=1))
    api.ok("POST", "/v1/identity/merge", json={"one": one, "other": other})
    assert _tags(east, one) == _tags(east, other) == [("first", "true"), ("second", "true")]
    clock.advance(timedelta(minutes=1))
    leaving = [{"namespace": "dealer_no", "value": "D-2"}, {"namespace": "phone", "value": "13912340002"}]
    api.ok("POST", "/v1/identity/unmerge", json={"person": one, "identifiers": leaving})
    assert _tags(east, "dealer_no:D-1") == [("first", "true")]
    assert _tags(east, "dealer_no:D-2") == [("second", "true")]


def test_erasure_takes_tags_along(api: Api, east: Partner) -> None:
    made = east.upsert(identifiers={"dealer_no": "D-1"})["id"]
    _say(east, {"customer": made, "tag": "hot", "why": "said so on the telephone"})
    api.ninefold.pipeline.drain()
    request = api.ok("POST", "/v1/privacy/requests", json={"person": made, "kind": "erase"})["id"]
    api.ninefold.privacy.carry_on()
    done = api.ok("GET", f"/v1/privacy/requests/{request}")
    assert done["state"] == "done"
    assert "tags by hand" in str(done["progress"])
    assert east.call("GET", f"/v1/customers/{made}").status_code == 404
