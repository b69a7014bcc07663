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
        SELECT k.n - 1 AS n, k.ts, i.id, i.namespace, i.value, i.oneid, i.until_ms, i.first_seen_ms, i.last_seen_ms
        FROM unnest(string_to_array(:names, chr(31)), string_to_array(:values, chr(31)),
                    CAST(string_to_array(:times, chr(31)) AS bigint[])) WITH ORDINALITY AS k (namespace, value, ts, n)
        JOIN identifiers i ON i.namespace = k.namespace AND i.value = k.value
                          AND i.since_ms < k.ts AND k.ts < i.until_ms
    )
    SELECT DISTINCT ON (id) n, id, oneid, namespace, value, until_ms, first_seen_ms, last_seen_ms
    FROM (
        SELECT n, ts, id, oneid, namespace, value, until_ms, first_seen_ms, last_seen_ms FROM cut
        UNION ALL
        SELECT cut.n, cut.ts, c.id, c.oneid, c.namespace, c.value, c.until_ms, c.first_seen_ms, c.last_seen_ms
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
    UPDATE identifiers i
    SET until_ms = k.ts, first_seen_ms = least(i.first_seen_ms, k.ts), last_seen_ms = least(i.last_seen_ms, k.ts)
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:times, chr(31)) AS bigint[]))
         AS k (id, ts)
    WHERE i.id = k.id
    """
)

REOPEN: Final = sa.text(
    """
    INSERT INTO identifiers (id, namespace, value, first_seen_ms, last_seen_ms, state, since_ms, until_ms, cut)
    SELECT k.fresh, i.namespace, i.value, greatest(k.first_ms, k.ts), greatest(k.last_ms, k.ts), i.state, k.ts,
           k.until_ms, 1
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:fresh, chr(31)) AS bigint[]),
                CAST(string_to_array(:times, chr(31)) AS bigint[]),
                CAST(string_to_array(:until, chr(31)) AS bigint[]),
                CAST(string_to_array(:first, chr(31)) AS bigint[]),
                CAST(string_to_array(:last, chr(31)) AS bigint[])) AS k (id, fresh, ts, until_ms, first_ms, last_ms)
    JOIN identifiers i ON i.id = k.id
    """
)

# Statements belong to the span in which they happened; those about the smaller identifier of a pair first.
_SHIFT = """
    UPDATE identity_assertions l SET a = least(%(other)s, k.fresh), b = greatest(%(other)s, k.fresh)
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:fresh, chr(31)) AS bigint[]),
                CAST(string_to_array(:times, chr(31)) AS bigint[])) AS k (id, fresh, ts)
    WHERE l.%(mine)s = k.id AND l.seen_ms >= k.ts AND l.a <> l.b AND l.source <> 'ninefold/spans'
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

# Rows of the events store that may have happened after a cut: the last time seen is known to the day. So did those of
# spans that turned out to be a part of the one that is cut: their rows of `identifiers` cover no time any more.
TO_MOVE: Final = sa.text(
    """
    INSERT INTO identity_moves (home, identifier, since_ms, until_ms)
    SELECT i.origin, k.fresh, k.ts, k.until_ms
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:fresh, chr(31)) AS bigint[]),
                CAST(string_to_array(:times, chr(31)) AS bigint[]),
                CAST(string_to_array(:until, chr(31)) AS bigint[])) AS k (id, fresh, ts, until_ms)
    JOIN identifiers o ON o.id = k.id
    JOIN identifiers i ON i.namespace = o.namespace AND i.value = o.value
                      AND (i.id = o.id OR (i.since_ms = i.until_ms AND i.first_seen_ms >= o.since_ms
                                           AND i.first_seen_ms < o.until_ms))
    WHERE i.origin IS NOT NULL AND i.last_seen_ms + 86400000 >= k.ts
    """
)

# All spans of identifiers, in order; not the rows of those that turned out to be a part of another.
SPANS_OF: Final = sa.text(
    """
    SELECT k.n - 1 AS n, i.id, i.since_ms, i.until_ms, i.first_seen_ms, i.last_seen_ms, i.cut, i.state
    FROM unnest(string_to_array(:names, chr(31)), string_to_array(:values, chr(31)))
         WITH ORDINALITY AS k (namespace, value, n)
    JOIN identifiers i ON i.namespace = k.namespace AND i.value = k.value AND i.since_ms < i.until_ms
    ORDER BY k.n, i.since_ms
    """
)

# Identifiers of which a silence ever began a span.
EVER_SILENT: Final = sa.text(
    "SELECT DISTINCT namespace, value FROM identifiers WHERE cut = 2 AND since_ms < until_ms ORDER BY 1, 2"
)

# Bounds are unique per value: they are laid aside before they are given anew.
PARK: Final = sa.text(
    "UPDATE identifiers SET until_ms = -id WHERE id = ANY (CAST(string_to_array(:ids, chr(31)) AS bigint[]))"
)

LAY: Final = sa.text(
    """
    UPDATE identifiers i
    SET since_ms = k.since_ms, until_ms = k.until_ms, first_seen_ms = k.first_ms, last_seen_ms = k.last_ms, cut = k.cut
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:since, chr(31)) AS bigint[]),
                CAST(string_to_array(:until, chr(31)) AS bigint[]), CAST(string_to_array(:first, chr(31)) AS bigint[]),
                CAST(string_to_array(:last, chr(31)) AS bigint[]), CAST(string_to_array(:cut, chr(31)) AS smallint[]))
         AS k (id, since_ms, until_ms, first_ms, last_ms, cut)
    WHERE i.id = k.id
    """
)

# A span that turned out to be a part of another covers no time; it keeps its number for the rows that carry it.
ABSORB: Final = sa.text(
    """
    UPDATE identifiers SET since_ms = -id, until_ms = -id, cut = 2
    WHERE id = ANY (CAST(string_to_array(:ids, chr(31)) AS bigint[]))
    """
)

# What was said of it is said of the other, but for what spans say of each other.
_TAKE_OVER = """
    UPDATE identity_assertions l SET a = least(l.%(other)s, k.home), b = greatest(l.%(other)s, k.home)
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:into, chr(31)) AS bigint[]))
         AS k (id, home)
    WHERE l.%(mine)s = k.id AND l.a <> l.b AND l.%(other)s <> k.home AND l.source <> 'ninefold/spans'
    """
TAKE_OVER_SMALLER: Final = sa.text(_TAKE_OVER % {"mine": "a", "other": "b"})
TAKE_OVER_LARGER: Final = sa.text(_TAKE_OVER % {"mine": "b", "other": "a"})
TAKE_OVER_OWN: Final = sa.text(
    """
    UPDATE identity_assertions l SET a = k.home, b = k.home
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:into, chr(31)) AS bigint[]))
         AS k (id, home)
    WHERE l.a = k.id AND l.b = k.id
    """
)
TAKE_OVER_BESIDE: Final = sa.text(
    """
    WITH k AS (
        SELECT * FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]),
                             CAST(string_to_array(:into, chr(31)) AS bigint[])) AS k (id, home)
    ), tops AS (
        SELECT id AS top FROM k
        UNION
        SELECT l.b FROM k JOIN identity_assertions l ON l.a IN (k.id, k.home)
        UNION
        SELECT l.a FROM k JOIN identity_assertions l ON l.b IN (k.id, k.home)
    ), gone AS (
        DELETE FROM identity_beside d USING tops t
        WHERE d.top = t.top AND (d.top IN (SELECT id FROM k) OR d.a IN (SELECT id FROM k) OR d.b IN (SELECT id FROM k))
        RETURNING d.*
    ), named AS (
        SELECT coalesce(t.home, g.top) AS top, coalesce(x.home, g.a) AS a, coalesce(y.home, g.b) AS b, g.seen_ms,
               g.last_ms, g.source, g.evidence
        FROM gone g LEFT JOIN k t ON t.id = g.top LEFT JOIN k x ON x.id = g.a LEFT JOIN k y ON y.id = g.b
    )
    INSERT INTO identity_beside AS o (top, a, b, seen_ms, last_ms, source, evidence)
    SELECT top, least(a, b), greatest(a, b), min(seen_ms), max(last_ms), (array_agg(source ORDER BY seen_ms))[1],
           (array_agg(evidence ORDER BY seen_ms))[1]
    FROM named WHERE a <> b GROUP BY 1, 2, 3
    ON CONFLICT (top, a, b) DO UPDATE
    SET seen_ms = least(o.seen_ms, excluded.seen_ms), last_ms = greatest(o.last_ms, excluded.last_ms)
    """
)

# What spans of one identifier say of each other: that the later one follows the earlier one.
FOLLOWING: Final = sa.text(
    """
    SELECT a, b, min(seen_ms) AS seen_ms FROM identity_assertions
    WHERE a = ANY (CAST(string_to_array(:ids, chr(31)) AS bigint[])) AND reason = 9 AND source = 'ninefold/spans'
    GROUP BY a, b
    """
)
FORGET: Final = sa.text(
    """
    DELETE FROM identity_assertions l
    USING unnest(CAST(string_to_array(:a, chr(31)) AS bigint[]), CAST(string_to_array(:b, chr(31)) AS bigint[]))
          AS k (a, b)
    WHERE l.a = k.a AND l.b = k.b AND l.action <= 2 AND l.source = 'ninefold/spans'
    """
)
