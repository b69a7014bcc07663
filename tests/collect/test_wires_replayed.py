"""An event put aside by any wire is read again as if it came in then: its request is kept as far as it matters."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from tests.support.collecting import quarantined, stored

from ninefold.base import FixedClock, to_ms
from ninefold.collect import Again, Collector, Limits, replay
from ninefold.collect.model import Request
from ninefold.collect.wires import BY_KIND
from ninefold.store import Records

BIG = "x" * 70_000
SENT: Mapping[str, tuple[dict[str, str], object]] = {
    "snowplow": (
        {},
        {"data": [{"e": "se", "se_ac": "Seen", "se_la": BIG, "eid": "m1", "uid": "u1", "dtm": "1780300000000",
                   "stm": "1780300060000", "aid": "KEY"}]},
    ),
    "cloudevents": (
        {"subject": "member_no"},
        {"specversion": "1.0", "id": "1", "source": "/s", "type": "Seen", "subject": "u1", "data": {"label": BIG}},
    ),
    "rest": (
        {},
        {"events": [{"event": "Seen", "identifiers": {"user_id": "u1"}, "properties": {"label": BIG},
                     "time": 1_780_300_000_000}], "sent_at": 1_780_300_060_000},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SENT)
def test_a_replay_reads_what_was_sent(
    kind: str, collector: Collector, records: Records, clock: FixedClock, write_key: str
) -> None:
    query, body = SENT[kind]
    data = json.dumps(body).replace("KEY", write_key).encode()
    headers = {} if kind == "snowplow" else {"x-write-key": write_key}
    arrived = to_ms(clock.now())
    answer = asyncio.run(
        collector.accept(Request(call="", body=data, query=query, headers=headers, receipts=True), BY_KIND[kind])
    )
    (told,) = json.loads(answer.body)["receipts"]
    (bad,) = quarantined(records)
    assert (bad.kind, bad.code, bad.message_id) == (kind, "event_too_large", told["messageId"])
    clock.advance(timedelta(days=1))
    with records.begin() as conn:
        done = replay(conn, [bad.id], now=clock.now(), again=Again(limits=Limits(max_event_bytes=100_000)))
    assert done.accepted == 1
    (event,) = stored(records)
    assert (event.name, event.message_id, event.identifiers[0][1]) == ("Seen", bad.message_id, "u1")
    assert event.identifiers[0][0] == ("member_no" if kind == "cloudevents" else "user_id")
    assert event.ts == (arrived if kind == "cloudevents" else arrived - 60_000)
    assert "context.app.id" not in event.props
