"""OneID in bulk and in the steady state, against scipy and against the bare database in the same run.

    python benchmarks/identity_resolve.py --pairs 5000000

Every pair is an event with two identifiers. A person has five (user id, phone, e-mail, device, cookie), joined by four
pairs that form a random tree; the pairs of all people are shuffled. Measured:

- `scipy`: connected_components on the integer arrays, nothing else;
- `solve`: the same arrays through the rules (caps, vetoes), in memory;
- `durable`: raw text to stored people, identifiers and ledger, in chunks, fsync on;
- `bare`: the server copying the very rows that were stored into tables with the same indexes;
- `steady`: batches of events about known people; `new`: batches of events about people never seen.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ninefold.identity import DEFAULT_RULES, IdentifierBatch, Identity
from ninefold.identity.rules.union import Graph, cluster, components
from ninefold.store import EmbeddedPostgres, Records

KINDS = ("user_id", "phone", "email", "device_id", "anonymous_id")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
START_MS = 1_780_000_000_000
Ints = NDArray[np.int64]
T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    done = work()
    return time.perf_counter() - start, done


def trees(people: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Four pairs per person, a random tree over five nodes; node = person * 5 + kind; shuffled."""
    kinds = len(KINDS)
    order = rng.permuted(np.tile(np.arange(kinds), (people, 1)), axis=1)
    ends = [order[np.arange(people), rng.integers(0, k, people)] for k in range(1, kinds)]
    base = np.arange(people)[:, None] * kinds
    a = (base + np.stack(ends, axis=1)).ravel()
    b = (base + order[:, 1:]).ravel()
    shuffle = rng.permutation(len(a))
    return a[shuffle], b[shuffle]


def text_of(node: int) -> str:
    """The raw value of a node: plain, in one form, never blocked."""
    person, kind = divmod(node, len(KINDS))
    match kind:
        case 0:
            return f"user{person}"
        case 1:
            return f"+8613{person:09d}"
        case 2:
            return f"user{person}@mail.example"
        case 3:
            return f"{person * 0x9E3779B97F4A7C15 % 2**64:016x}-d"
        case _:
            return f"{person * 0xBF58476D1CE4E5B9 % 2**64:016x}-c"


def batch_of(a: Ints, b: Ints, *, start: int = 0) -> IdentifierBatch:
    """One event per pair, a millisecond apart."""
    nodes = np.stack([a, b], axis=1).ravel()
    return IdentifierBatch(
        row=np.repeat(np.arange(len(a)), 2),
        namespace=[KINDS[kind] for kind in (nodes % len(KINDS)).tolist()],
        value=[text_of(node) for node in nodes.tolist()],
        ts_ms=START_MS + start + np.arange(len(a)),
        source=["import"] * len(a),
        message_id=[f"m{k}" for k in range(len(a))],
    )


def solve(a: Ints, b: Ints, nodes: int) -> Ints:
    """The pairs through caps and vetoes, in memory."""
    kind = np.arange(nodes) % len(KINDS)
    rules = [DEFAULT_RULES.of(name) for name in KINDS]
    firm = np.array([rule.strong for rule in rules])[kind]
    graph = Graph(
        nodes=nodes, a=a, b=b, strong=firm[a] & firm[b], holder=np.arange(nodes), space=kind,
        held=np.ones(nodes, dtype=np.int64), rules=rules,
    )  # fmt: skip
    return cluster(graph).label


def load(records: Records, a: Ints, b: Ints, chunk: int) -> tuple[float, Ints, int]:
    """Resolve all pairs in chunks: seconds of resolving, the root of each event at the end, merges on the way."""
    identity, seconds, people, merges = Identity(), 0.0, [], 0
    root = np.arange(len(a) + 1)
    for start in range(0, len(a), chunk):
        batch = batch_of(a[start : start + chunk], b[start : start + chunk], start=start)

        def work(batch: IdentifierBatch = batch) -> tuple[Ints, Ints, Ints]:
            with records.begin() as conn:
                found = identity.resolve(conn, batch, now=NOW)
            moved = found.redirects
            return found.oneid.astype(np.int64), moved.oneid.astype(np.int64), moved.root.astype(np.int64)

        took, (oneid, loser, winner) = timed(work)
        seconds += took
        people.append(oneid)
        root[loser] = winner
        merges += len(loser)
    return seconds, root[np.concatenate(people)], merges


def bare(records: Records) -> float:
    """Seconds the server needs to store the same rows again, with the same indexes."""
    seconds = 0.0
    with records.begin() as conn:
        for table in ("persons", "identifiers", "identity_assertions"):
            conn.execute(sa.text(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)"))
            start = time.perf_counter()
            conn.execute(sa.text(f"INSERT INTO bare_{table} SELECT * FROM {table}"))
            seconds += time.perf_counter() - start
    return seconds


def rate(records: Records, batches: list[IdentifierBatch]) -> float:
    """Events a second over batches, committed one by one; the best batch, since other work disturbs."""
    identity, best = Identity(), 0.0
    for batch in batches:

        def work(batch: IdentifierBatch = batch) -> None:
            with records.begin() as conn:
                identity.resolve(conn, batch, now=NOW)

        best = max(best, batch.events / timed(work)[0])
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=400_000)
    parser.add_argument("--chunk", type=int, default=1_000_000, help="events per resolution")
    parser.add_argument("--batch", type=int, default=50_000, help="events per batch of the steady state")
    args = parser.parse_args()
    rng = np.random.default_rng(7)
    people = args.pairs // 4
    a, b = trees(people, rng)
    nodes = people * len(KINDS)
    scipy_s, expected = timed(lambda: components(nodes, a, b))
    solve_s, label = timed(lambda: solve(a, b, nodes))
    assert np.array_equal(label, expected)
    with tempfile.TemporaryDirectory(prefix="ninefold-bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "records")
        records = Records.open(server.url)
        durable_s, root, merges = load(records, a, b, args.chunk)
        groups = len(set(zip(root.tolist(), expected[a].tolist(), strict=True)))
        assert groups == people == len(set(root.tolist()))
        bare_s = bare(records)
        fresh = [people * 5 * k + np.arange(args.batch) * 5 for k in range(1, 4)]
        new = rate(records, [batch_of(base, base + 4) for base in fresh])
        picks = [rng.integers(0, len(a), args.batch) for _ in range(5)]
        steady = rate(records, [batch_of(a[pick], b[pick], start=len(a)) for pick in picks])
        with records.begin() as conn:
            conn.execute(sa.text("ANALYZE"))
        records.close()
        server.stop()
    found = {
        "pairs": len(a),
        "people": people,
        "identifiers": nodes,
        "chunk": args.chunk,
        "merges": merges,
        "scipy_s": round(scipy_s, 2),
        "solve_s": round(solve_s, 2),
        "solve_over_scipy": round(solve_s / scipy_s, 2),
        "durable_s": round(durable_s, 1),
        "durable_pairs_per_s": round(len(a) / durable_s),
        "durable_over_scipy": round(durable_s / scipy_s, 1),
        "bare_s": round(bare_s, 1),
        "durable_over_bare": round(durable_s / bare_s, 2),
        "steady_events_per_s": round(steady),
        "new_events_per_s": round(new),
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
