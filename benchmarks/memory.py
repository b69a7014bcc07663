"""Memory of a server under load: its size over time, while it collects at a steady rate and profiles are read.

    python benchmarks/memory.py [--minutes 1] [--events 5000] [--reads 20]

One `ninefold serve` with everything in it, from an empty folder; 50,000 people. Events come in batches of 50 whatever
the server does; each read names somebody by an identifier. Pages shared between processes count by their share. Prints
one JSON object: what grows without end shows in the lists, one figure every ten seconds. Linux only.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.server import Server

from collect_http import NOW, make_event, offer
from startup import children, pss

BATCH = 50
PEOPLE = 50_000
EVERY_SECONDS = 10


def bodies(requests: int) -> Iterator[bytes]:
    """The requests, made when they are due."""
    for number in range(requests):
        events = [make_event(BATCH * number + place) for place in range(BATCH)]
        yield json.dumps({"batch": events, "sentAt": NOW}).encode()


async def read(server: Server, per_second: float, until: float) -> dict[str, int]:
    """Ask for profiles until then, one after the other, at most so many a second; how they were answered."""
    answers: dict[str, int] = {}
    headers = {"Authorization": f"Bearer {server.token}"}
    async with httpx.AsyncClient(base_url=server.address, headers=headers, timeout=60) as client:
        number = 0
        while (now := time.monotonic()) < until:
            answer = await client.get(f"/v1/people/user_id:user-{number * 7_919 % PEOPLE}")
            answers[str(answer.status_code)] = answers.get(str(answer.status_code), 0) + 1
            number += 1
            await asyncio.sleep(max(0.0, now + 1 / per_second - time.monotonic()))
    return answers


async def watch(server: Server, until: float) -> dict[str, list[int]]:
    """The sizes in MB, every ten seconds."""
    master = int((server.data_dir / "records" / "postmaster.pid").read_text().split()[0])
    sizes: dict[str, list[int]] = {"server_mb": [], "postgresql_mb": []}
    while time.monotonic() < until:
        await asyncio.sleep(EVERY_SECONDS)
        sizes["server_mb"].append(pss(server.pid) // 1_000_000)
        sizes["postgresql_mb"].append(sum(map(pss, [master, *children(master)])) // 1_000_000)
    return sizes


async def load(server: Server, write_key: str, given: argparse.Namespace) -> dict[str, object]:
    """Offer the load and watch."""
    seconds, per_second = given.minutes * 60, given.events / BATCH
    until = time.monotonic() + seconds
    took, answers, sizes = await asyncio.gather(
        offer(urlsplit(server.address).port or 0, bodies(round(seconds * per_second)), write_key, per_second),
        read(server, given.reads, until),
        watch(server, until),
    )
    return {"events": len(took) * BATCH, "profile_reads_by_status": answers, **sizes}


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--events", type=float, default=5_000, help="events per second")
    parser.add_argument("--reads", type=float, default=20, help="profiles per second")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data")
        server.start(wait_seconds=300, cold=True)
        try:
            key = server.call("POST", "/v1/keys", json={"kind": "write", "name": "bench", "channel": "web"})
            at_rest = pss(server.pid) // 1_000_000
            result = asyncio.run(load(server, key["secret"], given))
        finally:
            server.stop()
    print(json.dumps({"minutes": given.minutes, "at_rest_mb": at_rest, **result}))


if __name__ == "__main__":
    main()
