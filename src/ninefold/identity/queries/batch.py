"""SQL of what is stored of a batch: its identifiers, the pairs among them, whom they met, what people hold. Pure.

Wide answers come back as one string of big-endian 8-byte integers: many times cheaper than rows. A look-up is written
as LATERAL with a LIMIT, so that it stays one index probe per row whatever the planner believes.
"""

from typing import Final

import sqlalchemy as sa

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
            SELECT b AS other FROM identity_assertions WHERE a = k.id AND b <> k.id AND source <> 'ninefold/spans'
            UNION ALL
            SELECT a FROM identity_assertions WHERE b = k.id AND a <> k.id AND source <> 'ninefold/spans'
        ) l
        JOIN identifiers i ON i.id = l.other
        GROUP BY 1, 2
    ) met
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

CONTESTED: Final = sa.text(
    """
    SELECT p.oneid FROM unnest(CAST(string_to_array(:people, chr(31)) AS integer[])) AS k (oneid)
    JOIN persons p ON p.oneid = k.oneid WHERE p.contested > 0
    """
)
