"""The change feed by cursor: what a key learns, in which order, and what it never learns."""

from datetime import timedelta
from typing import Any

from ninefold.base import FixedClock
from ninefold.store import changes
from tests.customers.conftest import Partner
from tests.governance.conftest import Api

from .conftest import Reader


def _kinds(told: list[Any]) -> list[str]:
    return [one["kind"] for one in told]


def test_a_key_is_told_of_its_own_customers_and_of_nobody_else(api: Api, east: Partner, west: Partner) -> None:
    mine, theirs = Reader(east), Reader(west)
    made = east.upsert(identifiers={"dealer_no": "D-1", "phone": "13912340001"}, traits={"city": "上海"})
    west.upsert(identifiers={"dealer_no": "W-1"})
    api.ninefold.pipeline.drain()
    told = mine.read()
    assert {one["customer"] for one in told} == {made["id"]}
    assert _kinds(told) == [
        "customer.created", "identifier.linked", "identifier.linked", "membership.changed", "customer.updated",
    ]  # fmt: skip
    assert {one["data"]["namespace"] for one in told[1:3]} == {"dealer_no", "phone"}
    assert "13912340001" not in str(told), "identifiers are masked"
    assert told[-1]["data"] == {"traits": ["city"]}
    assert len(theirs.read()) == 3
    assert mine.read() == []


def test_pages_lead_on_and_say_the_same_names_again(api: Api, east: Partner) -> None:
    items = [{"identifiers": {"dealer_no": f"D-{k}"}} for k in range(30)]
    east.ok("POST", "/v1/customers", json={"customers": items})
    api.ninefold.pipeline.drain()
    whole, parts = Reader(east).read(), Reader(east, limit=7).read()
    assert len(whole) == 90
    assert whole == parts, "the same changes by the same names, whatever the page"
    assert len({one["id"] for one in whole}) == 90
    linked = Reader(east, kinds=["identifier.linked"], limit=7).read()
    assert [one["id"] for one in linked] == [one["id"] for one in whole if one["kind"] == "identifier.linked"]
    assert Reader(east, after="now").read() == []


def test_traits_of_other_sources_are_not_told(api: Api, east: Partner) -> None:
    made = east.upsert(identifiers={"phone": "13912340001"})
    api.ninefold.pipeline.drain()
    mine = Reader(east, after="now")
    everything = Reader(Partner(api, "head office"), after="now")
    for reader in (mine, everything):
        reader.read()
    api.collect({"type": "identify", "messageId": "m1", "userId": "u-1", "traits": {"phone": "13912340001",
                 "city": "北京"}})  # fmt: skip
    assert ("customer.updated", made["id"]) in everything.told()
    told = mine.read()
    assert "customer.updated" not in _kinds(told)
    assert all(one["data"].get("namespace") != "user_id" for one in told)


def test_merging_and_taking_apart_are_told_by_the_ids_that_partners_know(
    api: Api, east: Partner, clock: FixedClock
) -> None:
    one = east.upsert(identifiers={"dealer_no": "D-1", "phone": "13912340001"})["id"]
    other = east.upsert(identifiers={"dealer_no": "D-2", "phone": "13912340002"})["id"]
    api.ninefold.pipeline.drain()
    reader = Reader(east)
    reader.read()
    clock.advance(timedelta(minutes=1))
    api.ok("POST", "/v1/identity/merge", json={"one": one, "other": other, "reason": "the same person"})
    [merged] = [each for each in reader.read() if each["kind"] == "customer.merged"]
    assert {merged["customer"], merged["data"]["merged"]} == {one, other}
    clock.advance(timedelta(minutes=1))
    leaving = [{"namespace": "dealer_no", "value": "D-2"}, {"namespace": "phone", "value": "13912340002"}]
    api.ok("POST", "/v1/identity/unmerge", json={"person": one, "identifiers": leaving, "reason": "they are two"})
    told = reader.read()
    [split] = [each for each in told if each["kind"] == "customer.split"]
    assert {split["customer"], split["data"]["split"]} == {one, other}
    assert ("identifier.linked", split["data"]["split"]) in {(each["kind"], each["customer"]) for each in told}


def test_consent_taken_back_is_told_to_a_key_that_lives_by_it(api: Api) -> None:
    partner = Partner(api, "caller", node="east", purposes=["service"])
    consents = [{"purpose": "service", "said": "granted"}]
    made = partner.upsert(identifiers={"dealer_no": "D-1"}, consents=consents)["id"]
    partner.upsert(identifiers={"dealer_no": "D-2"})
    api.ninefold.pipeline.drain()
    reader = Reader(partner)
    assert {customer for _, customer in reader.told()} == {made}, "who does not consent is not told of"
    said = {"identifiers": {"dealer_no": "D-1"}, "consents": [{"purpose": "service", "said": "withdrawn"}]}
    partner.upsert(**said)
    [change] = reader.read()
    assert (change["kind"], change["customer"], change["data"]["said"]) == ("consent.changed", made, "withdrawn")


def test_who_sees_all_is_told_who_enters_and_leaves_segments(
    api: Api, east: Partner, west: Partner, clock: FixedClock
) -> None:
    head, other = Partner(api, "east all", node="east", sees="all"), Partner(api, "west all", node="west", sees="all")
    stays = east.upsert(identifiers={"dealer_no": "D-1"}, traits={"city": "上海"})["id"]
    comes = east.upsert(identifiers={"dealer_no": "D-2"}, traits={"city": "北京"})["id"]
    west.upsert(identifiers={"dealer_no": "W-1"}, traits={"city": "北京"})
    api.ninefold.pipeline.drain()
    segment = {"kind": "segment", "key": "sh", "name": "SH", "owner": "crm",
               "condition": {"trait": "city", "op": "eq", "value": "上海"}}  # fmt: skip
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [segment]})["ok"]
    kinds = ["segment.entered", "segment.left"]
    readers = [Reader(one, kinds=kinds) for one in (head, other, east)]
    api.ninefold.segments.refresh(now=api.ninefold.clock.now())
    assert [reader.read() for reader in readers] == [[], [], []], "the first version is where it begins"
    clock.advance(timedelta(minutes=1))
    east.upsert(identifiers={"dealer_no": "D-2"}, traits={"city": "上海"})
    api.ninefold.pipeline.drain()
    for _ in range(2):
        api.ninefold.segments.refresh(now=api.ninefold.clock.now())
    [entered] = readers[0].read()
    assert (entered["kind"], entered["customer"], entered["data"]) == (
        "segment.entered", comes, {"segment": "sh", "version": 2},
    )  # fmt: skip
    clock.advance(timedelta(minutes=1))
    east.upsert(identifiers={"dealer_no": "D-1"}, traits={"city": "北京"})
    api.ninefold.pipeline.drain()
    api.ninefold.segments.refresh(now=api.ninefold.clock.now())
    assert readers[0].told() == [("segment.left", stays)]
    assert [reader.read() for reader in readers[1:]] == [[], []], "of others' people, and of what others said"


def test_whoever_leaves_a_node_is_told_to_be_gone(api: Api, east: Partner, west: Partner) -> None:
    made = east.upsert(identifiers={"dealer_no": "D-1"})["id"]
    api.ninefold.pipeline.drain()
    mine, theirs = Reader(east), Reader(west)
    for reader in (mine, theirs):
        reader.read()
    api.ok("POST", "/v1/org/transfer", json={"node": "east", "to_node": "west", "reason": "moved"})
    [left] = mine.read()
    assert (left["kind"], left["customer"], left["data"]) == (
        "membership.changed", made, {"node": "east", "status": "left"},
    )  # fmt: skip
    [came] = theirs.read()
    assert came["data"] == {"node": "west", "status": "active"}


def test_the_erased_are_told_to_be_deleted_without_a_value(api: Api, east: Partner, west: Partner) -> None:
    made = east.upsert(identifiers={"dealer_no": "D-1", "phone": "13912340001"}, traits={"name": "李雷"})["id"]
    api.ninefold.pipeline.drain()
    mine, theirs, late = Reader(east), Reader(west), Reader(east)
    for reader in (mine, theirs):
        reader.read()
    api.ok("POST", "/v1/privacy/requests", json={"person": made, "kind": "erase", "reason": "asked"})
    api.ninefold.privacy.carry_on()
    api.ninefold.privacy.carry_on()
    for reader in (mine, late):
        [change] = reader.read()
        assert (change["kind"], change["customer"], change["data"]) == ("customer.deleted", made, {})
    assert theirs.read() == []


def test_a_cursor_that_is_too_old_says_how_to_begin_again(api: Api, east: Partner, clock: FixedClock) -> None:
    reader = Reader(east)
    east.upsert(identifiers={"dealer_no": "D-1"})
    reader.read()
    east.upsert(identifiers={"dealer_no": "D-2"})
    Reader(east).read()
    clock.advance(timedelta(days=31))
    with api.ninefold.records.begin() as conn:
        changes.prune(conn, older_than=clock.now() - timedelta(days=30))
    answer = east.call("GET", "/v1/changes", params={"after": reader.cursor})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_expired")
    assert "after=now" in answer.json()["hint"]
    assert Reader(east).read() == [], "from the oldest that is kept"


def test_cursors_and_kinds_are_checked(api: Api, east: Partner, west: Partner) -> None:
    reader = Reader(east)
    reader.read()
    assert west.call("GET", "/v1/changes", params={"after": reader.cursor}).json()["code"] == "bad_cursor"
    answer = east.call("GET", "/v1/changes", params={"kinds": ["customer.merge"]}).json()
    assert (answer["code"], answer["hint"]) == ("unknown_change_kind", 'did you mean "customer.merged"?')


def test_waiting_ends_when_something_comes_and_when_time_is_up(api: Api, east: Partner) -> None:
    reader = Reader(east, after="now", wait=1)
    assert reader.read() == []
    east.upsert(identifiers={"dealer_no": "D-1"})
    assert len(reader.read()) == 3
