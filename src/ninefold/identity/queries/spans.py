"""SQL of spans: identifiers that were taken from their person as of a time. Pure."""

from typing import Final

import sqlalchemy as sa

# The same as of a time: the span in which it falls.
LOOK_UP_AT: Final = sa.text(
    """
    SELECT string_agg(int8send(k.n - 1) || int8send(i.id) || int8send(coalesce(i.oneid, 0))
                      || int8send(coalesce(i.origin, 0)) || int8send(i.state) || int8send(i.first_seen_ms)
                      || int8send(i.last_seen_ms) || int8send(i.since_ms), ''::bytea)
    FROM unnest(string_to_array(:namespaces, chr(31)), string_to_array(:values, chr(31)),
                CAST(string_to_array(:times, chr(31)) AS bigint[])) WITH ORDINALITY AS k (namespace, value, ts, n)
    CROSS JOIN LATERAL (
        SELECT * FROM identifiers i
        WHERE i.namespace = k.namespace AND i.value = k.value AND i.since_ms <= k.ts AND k.ts < i.until_ms LIMIT 1
    ) i
    """
)

# Identifiers that are not stored yet, with the times they are heard of.
KNOW_ALL: Final = sa.text(
    """
    INSERT INTO identifiers (namespace, value, first_seen_ms, last_seen_ms)
    SELECT k.namespace, k.value, k.ts, k.ts
    FROM unnest(string_to_array(:names, chr(31)), string_to_array(:values, chr(31)),
                CAST(string_to_array(:times, chr(31)) AS bigint[])) AS k (namespace, value, ts)
    ON CONFLICT DO NOTHING
    """
)

# The spans in which cuts fall, and those of their children: identifiers of the same person in namespaces that have
# the cut one's for their parent.
SPANS_CUT: Final = sa.text(
    """
    WITH cut AS (
        SELECT k.n - 1 AS n, k.ts, i.id, i.namespace, i.oneid, i.until_ms
        FROM unnest(string_to_array(:names, chr(31)), string_to_array(:values, chr(31)),
                    CAST(string_to_array(:times, chr(31)) AS bigint[])) WITH ORDINALITY AS k (namespace, value, ts, n)
        JOIN identifiers i ON i.namespace = k.namespace AND i.value = k.value
                          AND i.since_ms < k.ts AND k.ts < i.until_ms
    )
    SELECT DISTINCT ON (id) n, id, until_ms
    FROM (
        SELECT n, ts, id, until_ms FROM cut
        UNION ALL
        SELECT cut.n, cut.ts, c.id, c.until_ms
        FROM cut
        JOIN unnest(string_to_array(:parents, chr(31)), string_to_array(:children, chr(31))) AS f (parent, child)
          ON f.parent = cut.namespace
        JOIN identifiers c ON c.oneid = cut.oneid AND c.namespace = f.child
                          AND c.since_ms < cut.ts AND cut.ts < c.until_ms
    ) AS every
    ORDER BY id, ts
    """
)

CLOSE: Final = sa.text(
    """
    UPDATE identifiers i SET until_ms = k.ts, last_seen_ms = least(i.last_seen_ms, k.ts)
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:times, chr(31)) AS bigint[]))
         AS k (id, ts)
    WHERE i.id = k.id
    """
)

REOPEN: Final = sa.text(
    """
    INSERT INTO identifiers (id, namespace, value, first_seen_ms, last_seen_ms, state, since_ms, until_ms, cut)
    SELECT k.fresh, i.namespace, i.value, k.ts, k.ts, i.state, k.ts, k.until_ms, 1
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:fresh, chr(31)) AS bigint[]),
                CAST(string_to_array(:times, chr(31)) AS bigint[]),
                CAST(string_to_array(:until, chr(31)) AS bigint[])) AS k (id, fresh, ts, until_ms)
    JOIN identifiers i ON i.id = k.id
    """
)

# Statements belong to the span in which they happened; those about the smaller identifier of a pair first.
_SHIFT = """
    UPDATE identity_assertions l SET a = least(%(other)s, k.fresh), b = greatest(%(other)s, k.fresh)
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:fresh, chr(31)) AS bigint[]),
                CAST(string_to_array(:times, chr(31)) AS bigint[])) AS k (id, fresh, ts)
    WHERE l.%(mine)s = k.id AND l.seen_ms >= k.ts AND l.a <> l.b
    """
SHIFT_SMALLER: Final = sa.text(_SHIFT % {"mine": "a", "other": "l.b"})
SHIFT_LARGER: Final = sa.text(_SHIFT % {"mine": "b", "other": "l.a"})
SHIFT_OWN: Final = sa.text(
    """
    UPDATE identity_assertions l SET a = k.fresh, b = k.fresh
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:fresh, chr(31)) AS bigint[]),
                CAST(string_to_array(:times, chr(31)) AS bigint[])) AS k (id, fresh, ts)
    WHERE l.a = k.id AND l.b = k.id AND l.seen_ms >= k.ts
    """
)

# Rows of the events store that may have happened after a cut: the last time seen is known to the day.
TO_MOVE: Final = sa.text(
    """
    INSERT INTO identity_moves (home, identifier, since_ms, until_ms)
    SELECT i.origin, k.fresh, k.ts, k.until_ms
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:fresh, chr(31)) AS bigint[]),
                CAST(string_to_array(:times, chr(31)) AS bigint[]),
                CAST(string_to_array(:until, chr(31)) AS bigint[])) AS k (id, fresh, ts, until_ms)
    JOIN identifiers i ON i.id = k.id
    WHERE i.origin IS NOT NULL AND i.last_seen_ms + 86400000 >= k.ts
    """
)
