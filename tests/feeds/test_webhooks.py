"""Webhooks: in order, at least once, signed, until it has arrived or somebody looks."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ninefold.app import Ninefold, Settings
from ninefold.base import Error, FixedClock
from ninefold.feeds.webhooks import State
from ninefold.feeds.webhooks.lanes import Lanes, Wish
from ninefold.feeds.webhooks.posting import Poster, checked_address
from tests.customers.conftest import ORG, PURPOSES, Partner
from tests.governance.conftest import Api
from tests.support.receivers import Receiver, receiver


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    settings = Settings(
        data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC", webhooks_to_private=True
    )
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.collector.start()
        api = Api(ninefold)
        assert api.ok("POST", "/v1/definitions/apply", json={"documents": [ORG, PURPOSES]})["ok"]
        yield api
        ninefold.collector.stop()


def subscribe(api: Api, hook: Receiver, **more: Any) -> str:
    """A webhook of the eastern dealer; its secret."""
    document = {"kind": "webhook", "key": "crm", "name": "CRM", "owner": "crm", "url": hook.url, "node": "east", **more}
    answer = api.ok("POST", "/v1/definitions/apply", json={"documents": [document]})
    assert answer["ok"], answer
    return str(api.ok("POST", "/v1/webhooks/crm/secret")["secret"])


def deliver(api: Api) -> None:
    while api.ninefold.webhooks.step(patience_seconds=30):
        pass


def test_changes_are_posted_in_order_and_signed(api: Api, hook: Receiver) -> None:
    secret = subscribe(api, hook, batch=4)
    east, west = Partner(api, "east crm", node="east"), Partner(api, "west crm", node="west")
    west.upsert(identifiers={"dealer_no": "W-1"})
    for number in range(5):
        east.upsert(identifiers={"dealer_no": f"D-{number}"})
    deliver(api)
    told = [one for body in hook.bodies() for one in body["changes"]]
    assert [len(body["changes"]) for body in hook.bodies()] == [4, 4, 4, 3]
    read = east.ok("GET", "/v1/changes", params={"limit": 100})["changes"]
    assert told == read, "the same changes under the same names as by cursor"
    assert all(hook.signed_with(secret, post) for post in range(4))
    assert len(set(hook.messages())) == 4
    deliver(api)
    assert len(hook.posts) == 4, "nothing twice"


def test_a_post_is_tried_again_under_its_name_and_holds_the_later_ones(
    api: Api, hook: Receiver, clock: FixedClock
) -> None:
    subscribe(api, hook, batch=3)
    east = Partner(api, "east crm", node="east")
    hook.answers = [(500, {}), (503, {"retry-after": "120"})]
    east.upsert(identifiers={"dealer_no": "D-1"})
    east.upsert(identifiers={"dealer_no": "D-2"})
    deliver(api)
    deliver(api)
    assert len(hook.posts) == 1, "not before it is due"
    clock.advance(timedelta(seconds=6))
    deliver(api)
    clock.advance(timedelta(seconds=60))
    deliver(api)
    assert len(hook.posts) == 2, "the receiver asked for two minutes"
    [stands] = api.ok("GET", "/v1/webhooks")
    assert (stands["state"], stands["attempts"]) == ("active", 2)
    assert stands["problem"].startswith("503")
    clock.advance(timedelta(seconds=61))
    deliver(api)
    first, second, third, other = hook.messages()
    assert first == second == third != other
    statuses = [one["status"] for one in api.ok("GET", "/v1/webhooks/crm/attempts")]
    assert statuses == [204, 204, 503, 500]


def test_after_days_of_failure_a_webhook_is_paused_and_410_ends_it(api: Api, hook: Receiver, clock: FixedClock) -> None:
    subscribe(api, hook, give_up_days=1)
    east = Partner(api, "east crm", node="east")
    east.upsert(identifiers={"dealer_no": "D-1"})
    hook.answers = [(500, {})] * 100
    for _ in range(60):
        deliver(api)
        clock.advance(timedelta(hours=1))
    stands = api.ninefold.webhooks.get("crm")
    assert stands.state is State.PAUSED
    assert "failing since" in stands.problem
    tried = len(hook.posts)
    assert tried < 40, "with growing pauses"
    hook.answers = [(410, {})]
    assert api.ok("POST", "/v1/webhooks/crm/resume")["state"] == "active"
    deliver(api)
    assert api.ninefold.webhooks.get("crm").state is State.GONE
    api.ok("POST", "/v1/webhooks/crm/resume")
    deliver(api)
    assert len(set(hook.messages())) == 1, "nothing was skipped: it is the same post"
    assert api.ninefold.webhooks.get("crm").upto is None


def test_a_new_secret_signs_beside_the_old_one_for_a_day(api: Api, hook: Receiver, clock: FixedClock) -> None:
    old = subscribe(api, hook)
    fresh = str(api.ok("POST", "/v1/webhooks/crm/secret")["secret"])
    api.ok("POST", "/v1/webhooks/crm/test")
    assert hook.signed_with(old)
    assert hook.signed_with(fresh)
    assert hook.bodies()[-1] == {"type": "test", "webhook": "crm", "changes": []}
    clock.advance(timedelta(days=1, seconds=1))
    api.ok("POST", "/v1/webhooks/crm/test")
    assert hook.signed_with(fresh)
    assert not hook.signed_with(old)


def test_secrets_are_stored_sealed_and_go_under_a_new_key(api: Api, hook: Receiver) -> None:
    def kept() -> tuple[str, str]:
        with api.ninefold.records.begin() as conn:
            row = conn.execute(sa.text("SELECT secret, old_secret FROM webhook_states")).one()
        return row.secret, row.old_secret

    subscribe(api, hook)
    secret = str(api.ok("POST", "/v1/webhooks/crm/secret")["secret"])
    before = kept()
    assert all(one.startswith("sealed:") and secret not in one for one in before)
    assert api.ninefold.webhooks.reseal() == 0, "nothing to do"
    api.ninefold.seal.rotate()
    assert api.ninefold.webhooks.reseal() == 1
    assert not {one.split(":")[1] for one in before} & {one.split(":")[1] for one in kept()}
    api.ok("POST", "/v1/webhooks/crm/test")
    assert hook.signed_with(secret)
    with api.ninefold.records.begin() as conn:
        conn.execute(sa.text("UPDATE webhook_states SET secret = :clear"), {"clear": secret})
    api.ok("POST", "/v1/webhooks/crm/test")
    assert hook.signed_with(secret), "what was stored before there was sealing still signs"
    assert api.ninefold.webhooks.reseal() == 1
    assert kept()[0].startswith("sealed:")


def test_messages_are_posted_again_by_hand(api: Api, hook: Receiver, clock: FixedClock) -> None:
    subscribe(api, hook, batch=3)
    east = Partner(api, "east crm", node="east")
    before = clock.now()
    for number in range(3):
        east.upsert(identifiers={"dealer_no": f"D-{number}"})
    deliver(api)
    sent = hook.messages()
    clock.advance(timedelta(minutes=1))
    [again] = api.ok("POST", "/v1/webhooks/crm/redeliver", json={"message": sent[1]})
    assert (again["message"], again["trigger"], again["status"]) == (sent[1], "redelivery", 204)
    assert hook.bodies()[-1] == hook.bodies()[1]
    api.ok("POST", "/v1/webhooks/crm/redeliver", json={"since": before.isoformat()})
    assert hook.messages()[4:] == sent, "in the order of the feed"
    answer = api.call("POST", "/v1/webhooks/crm/redeliver", json={"message": "msg_none"})
    assert answer.json()["code"] == "unknown_message"


def test_receivers_that_hang_hold_nobody_up(api: Api, hook: Receiver) -> None:
    go_on = threading.Event()
    with receiver() as stuck:
        stuck.answer = lambda _name, _count: (204 if go_on.wait(60) else 500, {})
        slow = [
            {"kind": "webhook", "key": f"a_slow_{n}", "name": "S", "owner": "crm", "url": stuck.url, "node": "east"}
            for n in range(3)
        ]
        assert api.ok("POST", "/v1/definitions/apply", json={"documents": slow})["ok"]
        subscribe(api, hook, batch=1)
        east = Partner(api, "east crm", node="east")
        for number in range(3):
            east.upsert(identifiers={"dealer_no": f"D-{number}"})
        told = len(east.ok("GET", "/v1/changes", params={"limit": 100})["changes"])
        for _ in range(200):
            api.ninefold.webhooks.step()
            if len(hook.posts) == told:
                break
        assert len(hook.posts) == told, "all of its changes, one a post"
        assert stuck.posts == [], "while the others were not answered yet"
        assert [api.ninefold.webhooks.get(str(one["key"])).attempts for one in slow] == [0, 0, 0]
        go_on.set()
        deadline = time.monotonic() + 30
        while len(stuck.posts) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(set(stuck.messages())) == 3, "and none of theirs is lost"


def test_those_in_trouble_get_half_of_the_lanes() -> None:
    go_on, done = threading.Event(), list[str]()

    def work(key: str) -> int:
        if key.startswith("bad"):
            go_on.wait(60)
        done.append(key)
        return 1

    lanes = Lanes(6)
    wishes = [Wish(key=f"bad{n}", troubled=True) for n in range(9)]
    for _ in range(3):
        lanes.run(wishes, work, patience_seconds=0)
        assert lanes.run([*wishes, Wish(key="good", troubled=False)], work, patience_seconds=0.5) == 1
    assert done == ["good"] * 3
    go_on.set()
    lanes.close()
    assert lanes.run([], work, patience_seconds=0) == 3


def test_a_fault_of_one_is_told_and_the_others_go_on() -> None:
    def work(key: str) -> int:
        if key == "bad":
            raise ValueError(key)
        return 1

    lanes = Lanes(2)
    with pytest.raises(ValueError, match="bad"):
        lanes.run([Wish(key="bad", troubled=False), Wish(key="good", troubled=False)], work, patience_seconds=30)
    assert lanes.run([Wish(key="good", troubled=False)], work, patience_seconds=30) == 1
    lanes.close()


def test_a_post_ends_in_time_and_with_its_poster(hook: Receiver, clock: FixedClock) -> None:
    poster = Poster(private=True, timeout_seconds=1)
    hook.answers = [(-5, {})]
    answer = poster.post(hook.url, "m1", b"{}", [b"s"], now=clock.now())
    assert answer.status == 0
    assert answer.milliseconds < 4_000
    poster.close()
    poster.close()
    assert "stopped" in poster.post(hook.url, "m2", b"{}", [b"s"], now=clock.now()).said


def test_who_was_erased_meanwhile_is_not_told_of(api: Api, hook: Receiver, clock: FixedClock) -> None:
    subscribe(api, hook)
    east = Partner(api, "east crm", node="east")
    made = east.upsert(identifiers={"dealer_no": "D-1", "phone": "13912340001"})["id"]
    hook.answers = [(500, {})]
    deliver(api)
    api.ninefold.pipeline.drain()
    api.ok("POST", "/v1/privacy/requests", json={"person": made, "kind": "erase", "reason": "asked"})
    api.ninefold.privacy.carry_on()
    clock.advance(timedelta(minutes=5))
    deliver(api)
    told = [one for body in hook.bodies()[1:] for one in body["changes"]]
    assert [(one["kind"], one["customer"]) for one in told] == [("customer.deleted", made)]


def test_our_own_network_is_not_called(api: Api) -> None:
    for host in ("127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "::1", "0.0.0.0"):
        with pytest.raises(Error, match="not on the public network"):
            checked_address(host, 80, private=False)
    assert checked_address("127.0.0.1", 80, private=True) == "127.0.0.1"
    for url in ("ftp://x.example/", "https://user:pass@x.example/", "nonsense"):
        document = {"kind": "webhook", "key": "bad", "name": "Bad", "owner": "crm", "url": url}
        answer = api.call("POST", "/v1/definitions/apply", json={"documents": [document]})
        assert "url" in answer.text


def test_a_key_subscribes_for_itself_and_it_ends_with_the_key(api: Api, hook: Receiver) -> None:
    east, west = Partner(api, "own east", node="east"), Partner(api, "own west", node="west")
    made = east.ok(
        "POST", "/v1/changes/webhooks", json={"name": "crm", "url": hook.url, "kinds": ["membership.changed"]}
    )
    assert made["secret"].startswith("whsec_")
    west.upsert(identifiers={"dealer_no": "W-1"})
    mine = east.upsert(identifiers={"dealer_no": "D-1"})["id"]
    api.ninefold.pipeline.drain()
    deliver(api)
    told = [change for body in hook.bodies() for change in body["changes"]]
    assert [(one["kind"], one["customer"]) for one in told] == [("membership.changed", mine)]
    path = f"/v1/changes/webhooks/{made['key']}"
    assert [one["key"] for one in east.ok("GET", "/v1/changes/webhooks")] == [made["key"]]
    assert west.ok("GET", "/v1/changes/webhooks") == []
    assert west.call("DELETE", path).json()["code"] == "unknown_webhook"
    assert Partner(api, "reader", node="east", verbs=["read"]).call("DELETE", path).json()["code"] == "out_of_scope"
    assert len(east.ok("GET", f"{path}/attempts")) == 1
    [number] = [one["id"] for one in api.ok("GET", "/v1/keys") if one["name"] == "own east"]
    assert api.call("POST", f"/v1/keys/{number}/revoke").status_code == 204
    Partner(api, "again", node="east").upsert(identifiers={"dealer_no": "D-2"})
    deliver(api)
    assert len(hook.bodies()) == 1, "nothing more for a key that was revoked"
