"""Two server processes on one PostgreSQL take the same messages at the same time: each counts once."""

import asyncio
import json
import random
from collections import Counter

from tests.support.collecting import stored
from tests.support.processes import Child, Outlet

from ninefold.base import FixedClock, SystemClock
from ninefold.collect import Collector
from ninefold.collect.model import Request
from ninefold.collect.wires import SEGMENT
from ninefold.governance import Keys
from ninefold.store import Records

IDS = [f"m{number}" for number in range(400)]
BATCH, ROUNDS = 40, 12


def _batch(dice: random.Random, key: str) -> Request:
    chosen = dice.choices(IDS, k=BATCH)  # with repeats inside the batch
    items = [{"type": "track", "event": "Seen", "userId": "u1", "messageId": one} for one in chosen]
    return Request(call="batch", body=json.dumps({"batch": items, "writeKey": key}).encode())


def serve(outlet: Outlet, url: str, key: str, seed: int) -> list[str]:
    """A server: takes requests and works through the inbox, both together with the other one."""
    records, dice = Records(url), random.Random(seed)
    kept: list[str] = []

    async def take(collector: Collector) -> None:
        requests = [collector.accept(_batch(dice, key), SEGMENT) for _ in range(4)]
        assert {answer.status for answer in await asyncio.gather(*requests)} == {200}

    with Collector(records, Keys(records, SystemClock()), SystemClock()) as collector:
        outlet.say("ready")
        outlet.wait()
        for _ in range(ROUNDS):
            asyncio.run(take(collector))
            kept += [event.message_id for event in stored(records)]
    records.close()
    return kept


def test_each_message_counts_once_whichever_server_takes_it(
    records: Records, records_url: str, clock: FixedClock
) -> None:
    key = Keys(records, clock).issue("write", "shop", channel="web")
    servers = [Child(serve, records_url, key, seed) for seed in (1, 2)]
    try:
        assert [server.receive() for server in servers] == ["ready", "ready"]
        for server in servers:
            server.send()
        shares = [server.receive(120) for server in servers]
    finally:
        for server in servers:
            server.close()
    rest = [event.message_id for event in stored(records)]
    counted = Counter([*shares[0], *shares[1], *rest])
    assert set(counted) == set(IDS), "nothing is lost"
    assert set(counted.values()) == {1}, "nothing counts twice"
    assert all(shares), "both had a part in it"
