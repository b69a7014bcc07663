"""The same story, told by the SDK of each vendor, is the same single person with the same identifiers."""

import asyncio
import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from ninefold.base import FixedClock
from ninefold.collect import Collector
from ninefold.collect.model import Request
from ninefold.collect.wires import CLOUDEVENTS, POSTHOG, REST, SEGMENT, SENSORS, SNOWPLOW, Wire
from ninefold.governance import Keys
from ninefold.identity import Identity
from ninefold.jobs import Pipeline
from ninefold.store import Events, Records, Statement

VISITOR = "4f0c1c1e-7c0b-4a53-9f0b-000000000001"
PHONE, EMAIL = "13912340001", "ana@ninefold.cn"
EXPECTED = {("user_id", "u1"), ("anonymous_id", VISITOR), ("email", EMAIL), ("phone", f"+86{PHONE}")}

Said = tuple[Wire, str, Mapping[str, object]]
STORIES: dict[str, list[Said]] = {
    "segment": [
        (SEGMENT, "page", {"anonymousId": VISITOR, "name": "Home"}),
        (SEGMENT, "identify", {"anonymousId": VISITOR, "userId": "u1", "traits": {"email": EMAIL}}),
        (SEGMENT, "alias", {"previousId": VISITOR, "userId": "u1"}),
        (SEGMENT, "identify", {"userId": "u1", "traits": {"phone": PHONE}}),
    ],
    "sensors": [
        (SENSORS, "data", {"type": "track", "event": "$pageview", "distinct_id": VISITOR}),
        (SENSORS, "data", {
            "type": "profile_set", "distinct_id": "u1", "properties": {"$is_login_id": True, "email": EMAIL},
        }),
        (SENSORS, "data", {"type": "track_signup", "distinct_id": "u1", "original_id": VISITOR}),
        (SENSORS, "data", {
            "type": "track_id_bind", "event": "$BindID", "distinct_id": "u1",
            "identities": {"$identity_login_id": "u1", "$identity_mobile": PHONE},
        }),
    ],
    "sensors with identities": [
        (SENSORS, "data", {
            "type": "track", "event": "$pageview", "distinct_id": VISITOR,
            "identities": {"$identity_cookie_id": VISITOR},
        }),
        (SENSORS, "data", {
            "type": "track", "event": "Login", "distinct_id": "u1",
            "identities": {"$identity_cookie_id": VISITOR, "$identity_login_id": "u1"},
        }),
        (SENSORS, "data", {
            "type": "track_id_bind", "distinct_id": f"$identity_email+{EMAIL}",
            "identities": {"$identity_email": EMAIL, "$identity_login_id": "u1"},
        }),
        (SENSORS, "data", {
            "type": "track_id_bind", "distinct_id": "u1",
            "identities": {"$identity_login_id": "u1", "$identity_mobile": PHONE},
        }),
    ],
    "posthog": [
        (POSTHOG, "capture", {"event": "$pageview", "distinct_id": VISITOR}),
        (POSTHOG, "capture", {
            "event": "$identify", "distinct_id": "u1",
            "properties": {"$anon_distinct_id": VISITOR, "$set": {"email": EMAIL}},
        }),
        (POSTHOG, "capture", {"event": "$create_alias", "distinct_id": VISITOR, "properties": {"alias": "u1"}}),
        (POSTHOG, "capture", {"event": "$set", "distinct_id": "u1", "$set": {"phone": PHONE}}),
    ],
    "rest": [
        (REST, "", {"event": "Seen", "identifiers": {"anonymous_id": VISITOR}}),
        (REST, "", {"type": "identify", "identifiers": {"user_id": "u1", "email": EMAIL}}),
        (REST, "", {"type": "bind", "identifiers": {"user_id": "u1", "anonymous_id": VISITOR}}),
        (REST, "", {"event": "Paid", "identifiers": {"user_id": "u1", "phone": PHONE}}),
    ],
    "snowplow and cloudevents": [
        (SNOWPLOW, "", {"data": [{"e": "pv", "duid": VISITOR}]}),
        (SNOWPLOW, "", {"data": [{"e": "se", "se_ac": "login", "duid": VISITOR, "uid": "u1"}]}),
        (CLOUDEVENTS, "", {
            "specversion": "1.0", "id": "1", "source": "/crm", "type": "member.joined", "subject": "u1",
            "data": {"identifiers": {"email": EMAIL, "phone": PHONE}},
        }),
    ],
}  # fmt: skip


def request(said: Said, key: str) -> Request:
    wire, call, item = said
    body = json.dumps(item).encode()
    if wire is SENSORS:
        body = b"data=" + base64.b64encode(body).replace(b"+", b"%2B")
    basic = base64.b64encode(f"{key}:".encode()).decode()
    return Request(call=call, body=body, authorization=f"Basic {basic}", headers={"x-write-key": key})


@pytest.fixture
def told(records: Records, events: Events, clock: FixedClock) -> Any:
    """Tells stories through the wires and the pipeline; returns the identifiers of each person."""
    keys = Keys(records, clock)
    key = keys.issue("write", "shop", channel="web")

    def tell(story: Sequence[Said]) -> list[set[tuple[str, str]]]:
        async def send(collector: Collector) -> None:
            for said in story:
                answer = await collector.accept(request(said, key), said[0])
                assert answer.status == 200, answer.body

        with Collector(records, keys, clock) as collector:
            asyncio.run(send(collector))
        Pipeline(records, events, clock).drain()
        people = events.query(Statement("SELECT DISTINCT oneid FROM events")).to_pylist()
        with records.begin() as conn:
            identity = Identity.load(conn)
            living = {identity.person(conn, row["oneid"]).oneid for row in people}
            return [
                {(one.namespace, one.value) for one in identity.identifiers_of(conn, oneid)} for oneid in sorted(living)
            ]

    return tell


@pytest.mark.parametrize("vendor", STORIES)
@pytest.mark.parametrize("order", [1, -1], ids=["in order", "backwards"])
def test_the_same_story_is_the_same_person(told: Any, vendor: str, order: int) -> None:
    assert told(STORIES[vendor][::order]) == [EXPECTED]


def test_two_wires_in_parallel_are_one_person(told: Any) -> None:
    """While a site moves from one vendor to another, both SDKs run, and nobody is counted twice."""
    assert told([said for story in STORIES.values() for said in story]) == [EXPECTED]
