"""Clocks of clients: the same rule on every wire, ``time = received - (sent - happened)``, as golden vectors."""

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.collecting import quarantined, stored

from ninefold.base import FixedClock, from_ms, to_ms
from ninefold.collect import Collector
from ninefold.collect.model import Request
from ninefold.collect.wires import CLOUDEVENTS, POSTHOG, REST, SEGMENT, SENSORS, SNOWPLOW, Wire
from ninefold.store import Records

SECOND, DAY = 1_000, 86_400_000
EARLY, FUTURE = "timestamp_too_early", "timestamp_in_future"
Row = tuple[int, int | None, int, str]

# Happened and sent by the client's clock, both as ms after arrival; when it counts as happened; the warning.
VECTORS: dict[str, Row] = {
    "a right clock": (-60 * SECOND, 0, -60 * SECOND, ""),
    "a clock three days slow": (-3 * DAY - 60 * SECOND, -3 * DAY, -60 * SECOND, ""),
    "a clock three days fast": (3 * DAY - 60 * SECOND, 3 * DAY, -60 * SECOND, ""),
    "a clock of 1998": (-10_000 * DAY, -10_000 * DAY + 5 * SECOND, -5 * SECOND, ""),
    "kept offline for a month": (-30 * DAY, -SECOND, -30 * DAY + SECOND, ""),
    "sent before it happened": (10 * SECOND, 0, 10 * SECOND, ""),
    "sent two days before it happened": (2 * DAY, 0, 0, FUTURE),
    "no time of sending, late": (-40 * DAY, None, -40 * DAY, ""),
    "no time of sending, an hour ahead": (3_600 * SECOND, None, 3_600 * SECOND, ""),
    "no time of sending, two days ahead": (2 * DAY, None, 0, FUTURE),
    "no time of sending, before 2000": (-15_000 * DAY, None, 0, EARLY),
}


def iso(ms: int | None) -> str | None:
    return None if ms is None else from_ms(ms).isoformat().replace("+00:00", "Z")


def _given(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def segment(name: str, at: int, sent: int | None) -> object:
    return {"type": "track", "event": name, "userId": "u1"} | _given(timestamp=iso(at), sentAt=iso(sent))


def rudder(name: str, at: int, sent: int | None) -> object:
    item = {"type": "track", "event": name, "userId": "u1", "originalTimestamp": iso(at)}
    return {"batch": [item]} | _given(sentAt=iso(sent))


def posthog(name: str, at: int, sent: int | None) -> object:
    return {"batch": [{"event": name, "distinct_id": "u1", "timestamp": iso(at)}]} | _given(sent_at=iso(sent))


def sensors(name: str, at: int, sent: int | None) -> object:
    record = {"type": "track", "event": name, "distinct_id": "u1", "time": at, "properties": {}}
    return record | _given(_flush_time=sent)


def snowplow(name: str, at: int, sent: int | None) -> object:
    item = {"e": "se", "se_ac": name, "eid": name, "uid": "u1", "aid": "KEY", "dtm": str(at)}
    return {"data": [item | _given(stm=None if sent is None else str(sent))]}


def rest(name: str, at: int, sent: int | None) -> object:
    item = {"event": name, "identifiers": {"user_id": "u1"}, "time": at}
    return {"events": [item]} | _given(sent_at=sent)


def cloudevents(name: str, at: int, _sent: int | None) -> object:
    return {"specversion": "1.0", "id": name, "source": "/s", "type": name, "subject": "u1", "time": iso(at)}


Said = Callable[[str, int, int | None], object]
WIRES: dict[str, tuple[Wire, str, Said]] = {
    "segment": (SEGMENT, "track", segment),
    "rudderstack": (SEGMENT, "batch", rudder),
    "posthog": (POSTHOG, "batch", posthog),
    "sensors": (SENSORS, "data", sensors),
    "snowplow": (SNOWPLOW, "", snowplow),
    "rest": (REST, "", rest),
    "cloudevents": (CLOUDEVENTS, "", cloudevents),
}


def _request(kind: str, body: object, key: str) -> Request:
    data = json.dumps(body).replace("KEY", key).encode()
    _, call, _ = WIRES[kind]
    match kind:
        case "sensors":
            form = b"gzip=0&data=" + base64.b64encode(data).replace(b"+", b"%2B").replace(b"=", b"%3D")
            return Request(call=call, body=form, query={"token": key})
        case "posthog":
            whole: dict[str, Any] = json.loads(data) | {"api_key": key}
            return Request(call=call, body=json.dumps(whole).encode())
        case "segment" | "rudderstack":
            return Request(call=call, body=json.dumps(json.loads(data) | {"writeKey": key}).encode())
    return Request(call=call, body=data, headers={"x-write-key": key})


@pytest.mark.parametrize("wire", WIRES)
def test_when_it_happened(wire: str, collector: Collector, records: Records, clock: FixedClock, write_key: str) -> None:
    arrived = to_ms(clock.now())
    rows = {
        name: row
        for name, row in VECTORS.items()
        if wire != "cloudevents" or row[1] is None  # it knows no sending
    }
    for name, (happened, sent, _, _) in rows.items():
        body = WIRES[wire][2](name, arrived + happened, None if sent is None else arrived + sent)
        answer = asyncio.run(collector.accept(_request(wire, body, write_key), WIRES[wire][0]))
        assert answer.status == 200, answer.body
    assert quarantined(records) == []
    found = {event.name: event for event in stored(records)}
    said = {name: (event.ts - arrived, event.props.get("$warnings", "")) for name, event in found.items()}
    assert said == {name: (expected, warning) for name, (_, _, expected, warning) in rows.items()}
    assert all(("$original_timestamp" in found[name].props) == bool(row[3]) for name, row in rows.items())
