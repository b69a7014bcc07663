"""The border of the window in which a repeat is known: inside, at it, outside; over restarts, and while it moves on."""

import asyncio
import json
from datetime import timedelta

import pytest
from tests.support.collecting import stored

from ninefold.base import FixedClock
from ninefold.collect import Collector, forget_messages
from ninefold.collect.model import Request
from ninefold.governance import Keys
from ninefold.store import Records

WINDOW, INSTANT = timedelta(days=30), timedelta(microseconds=1)


def send(records: Records, keys: Keys, clock: FixedClock, key: str, *messages: str) -> list[str]:
    """Send messages to a server that was just started; which of them count."""
    items = [{"type": "track", "event": "Seen", "userId": "u1", "messageId": one} for one in messages]
    body = json.dumps({"batch": items, "writeKey": key}).encode()
    with Collector(records, keys, clock) as collector:
        assert asyncio.run(collector.accept(Request(call="batch", body=body))).status == 200
    return [event.message_id for event in stored(records, clock.now())]


def age(records: Records, clock: FixedClock) -> int:
    with records.begin() as conn:
        return forget_messages(conn, clock.now() - WINDOW)


@pytest.mark.parametrize(
    ("after", "counts"),
    [(timedelta(0), []), (WINDOW - INSTANT, []), (WINDOW, []), (WINDOW + INSTANT, ["m1"])],
    ids=["at once", "just inside", "exactly", "just outside"],
)
def test_a_repeat_counts_again_only_outside_of_the_window(
    records: Records, records_url: str, clock: FixedClock, after: timedelta, counts: list[str]
) -> None:
    keys = Keys(records, clock)
    key = keys.issue("write", "shop", channel="web")
    assert send(records, keys, clock, key, "m1") == ["m1"]
    clock.advance(after)
    age(records, clock)
    again = Records(records_url)  # a process that starts later knows no more than the store
    assert send(again, Keys(again, clock), clock, key, "m1", "m1") == counts
    again.close()


def test_the_window_moves_on_batch_by_batch(records: Records, clock: FixedClock) -> None:
    keys = Keys(records, clock)
    key = keys.issue("write", "shop", channel="web")
    for day in range(4):
        assert send(records, keys, clock, key, f"m{day}", "always") == [f"m{day}", *(["always"] if not day else [])]
        clock.advance(timedelta(days=10))
    assert age(records, clock) == 2, "of the first day, m0 and what was seen first then"
    assert send(records, keys, clock, key, "m0", "m1", "m2", "m3") == ["m0"], "at 30 days and younger are known"
    assert send(records, keys, clock, key, "always", "m0") == ["always"], "a repeat does not prolong, a new one counts"
    assert age(records, clock) == 0, "nothing twice"
