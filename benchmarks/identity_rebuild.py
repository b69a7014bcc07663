"""A full rebuild of everybody from the ledger, against scipy's connected components on the same edges in the same run.

    python benchmarks/identity_rebuild.py --edges 10000000

A person has five identifiers joined by a star of four pairs; one pair in a hundred is a device shared with the next
person, so that vetoes must be walked. The tables are filled by the server itself; nothing has drifted, so nothing is
written. Measured: `scipy` (labels of integer arrays), `read` (the ledger into arrays), `judge` (clusters under the
rules), `rebuild` (all of it, comparison included).
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.identity import DEFAULT_RULES
from ninefold.identity.desk import rebuilding
from ninefold.identity.rules.union import components
from ninefold.store import EmbeddedPostgres, Records

NOW = datetime(2026, 6, 1, tzinfo=UTC)
T = TypeVar("T")

_FILL = (
    """
    INSERT INTO persons (oneid, public_id, created_at)
    SELECT p, 'p_' || p, now() FROM generate_series(1, :people) AS p
    """,
    """
    INSERT INTO identifiers (id, namespace, value, oneid, origin, first_seen_ms, last_seen_ms)
    SELECT (p - 1) * 5 + k, (ARRAY['user_id', 'phone', 'email', 'device_id', 'anonymous_id'])[k], k || '-' || p, p,
           CASE k WHEN 1 THEN p END, 0, 0
    FROM generate_series(1, :people) AS p, generate_series(1, 5) AS k
    """,
    """
    INSERT INTO identity_assertions
        (a, b, action, reason, source, seen_ms, recorded_at, rule_version, evidence, batch_id)
    SELECT (p - 1) * 5 + 1, (p - 1) * 5 + k, 1, 0, 'web', p, now(), 1, 'm' || p, 1
    FROM generate_series(1, :people) AS p, generate_series(2, 5) AS k
    """,
    """
    INSERT INTO identity_assertions
        (a, b, action, reason, source, seen_ms, recorded_at, rule_version, evidence, batch_id)
    SELECT (p - 1) * 5 + 4, p * 5 + 1, 2, 2, 'web', p + 1000000000, now(), 1, 's' || p, 1
    FROM generate_series(1, :people - 1, 25) AS p
    """,
)


def timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    done = work()
    return time.perf_counter() - start, done


def measure(conn: Connection) -> dict[str, float]:
    """Seconds of each part."""
    read_s, whole = timed(lambda: rebuilding.read(conn))
    pairs = whole.region.pairs
    scipy_s, _ = timed(lambda: components(len(whole.region.id), pairs.a, pairs.b))
    judge_s, _ = timed(lambda: rebuilding.judge_all(conn, whole, DEFAULT_RULES))
    rebuild_s, done = timed(lambda: rebuilding.rebuild(conn, DEFAULT_RULES, now=NOW))
    assert done.moved == done.restated == 0
    return {
        "edges": done.pairs,
        "identifiers": done.identifiers,
        "people": done.people,
        "scipy_s": round(scipy_s, 2),
        "read_s": round(read_s, 2),
        "judge_s": round(judge_s, 2),
        "judge_over_scipy": round(judge_s / scipy_s, 2),
        "rebuild_s": round(rebuild_s, 2),
        "rebuild_over_scipy": round(rebuild_s / scipy_s, 1),
        "edges_per_s": round(done.pairs / rebuild_s),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edges", type=int, default=400_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ninefold-bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "records")
        records = Records.open(server.url)
        with records.begin() as conn:
            for text in _FILL:
                conn.execute(sa.text(text), {"people": args.edges // 4})
            conn.execute(sa.text("UPDATE persons SET contested = 1 WHERE oneid % 25 IN (1, 2)"))
        with records.begin() as conn:
            conn.execute(sa.text("ANALYZE"))
            print(json.dumps(measure(conn), indent=1))
        records.close()
        server.stop()


if __name__ == "__main__":
    main()
