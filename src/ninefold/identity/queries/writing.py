"""SQL that writes what was decided. Pure."""

from typing import Final

import sqlalchemy as sa

LOCK: Final = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('ninefold/identity', 0))")

# One block of numbers; the lock above makes the two steps one.
RESERVE: Final = sa.text(
    """
    SELECT setval(pg_get_serial_sequence(:table, :column),
                  nextval(pg_get_serial_sequence(:table, :column)) + :count - 1)
    """
)

BLOCK: Final = sa.text(
    """
    UPDATE identifiers SET state = 1
    WHERE id = ANY (CAST(string_to_array(:ids, chr(31)) AS bigint[])) AND state = 0
    """
)

SET_STATES: Final = sa.text(
    "UPDATE identifiers SET state = :state WHERE id = ANY (CAST(string_to_array(:ids, chr(31)) AS bigint[]))"
)

# The home number of an identifier, given once, and the person it leads to.
OWN: Final = sa.text(
    """
    UPDATE identifiers i SET origin = k.origin, oneid = k.oneid
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:homes, chr(31)) AS integer[]),
                CAST(string_to_array(:people, chr(31)) AS integer[])) AS k (id, origin, oneid)
    WHERE i.id = k.id
    """
)

ASSIGN: Final = sa.text(
    """
    UPDATE identifiers i SET oneid = nullif(k.oneid, 0)
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:people, chr(31)) AS integer[]))
         AS k (id, oneid)
    WHERE i.id = k.id
    """
)

POINT: Final = sa.text(
    """
    UPDATE persons p SET merged_into = nullif(k.root, p.oneid)
    FROM unnest(CAST(string_to_array(:people, chr(31)) AS integer[]),
                CAST(string_to_array(:roots, chr(31)) AS integer[])) AS k (oneid, root)
    WHERE p.oneid = k.oneid
    """
)

MARK: Final = sa.text(
    """
    UPDATE persons p SET contested = k.contested
    FROM unnest(CAST(string_to_array(:people, chr(31)) AS integer[]),
                CAST(string_to_array(:marks, chr(31)) AS smallint[])) AS k (oneid, contested)
    WHERE p.oneid = k.oneid AND p.contested <> k.contested
    """
)

# Statements to be said again with another verdict: the first meeting of a pair is their evidence.
RESTATE: Final = sa.text(
    """
    INSERT INTO identity_assertions
        (a, b, action, reason, source, seen_ms, recorded_at, rule_version, evidence, batch_id)
    SELECT l.a, l.b, k.action, k.reason, l.source, l.seen_ms, CAST(:now AS timestamptz),
           CAST(:rule_version AS integer), l.evidence, CAST(:batch_id AS bigint)
    FROM unnest(CAST(string_to_array(:a, chr(31)) AS bigint[]), CAST(string_to_array(:b, chr(31)) AS bigint[]),
                CAST(string_to_array(:ids, chr(31)) AS bigint[]),
                CAST(string_to_array(:actions, chr(31)) AS smallint[]),
                CAST(string_to_array(:reasons, chr(31)) AS smallint[])) AS k (a, b, id, action, reason)
    JOIN identity_assertions l ON l.a = k.a AND l.b = k.b AND l.id = k.id
    """
)

SEEN: Final = sa.text(
    """
    UPDATE identifiers i
    SET first_seen_ms = least(i.first_seen_ms, k.first_ms), last_seen_ms = greatest(i.last_seen_ms, k.last_ms)
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:first, chr(31)) AS bigint[]),
                CAST(string_to_array(:last, chr(31)) AS bigint[])) AS k (id, first_ms, last_ms)
    WHERE i.id = k.id
    """
)

MOVE: Final = sa.text(
    """
    UPDATE identifiers i SET oneid = k.winner
    FROM unnest(CAST(string_to_array(:losers, chr(31)) AS integer[]),
                CAST(string_to_array(:winners, chr(31)) AS integer[])) AS k (loser, winner)
    WHERE i.oneid = k.loser
    """
)

# Those who had been merged into a loser go along, so that every redirect stays one step.
REPOINT: Final = sa.text(
    """
    UPDATE persons p SET merged_into = k.winner
    FROM unnest(CAST(string_to_array(:losers, chr(31)) AS integer[]),
                CAST(string_to_array(:winners, chr(31)) AS integer[]),
                CAST(string_to_array(:versions, chr(31)) AS bigint[])) AS k (loser, winner, version)
    WHERE p.merged_into = k.loser
    RETURNING p.oneid, k.winner, k.version
    """
)

RETIRE: Final = sa.text(
    """
    UPDATE persons p SET merged_into = k.winner
    FROM unnest(CAST(string_to_array(:losers, chr(31)) AS integer[]),
                CAST(string_to_array(:winners, chr(31)) AS integer[])) AS k (loser, winner)
    WHERE p.oneid = k.loser
    """
)

# One open review per identifier and kind; further people concerned are added to it, up to a hundred.
REVIEW: Final = sa.text(
    """
    INSERT INTO identity_reviews AS r (kind, namespace, value, people, detail, opened_at)
    SELECT q.kind, q.namespace, q.value, q.people, q.detail, :now
    FROM jsonb_to_recordset(CAST(:questions AS jsonb))
         AS q (kind text, namespace text, value text, people integer[], detail jsonb)
    WHERE NOT EXISTS (
        SELECT 1 FROM identity_reviews d
        WHERE d.kind = q.kind AND d.namespace = q.namespace AND d.value = q.value AND d.decision = 'release'
    )
    ON CONFLICT (kind, namespace, value) WHERE closed_at IS NULL DO UPDATE
    SET people = (SELECT array_agg(p ORDER BY p) FROM (
            SELECT DISTINCT unnest(r.people || excluded.people) AS p ORDER BY 1 LIMIT 100) AS people)
    WHERE NOT r.people @> excluded.people AND cardinality(r.people) < 100
    RETURNING (xmax = 0) AS opened
    """
)

# Meetings beside a stronger identifier: the first of each counts, and the last where it is given.
KEEP_BESIDE: Final = sa.text(
    """
    INSERT INTO identity_beside AS k (top, a, b, seen_ms, last_ms, source, evidence)
    SELECT * FROM unnest(CAST(string_to_array(:top, chr(31)) AS bigint[]),
                         CAST(string_to_array(:a, chr(31)) AS bigint[]),
                         CAST(string_to_array(:b, chr(31)) AS bigint[]),
                         CAST(string_to_array(:seen, chr(31)) AS bigint[]),
                         CAST(string_to_array(:last, chr(31)) AS bigint[]),
                         string_to_array(:source, chr(31)), string_to_array(:evidence, chr(31)))
    ON CONFLICT (top, a, b) DO UPDATE
    SET seen_ms = least(k.seen_ms, excluded.seen_ms), last_ms = greatest(k.last_ms, excluded.last_ms),
        source = CASE WHEN excluded.seen_ms < k.seen_ms THEN excluded.source ELSE k.source END,
        evidence = CASE WHEN excluded.seen_ms < k.seen_ms THEN excluded.evidence ELSE k.evidence END
    WHERE excluded.seen_ms < k.seen_ms OR excluded.last_ms > k.last_ms
    """
)

# They become statements when that identifier is blocked.
REVEAL: Final = sa.text(
    """
    WITH gone AS (
        DELETE FROM identity_beside
        WHERE top = ANY (CAST(string_to_array(:ids, chr(31)) AS bigint[])) RETURNING *
    ), met AS (
        SELECT a, b, seen_ms, source, evidence FROM gone
        UNION ALL
        SELECT a, b, last_ms, source, evidence FROM gone WHERE last_ms > seen_ms
    )
    INSERT INTO identity_assertions
        (a, b, action, reason, source, seen_ms, recorded_at, rule_version, evidence, batch_id)
    SELECT m.a, m.b,
           CASE WHEN x.state = 0 AND y.state = 0 THEN 1 ELSE 2 END,
           CASE WHEN x.state = 2 OR y.state = 2 THEN 6 WHEN x.state = 1 OR y.state = 1 THEN 3 ELSE 0 END,
           m.source, m.seen_ms, CAST(:now AS timestamptz), CAST(:rule_version AS integer), m.evidence,
           CAST(:batch_id AS bigint)
    FROM met m JOIN identifiers x ON x.id = m.a JOIN identifiers y ON y.id = m.b
    ORDER BY m.a, m.b, m.seen_ms
    RETURNING a, b
    """
)
