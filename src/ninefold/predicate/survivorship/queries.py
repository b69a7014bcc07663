"""SQL of survivorship beside the values themselves: which traits are added to, and taking back all of a person's."""

from collections.abc import Sequence

import sqlalchemy as sa

from ninefold.store import Statement

KNOWN = sa.text("SELECT key FROM changed_traits")
NOTE_CHANGED = sa.text(
    "INSERT INTO changed_traits (key) SELECT unnest(CAST(:keys AS text[])) ON CONFLICT (key) DO NOTHING"
)


def take_back(gone: Sequence[tuple[int, int]]) -> Statement:
    """Take back every trait of people as of a time: one row per trait, account and source; a repeat changes nothing.

    Args:
        gone: number of the person, and the time in ms.
    """
    return Statement(
        """
        INSERT INTO traits (key, oneid, source, value, num, deleted, ts, received_at)
        SELECT s.key, s.oneid, s.source, '', NULL, 1, max(g.at), max(g.at)
        FROM (
          SELECT key, oneid, source FROM traits
          UNION ALL
          SELECT key, oneid, source FROM trait_changes
        ) AS s
        INNER JOIN (
          SELECT a.oneid AS oneid, max(p.at) AS at
          FROM (
            SELECT if(r.root = 0, g.1, r.root) AS root, fromUnixTimestamp64Milli(g.2, 'UTC') AS at
            FROM (SELECT arrayJoin(arrayZip({oneids:Array(UInt32)}, {times:Array(Int64)})) AS g) AS d
            LEFT ANY JOIN (SELECT oneid, root FROM redirects FINAL WHERE oneid != root) AS r ON r.oneid = g.1
          ) AS p
          INNER JOIN (
            SELECT oneid, root FROM redirects FINAL WHERE oneid != root
            UNION ALL
            SELECT oneid, oneid AS root FROM people
          ) AS a ON a.root = p.root
          GROUP BY oneid
        ) AS g ON g.oneid = s.oneid
        GROUP BY s.key, s.oneid, s.source
        """,
        {"oneids": [oneid for oneid, _ in gone], "times": [at for _, at in gone]},
    )
