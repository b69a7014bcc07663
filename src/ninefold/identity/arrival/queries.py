"""SQL about a batch on arrival: digests of known values, and whom identifiers met. Pure."""

from typing import Final

import sqlalchemy as sa

HASH_STATES: Final = sa.text("SELECT namespace, state FROM identity_hash_states")

# Which stored values digests stand for.
STANDS_FOR: Final = sa.text(
    """
    SELECT d.namespace, d.digest, d.value
    FROM unnest(string_to_array(:namespaces, chr(31)), string_to_array(:digests, chr(31))) AS k (namespace, digest)
    JOIN identity_digests d ON d.namespace = k.namespace AND d.digest = k.digest
    """
)

# Which of some values are stored.
STORED: Final = sa.text(
    """
    SELECT k.namespace, k.value
    FROM unnest(string_to_array(:namespaces, chr(31)), string_to_array(:digests, chr(31))) AS k (namespace, value)
    WHERE EXISTS (SELECT 1 FROM identifiers i WHERE i.namespace = k.namespace AND i.value = k.value)
    """
)

REMEMBER_DIGESTS: Final = sa.text(
    """
    INSERT INTO identity_digests (namespace, digest, value)
    SELECT * FROM unnest(string_to_array(:namespaces, chr(31)), string_to_array(:digests, chr(31)),
                         string_to_array(:values, chr(31)))
    ON CONFLICT DO NOTHING
    """
)

VALUES_OF: Final = sa.text(
    """
    SELECT DISTINCT value FROM identifiers WHERE namespace = :namespace AND value > :after ORDER BY value LIMIT :limit
    """
)

# When identifiers met others first: place, namespace, the other one, time; other namespaces are left out. The test of
# the namespace is written so that no index serves it: with stale statistics one was read whole for every identifier.
MET_TIMES: Final = sa.text(
    """
    SELECT string_agg(int8send(n - 1) || int8send(space) || int8send(id) || int8send(at), ''::bytea)
    FROM (
        SELECT k.n, array_position(string_to_array(:names, chr(31)), i.namespace) - 1 AS space, i.id,
               min(l.seen_ms) AS at
        FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[])) WITH ORDINALITY AS k (id, n)
        CROSS JOIN LATERAL (
            SELECT b AS other, seen_ms FROM identity_assertions
            WHERE a = k.id AND b <> k.id AND action <= 2 AND source <> 'ninefold/spans'
            UNION ALL
            SELECT a, seen_ms FROM identity_assertions
            WHERE b = k.id AND a <> k.id AND action <= 2 AND source <> 'ninefold/spans'
        ) l
        JOIN identifiers i ON i.id = l.other
        WHERE array_position(string_to_array(:names, chr(31)), i.namespace) IS NOT NULL
        GROUP BY 1, 2, 3
    ) met
    """
)

# What an operator said last of identifiers: blocked or released.
LAST_WORDS: Final = sa.text(
    """
    SELECT DISTINCT ON (l.a) l.a, l.action
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[])) AS k (id)
    JOIN identity_assertions l ON l.a = k.id AND l.b = k.id
    WHERE l.action IN (4, 5) AND l.reason = 5
    ORDER BY l.a, l.id DESC
    """
)

# The sources in which identifiers met others.
EVIDENCE: Final = sa.text(
    """
    SELECT k.n - 1 AS n, array_agg(DISTINCT l.source ORDER BY l.source) AS sources
    FROM unnest(CAST(string_to_array(:ids, chr(31)) AS bigint[])) WITH ORDINALITY AS k (id, n)
    JOIN identity_assertions l ON (l.a = k.id OR l.b = k.id) AND l.a <> l.b AND l.action <= 2
    GROUP BY 1
    """
)
