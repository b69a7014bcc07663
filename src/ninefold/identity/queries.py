"""SQL of OneID.

Pure. Columns of a batch travel as one text each, split by the server, and wide answers come back as one string of
big-endian 8-byte integers: either is many times cheaper than a list of values or of rows. A look-up is written as
LATERAL with a LIMIT, so that it stays one index probe per row whatever the planner believes.
"""

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa

SEPARATOR: Final = "\x1f"  # never part of a value: normalisers drop control characters


def packed(values: Iterable[object]) -> str:
    """Values as one parameter of the statements below."""
    return SEPARATOR.join(map(str, values))


LOCK: Final = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('ninefold/identity', 0))")

# One block of numbers; the lock above makes the two steps one.
RESERVE: Final = sa.text(
    """
    SELECT setval(pg_get_serial_sequence(:table, :column),
                  nextval(pg_get_serial_sequence(:table, :column)) + :count - 1)
    """
)

LOOK_UP: Final = sa.text(
    """
    SELECT string_agg(int8send(k.n - 1) || int8send(i.id) || int8send(coalesce(i.oneid, 0))
                      || int8send(coalesce(i.origin, 0)) || int8send(i.state) || int8send(i.first_seen_ms)
                      || int8send(i.last_seen_ms) || int8send(i.since_ms), ''::bytea)
    FROM unnest(string_to_array(:namespaces, chr(31)), string_to_array(:values, chr(31)))
         WITH ORDINALITY AS k (namespace, value, n)
    CROSS JOIN LATERAL (
        SELECT * FROM identifiers i
        WHERE i.namespace = k.namespace AND i.value = k.value ORDER BY i.until_ms DESC LIMIT 1
    ) i
    """
)

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
    UPDATE identifiers i SET until_ms = k.ts
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:times, chr(31)) AS bigint[]))
         AS k (id, ts)
    WHERE i.id = k.id
    """
)

REOPEN: Final = sa.text(
    """
    INSERT INTO identifiers (namespace, value, first_seen_ms, last_seen_ms, state, since_ms, until_ms)
    SELECT i.namespace, i.value, k.ts, greatest(i.last_seen_ms, k.ts), i.state, k.ts, k.until_ms
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[]), CAST(string_to_array(:times, chr(31)) AS bigint[]),
                CAST(string_to_array(:until, chr(31)) AS bigint[])) AS k (id, ts, until_ms)
    JOIN identifiers i ON i.id = k.id
    """
)

# What the ledger says about pairs of identifiers, the newest statement of each source last.
PAST: Final = sa.text(
    """
    SELECT string_agg(int8send(k.n - 1)
                      || int8send(coalesce(array_position(string_to_array(:sources, chr(31)), l.source), 0) - 1)
                      || int8send(l.action) || int8send(l.id) || int8send(l.seen_ms) || int8send(l.reason),
                      ''::bytea ORDER BY l.id)
    FROM unnest(CAST(string_to_array(:a, chr(31)) AS bigint[]), CAST(string_to_array(:b, chr(31)) AS bigint[]))
         WITH ORDINALITY AS k (a, b, n)
    CROSS JOIN LATERAL (
        SELECT source, action, id, seen_ms, reason FROM identity_assertions l
        WHERE l.a = k.a AND l.b = k.b ORDER BY l.a DESC, l.b DESC, l.id DESC LIMIT 64
    ) l
    """
)

# All namespaces in use, one index probe each.
NAMESPACES: Final = sa.text(
    """
    WITH RECURSIVE known AS (
        (SELECT namespace FROM identifiers ORDER BY namespace LIMIT 1)
        UNION ALL
        SELECT (SELECT i.namespace FROM identifiers i WHERE i.namespace > known.namespace ORDER BY 1 LIMIT 1)
        FROM known WHERE known.namespace IS NOT NULL
    )
    SELECT namespace FROM known WHERE namespace IS NOT NULL
    """
)

# How many different values of each namespace an identifier met so far.
MET: Final = sa.text(
    """
    SELECT string_agg(int8send(n - 1) || int8send(array_position(string_to_array(:names, chr(31)), namespace) - 1)
                      || int8send(values), ''::bytea)
    FROM (
        SELECT k.n, i.namespace, count(DISTINCT i.id) AS values
        FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[])) WITH ORDINALITY AS k (id, n)
        CROSS JOIN LATERAL (
            SELECT b AS other FROM identity_assertions WHERE a = k.id AND b <> k.id
            UNION ALL
            SELECT a FROM identity_assertions WHERE b = k.id AND a <> k.id
        ) l
        JOIN identifiers i ON i.id = l.other
        GROUP BY 1, 2
    ) met
    """
)

# What only says something about a person: identifiers of namespaces that take no part, met by the person's own.
ATTACHED: Final = sa.text(
    """
    SELECT DISTINCT h.namespace, h.value, h.first_seen_ms, h.last_seen_ms
    FROM identifiers i
    CROSS JOIN LATERAL (
        SELECT b AS other FROM identity_assertions WHERE a = i.id AND reason = 6
        UNION ALL
        SELECT a FROM identity_assertions WHERE b = i.id AND reason = 6
    ) l
    JOIN identifiers h ON h.id = l.other AND h.state = 2
    WHERE i.oneid = :oneid
    """
)

# The people of whom such an identifier says something, a hundred at most.
ATTACHED_TO: Final = sa.text(
    """
    SELECT DISTINCT h.namespace, h.value, i.oneid
    FROM unnest(string_to_array(:names, chr(31)), string_to_array(:values, chr(31))) AS k (namespace, value)
    JOIN identifiers h ON h.namespace = k.namespace AND h.value = k.value AND h.state = 2
    CROSS JOIN LATERAL (
        SELECT b AS other FROM identity_assertions WHERE a = h.id AND reason = 6
        UNION ALL
        SELECT a FROM identity_assertions WHERE b = h.id AND reason = 6
    ) l
    JOIN identifiers i ON i.id = l.other AND i.oneid IS NOT NULL AND i.state = 0
    ORDER BY 3 LIMIT 100
    """
)

# The people of everything an identifier met, a hundred at most per identifier.
MET_PEOPLE: Final = sa.text(
    """
    SELECT k.n - 1, p.oneid
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[])) WITH ORDINALITY AS k (id, n)
    CROSS JOIN LATERAL (
        SELECT DISTINCT i.oneid
        FROM identity_assertions l
        JOIN identifiers i ON i.id IN (l.a, l.b) AND i.oneid IS NOT NULL
        WHERE l.a = k.id OR l.b = k.id
        ORDER BY 1 LIMIT 100
    ) p
    """
)

# How many active values of each namespace people hold.
HOLDINGS: Final = sa.text(
    """
    SELECT string_agg(int8send(n - 1) || int8send(array_position(string_to_array(:names, chr(31)), namespace) - 1)
                      || int8send(values), ''::bytea)
    FROM (
        SELECT k.n, i.namespace, count(*) AS values
        FROM unnest(CAST(string_to_array(:ids, chr(31)) AS integer[])) WITH ORDINALITY AS k (oneid, n)
        JOIN identifiers i ON i.oneid = k.oneid
        WHERE i.state = 0
        GROUP BY 1, 2
    ) held
    """
)

BLOCK: Final = sa.text(
    """
    UPDATE identifiers SET state = 1
    WHERE id = ANY (CAST(string_to_array(:ids, chr(31)) AS bigint[])) AND state = 0
    """
)

KNOW: Final = sa.text(
    """
    INSERT INTO identifiers (namespace, value, first_seen_ms, last_seen_ms)
    VALUES (:namespace, :value, :now_ms, :now_ms) ON CONFLICT DO NOTHING
    """
)

SET_STATE: Final = sa.text(
    """
    UPDATE identifiers SET state = :state
    WHERE namespace = :namespace AND value = :value AND state <> :state AND until_ms = 9223372036854775807
    RETURNING id, oneid
    """
)

STATE_OF: Final = sa.text(
    """
    SELECT id, oneid FROM identifiers
    WHERE namespace = :namespace AND value = :value AND until_ms = 9223372036854775807
    """
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

CONTESTED: Final = sa.text(
    """
    SELECT p.oneid FROM unnest(CAST(string_to_array(:people, chr(31)) AS integer[])) AS k (oneid)
    JOIN persons p ON p.oneid = k.oneid WHERE p.contested > 0
    """
)

_MEMBER = """i.id, i.namespace, i.value, i.since_ms, coalesce(i.oneid, 0), coalesce(i.origin, 0), i.state = 0,
    i.first_seen_ms, i.until_ms"""

MEMBERS: Final = sa.text(
    f"""
    SELECT {_MEMBER} FROM unnest(CAST(string_to_array(:people, chr(31)) AS integer[])) AS k (oneid)
    JOIN identifiers i ON i.oneid = k.oneid
    """
)

IDENTIFIERS: Final = sa.text(
    f"""
    SELECT {_MEMBER} FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[])) AS k (id)
    JOIN identifiers i ON i.id = k.id
    """
)

# Every statement about identifiers and another one.
STATEMENTS: Final = sa.text(
    """
    SELECT string_agg(int8send(0) || int8send(a) || int8send(b) || int8send(action) || int8send(reason)
                      || int8send(seen_ms) || int8send(id), ''::bytea)
    FROM (
        SELECT DISTINCT l.a, l.b, l.action, l.reason, l.seen_ms, l.id
        FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[])) AS k (id)
        CROSS JOIN LATERAL (
            SELECT * FROM identity_assertions WHERE a = k.id AND b <> k.id
            UNION ALL
            SELECT * FROM identity_assertions WHERE b = k.id AND a <> k.id
        ) l
    ) s
    """
)

# Every statement of operators about two identifiers.
WORDS: Final = sa.text(
    """
    SELECT string_agg(int8send(a) || int8send(b) || int8send(action) || int8send(reason)
                      || int8send(seen_ms) || int8send(id), ''::bytea)
    FROM identity_assertions
    WHERE action >= 6 AND a <> b
    """
)

SAID: Final = sa.text(
    """
    SELECT x.namespace AS a_namespace, x.value AS a_value, y.namespace AS b_namespace, y.value AS b_value,
           l.action, l.evidence, coalesce(l.note, '') AS note, l.recorded_at
    FROM unnest(CAST(string_to_array(:a, chr(31)) AS bigint[]), CAST(string_to_array(:b, chr(31)) AS bigint[]),
                CAST(string_to_array(:ids, chr(31)) AS bigint[])) AS k (a, b, id)
    JOIN identity_assertions l ON l.a = k.a AND l.b = k.b AND l.id = k.id
    JOIN identifiers x ON x.id = k.a
    JOIN identifiers y ON y.id = k.b
    ORDER BY l.id DESC
    """
)

# For binary COPY: fixed rows of 8-byte integers. (Text, since a COPY takes its values from psycopg.)
ALL_IDENTIFIERS: Final = """
    COPY (
        SELECT id, coalesce(oneid, 0)::bigint, coalesce(origin, 0)::bigint, state::bigint,
               array_position(string_to_array(%(names)s, chr(31)), namespace)::bigint - 1, since_ms, until_ms,
               first_seen_ms
        FROM identifiers
    ) TO STDOUT (FORMAT binary)
    """
ALL_STATEMENTS: Final = """
    COPY (
        SELECT a, b, action::bigint * 16 + reason, seen_ms, id FROM identity_assertions WHERE a <> b
    ) TO STDOUT (FORMAT binary)
    """

VALUES: Final = sa.text(
    """
    SELECT i.id, i.value FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[])) AS k (id)
    JOIN identifiers i ON i.id = k.id
    """
)

MARKS: Final = sa.text("SELECT oneid, contested FROM persons WHERE contested > 0")

# The last word of an operator on whether an identifier takes part.
BLOCKED_BY_HAND: Final = sa.text(
    """
    SELECT DISTINCT ON (a) a, action FROM identity_assertions
    WHERE a = b AND action IN (4, 5) AND reason = 5 ORDER BY a, id DESC
    """
)

SET_STATES: Final = sa.text(
    "UPDATE identifiers SET state = :state WHERE id = ANY (CAST(string_to_array(:ids, chr(31)) AS bigint[]))"
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

PUBLIC_IDS: Final = sa.text(
    """
    SELECT p.oneid, p.public_id
    FROM unnest(CAST(string_to_array(:people, chr(31)) AS integer[])) AS k (oneid)
    JOIN persons p ON p.oneid = k.oneid
    """
)

HOW_LINKED: Final = sa.text(
    """
    SELECT x.namespace AS a_namespace, x.value AS a_value, y.namespace AS b_namespace, y.value AS b_value,
           l.action, l.reason, l.source, l.seen_ms, l.recorded_at, l.rule_version, l.evidence, l.batch_id
    FROM (
        SELECT l.* FROM identifiers i JOIN identity_assertions l ON l.a = i.id WHERE i.oneid = :oneid
        UNION
        SELECT l.* FROM identifiers i JOIN identity_assertions l ON l.b = i.id WHERE i.oneid = :oneid
    ) l
    JOIN identifiers x ON x.id = l.a
    JOIN identifiers y ON y.id = l.b
    ORDER BY l.id
    LIMIT :limit
    """
)
